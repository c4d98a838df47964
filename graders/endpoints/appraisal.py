"""What an answer says about the endpoint that gave it, and so about the calls that are still to be made."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Self

_OVERLOADED = frozenset({"rate_limited", "server_error", "timeout"})
MAY_PASS = _OVERLOADED | {"no_answer"}
"""The reasons of failures after which the same call may succeed."""
FOR_ALL = frozenset({"unauthorized", "budget"})
"""The reasons of failures with which every other call would end, too."""


@dataclass(frozen=True)
class Appraisal:
    """What an answer says about the endpoint.

    `again`: to make the call again may help; `overloaded`: the endpoint has too much to do; `pause`: seconds
    for which it wants to be left alone; `for_all`: every other call would be answered like this one.
    """

    tokens: int = 0
    again: bool = False
    overloaded: bool = False
    pause: float | None = None
    for_all: bool = False

    @classmethod
    def of(cls, reasons: Set[str], *, tokens: int = 0, pause: float | None = None) -> Self:
        """Say what the reasons of failures mean, which are none where all is well."""
        return cls(
            tokens,
            again=not MAY_PASS.isdisjoint(reasons),
            overloaded=not _OVERLOADED.isdisjoint(reasons),
            pause=pause,
            for_all=not FOR_ALL.isdisjoint(reasons),
        )
