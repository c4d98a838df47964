"""The words of this room: levels, isolation, limits, and how a row or a probe comes out."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["full", "reduced", "none"]
"""How much stands between a source and this machine.

`full`: namespaces, so that nothing else exists for the source, and below them a filter of system calls,
Landlock and limits of resources. `reduced`: the same without namespaces; the existence, size and times of
files can be seen, nothing can be written, no threads. `none`: a process of its own with a clock, for sources
that are trusted.
"""
LEVELS: tuple[Level, ...] = get_args(Level)

Isolation = Literal["row", "worker"]
"""`row`: every row is graded in a process of its own. `worker`: rows share a process and what they leave."""
ISOLATIONS: tuple[Isolation, ...] = get_args(Isolation)

MAX_SOURCE_BYTES = 256 * 1024
"""A hosted source is smaller than this."""


@dataclass(frozen=True)
class Limits:
    """What one row may use; the defaults are those of the hosted service where it names one."""

    seconds: float = 120.0
    memory: int = 2 << 30
    """Bytes of address space."""
    disk: int = 1 << 30
    """Bytes in the scratch folder, in memory as well."""
    files: int = 16_384
    """Files and folders in the scratch."""
    threads: int = 64
    """Processes and threads of a worker, itself included."""
    text: int = 8192
    """Characters of a failure's text."""

    def __post_init__(self) -> None:
        for name in ("seconds", "memory", "disk", "files", "threads", "text"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be more than 0 and finite; got {getattr(self, name)!r}")
        if self.text < _LEAST_TEXT:
            raise ValueError(f"text must be at least {_LEAST_TEXT}; got {self.text!r}")

    def overruns(self) -> dict[str, str]:
        """Give the sentence for each limit that a row can overrun."""
        return {
            "timeout": f"Execution exceeded the {self.seconds:g} second limit.",
            "memory": f"Execution exceeded the {_size(self.memory)} memory limit.",
            "disk": f"Execution exceeded the {_size(self.disk)} disk limit.",
        }


_LEAST_TEXT = 200

Cause = Literal["exception", "result", "timeout", "memory", "disk", "crash", "sandbox"]


@dataclass(frozen=True)
class Failure:
    """Why a row has no score.

    `kind` is whose fault it is: the source's (`runtime`) or the sandbox's (`server`, cause `sandbox`).
    """

    kind: Literal["runtime", "server"]
    cause: Cause
    detail: str


Outcome = float | Failure


@dataclass(frozen=True)
class Probe:
    """Whether a level holds on this machine; if not, why and what can be done."""

    level: Level
    holds: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds


def server_failure(detail: str) -> Failure:
    """Give the failure of a row that the sandbox is to blame for."""
    return Failure("server", "sandbox", detail)


def _size(count: int) -> str:
    for shift, unit in ((30, "GB"), (20, "MB"), (10, "kB")):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.4g} {unit}"
    return f"{count} byte"
