"""How many calls an endpoint can take at once, found out by asking.

Design: as in TCP. While calls succeed, their number grows: by one for each success up to what the endpoint
was last seen to take, from there on by one for a whole round of them. A sign of too much load halves it, once
a round: calls that were on their way already tell nothing new.
"""

from graders.endpoints.limits import Limits

_AT_FIRST = 8
_SEEN_TO_WORK = 0.9


class Gate:
    """Says when another call may start; whoever shares it holds a lock round it. Times are in seconds."""

    def __init__(self, limits: Limits) -> None:
        self._most = float(limits.concurrency)
        self._limit = min(float(_AT_FIRST), self._most)
        self._worked_at = self._most
        self._halved_at = float("-inf")
        self.closed_until = float("-inf")
        """Before this time no call starts."""

    @property
    def limit(self) -> int:
        """The most calls that may be on their way at once, at least 1."""
        return int(self._limit)

    def is_open(self, under_way: int, now: float) -> bool:
        """Tell whether a call may start beside those that are under way."""
        return under_way < self.limit and now >= self.closed_until

    def succeeded(self) -> None:
        """Learn that a call was answered."""
        step = 1.0 if self._limit < self._worked_at else 1.0 / self._limit
        self._limit = min(self._limit + step, self._most)

    def overloaded(self, started: float, now: float) -> None:
        """Learn that a call that was started then met an endpoint that has too much to do."""
        if started >= self._halved_at:
            self._worked_at = max(1.0, self._limit * _SEEN_TO_WORK)
            self._limit = max(1.0, self._limit / 2)
            self._halved_at = now

    def close(self, until: float) -> None:
        """Let no call start before a time, because the endpoint asks for a pause."""
        self.closed_until = max(self.closed_until, until)
