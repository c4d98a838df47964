"""How far a run has come, for who watches it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from graders.judges.pool import JudgePool
from graders.results import Tally


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    `rows` are done, `new` of them by this process in `seconds`; `failed` have no reward, and the others have
    about this `mean`. `fraction` of the data is read (0 to 1; 0 in memory). `calls` were made to the judge,
    for `tokens`.
    """

    rows: int
    failed: int
    fraction: float
    mean: float | None = None
    new: int = 0
    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0

    @property
    def rate(self) -> float | None:
        """Rows a second; None before anything is known."""
        return self.new / self.seconds if self.new and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """About how long the rest will take; None where nobody can know."""
        rate = self.rate
        if rate is None or not 0 < self.fraction <= 1:
            return None
        return self.rows * (1 - self.fraction) / self.fraction / rate


@dataclass
class Watch:
    """Tells somebody how far a run has come; `before` rows were done when it went on."""

    tell: Callable[[Progress], None] | None
    pool: JudgePool | None
    size: int
    before: int
    started: float = field(default_factory=time.monotonic)

    def say(self, tally: Tally, position: int) -> None:
        """Tell it, after the data were read up to a position."""
        if self.tell is None:
            return
        calls, tokens = (0, 0) if self.pool is None else self.pool.spent
        self.tell(
            Progress(
                tally.rows,
                tally.rows - tally.scored,
                position / self.size if self.size else 0.0,
                tally.mean,
                tally.rows - self.before,
                time.monotonic() - self.started,
                calls,
                tokens,
            )
        )
