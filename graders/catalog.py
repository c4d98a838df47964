"""The ready-made graders of `templates/`, by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from graders.errors import ConfigError, Problem

PREFIX = "template:"
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class ReadyMade:
    """One ready-made grader: its folder holds grader.json, items.jsonl, expected.json and README.md."""

    name: str
    folder: Traversable

    def text(self, file: str) -> str:
        """Read one of its text files."""
        return self.folder.joinpath(file).read_text(encoding="utf-8")

    @property
    def summary(self) -> str:
        """What it checks: the first paragraph of its README, in one line."""
        paragraphs = self.text("README.md").split("\n\n")
        return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""

    @property
    def items(self) -> Traversable:
        """Its rows: items.jsonl, or items.jsonl.gz."""
        plain = self.folder.joinpath("items.jsonl")
        return plain if plain.is_file() else self.folder.joinpath("items.jsonl.gz")


def ready_made() -> Iterator[ReadyMade]:
    """Give every ready-made grader in the order of their names.

    Raises:
        ConfigError: the project is not installed, so its templates cannot be found.
    """
    try:
        root = files("graders.templates")
    except ModuleNotFoundError:
        message = "the ready-made graders are not installed; install the project: pip install -e ."
        raise ConfigError([Problem(PREFIX, message)]) from None
    for folder in sorted(root.iterdir(), key=lambda entry: entry.name):
        if _NAME.fullmatch(folder.name) and folder.joinpath("grader.json").is_file():
            yield ReadyMade(folder.name, folder)


def find(name: str) -> ReadyMade:
    """Find a ready-made grader by its name.

    Raises:
        ConfigError: there is none of that name; the message lists those that are.
    """
    found = {grader.name: grader for grader in ready_made()}
    if name not in found:
        message = f"no ready-made grader {name!r}; there are {', '.join(found)}"
        raise ConfigError([Problem(PREFIX + name, message)])
    return found[name]
