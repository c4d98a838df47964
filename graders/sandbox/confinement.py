"""How the user wants python sources to be run."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from graders.sandbox.limits import Isolation, Level, Limits
from graders.sandbox.sandbox import Sandbox


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Confinement:
    """Where sources run and what they may use; `workers` of them at once.

    `python` is the interpreter, None for the one that runs this.
    """

    level: Level = "full"
    isolation: Isolation = "row"
    seconds: float = Limits.seconds
    workers: int = field(default_factory=_cores)
    python: Path | None = None

    def sandbox(self, source: str) -> Sandbox:
        """Make the sandbox of a source; nothing is started yet."""
        return Sandbox(
            source,
            level=self.level,
            isolation=self.isolation,
            limits=Limits(seconds=self.seconds),
            workers=self.workers,
            python=self.python,
        )

    def to_dict(self) -> dict[str, object]:
        """Give what `run.json` says of it; how many workers there are changes no score."""
        return {
            "level": self.level,
            "isolation": self.isolation,
            "seconds": self.seconds,
            "python": None if self.python is None else str(self.python),
        }
