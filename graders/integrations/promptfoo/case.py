"""One test of a promptfoo config, with all that it inherits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.integrations.promptfoo.notes import NoCounterpartError
from graders.integrations.promptfoo.texts import template_of


@dataclass(frozen=True)
class Case:
    """One test, of which each variable has one value.

    `path` is where the test stands in the config, `folder` that of the config, `prompts` its plain prompts.
    """

    path: str
    folder: Path
    vars: dict[str, Any]
    asserts: list[Any]
    threshold: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    prompts: Sequence[Any] = ()
    place: int | None = None
    """Which combination of values it is, where the test has several."""

    @property
    def id(self) -> str:
        """What its row is called: the place of the test, and of the combination."""
        return self.path if self.place is None else f"{self.path}#{self.place}"

    def question(self) -> str:
        """Give the prompt as a template string over items.

        Raises:
            NoCounterpartError: there is more than one, or it is no plain text.
        """
        if len(self.prompts) != 1 or not isinstance(self.prompts[0], str) or "file://" in self.prompts[0]:
            raise NoCounterpartError(
                "the judge would see the prompt, and there is not exactly one plain text"
            )
        return template_of(self.prompts[0], self.vars)

    def read(self, name: str) -> str:
        """Read a file of the config.

        Raises:
            NoCounterpartError: it cannot be read, or lies outside the folder of the config.
        """
        return read_below(self.folder, name)


def read_below(folder: Path, name: str) -> str:
    """Read a text file in a folder or below it.

    Raises:
        NoCounterpartError: it cannot be read, or lies elsewhere.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise NoCounterpartError(f"{name!r} lies outside the folder of the config")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise NoCounterpartError(f"{name!r} cannot be read: {error}") from None
