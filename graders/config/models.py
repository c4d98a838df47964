"""The base of every grader config, and the parts that several of them share."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _finite(value: int | float) -> int | float:
    # pydantic's own test for NaN and infinity fails on an integer beyond a float.
    try:
        finite = math.isfinite(value)
    except OverflowError:
        raise ValueError("expected a number that a float can hold; got a larger integer") from None
    if not finite:
        raise ValueError(f"expected a finite number; got {value!r}")
    return value


Number = Annotated[int | float, AfterValidator(_finite)]
"""An int or a float, kept as it was sent; a bool is neither."""


class Part(BaseModel):
    """A frozen piece of a document that keeps the fields it does not know."""

    # Validators are built when a document needs them: most documents need one or two types.
    model_config = ConfigDict(extra="allow", frozen=True, strict=True, defer_build=True)


class GraderConfig(Part):
    """What every grader document has. A third party's type derives its config from this class."""

    template_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that hold template strings."""

    type: str
    """Which grader this is."""
    name: str | None = None
    """What results and errors call it; a sub-grader without one is called by its key."""

    @classmethod
    def template_strings(cls, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Give (path below the document, text) of each template string of a document of this type.

        The document may be wrong in every way: what is no text is passed over.
        """
        for name in cls.template_fields:
            if isinstance(document.get(name), str):
                yield f".{name}", document[name]


class SamplingParams(Part):
    """How a judge samples. Every field may be null, which means the judge's default."""

    seed: int | None = None
    """Asks the judge to be repeatable."""
    temperature: Number | None = None
    """Randomness; the hosted default is 1."""
    top_p: Number | None = None
    """Nucleus sampling; the hosted default is 1."""
    max_completions_tokens: Annotated[int, Field(ge=1)] | None = None
    """Most tokens of an answer; `max_completion_tokens` is understood as well."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    """How much a reasoning model thinks."""

    @model_validator(mode="before")
    @classmethod
    def _singular(cls, data: Any) -> Any:
        """Take the spelling without the first s for the same field."""
        if (
            isinstance(data, dict)
            and "max_completion_tokens" in data
            and data.get("max_completions_tokens") is None
        ):
            return {
                "max_completions_tokens" if key == "max_completion_tokens" else key: value
                for key, value in data.items()
                if key != "max_completions_tokens"
            }
        return data
