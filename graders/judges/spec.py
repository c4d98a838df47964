"""The words that name a judge or an embedder: `NAME[:MODEL][@BASE_URL]`."""

from dataclasses import dataclass
from typing import Self

from graders.endpoints import split_address

FORM = "NAME[:MODEL][@BASE_URL]"


@dataclass(frozen=True)
class Spec:
    """`name` is looked up in the registry, which hands the other two to what it finds there."""

    name: str
    model: str | None = None
    base_url: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME[:MODEL][@BASE_URL]`.

        The name ends at the first colon; the URL begins behind the last `@` before `http://` or
        `https://`, so that a model's name may hold both signs.

            >>> Spec.parse("openai:org/model:8b@v2@http://localhost:8000/v1")
            Spec(name='openai', model='org/model:8b@v2', base_url='http://localhost:8000/v1')

        Raises:
            ValueError: the name is empty, or a model or URL is announced and empty.
        """
        head, base_url = split_address(text)
        name, colon, model = head.partition(":")
        empty_url = base_url is not None and not base_url.partition("://")[2].strip("/")
        if not name or (colon and not model) or empty_url:
            raise ValueError(f"expected {FORM}; got {text!r}")
        return cls(name, model or None, base_url)
