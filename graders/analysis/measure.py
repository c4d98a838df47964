"""Measure two ways of doing one thing in turn, in CPU time, and compare their medians.

Design: machines are shared and noisy, so the two sides alternate inside one run and only their ratio is
reported. What takes milliseconds is run again and again, so that a disturbance does not decide.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

LEAST_SECONDS = 0.15
Run = Callable[[], object]


@dataclass(frozen=True)
class Ratio:
    """How ours compares with theirs; `goal` is what the ratio should reach (`at_most`: stay below).

    `note` says what a reader must know of how it was measured.
    """

    subject: str
    ratio: float
    goal: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the goal is reached; True where there is none."""
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


class Race(NamedTuple):
    """Two ways to compute the same, and how many times faster ours should be."""

    subject: str
    ours: Run
    theirs: Run
    goal: float | None = None
    note: str = ""

    def measured(self, least: float | None = None) -> Ratio:
        """Run both sides in turn; what is noisier than a metric takes longer turns, of `least` seconds."""
        ratio = interleaved(self.ours, self.theirs, least=LEAST_SECONDS if least is None else least)
        return Ratio(self.subject, ratio, self.goal, note=self.note)


def interleaved(ours: Run, theirs: Run, rounds: int = 3, least: float = 0.0) -> float:
    """Give the CPU time of theirs divided by that of ours: above 1 where ours is faster.

    In each round either side runs once, and again until it has taken `least` seconds.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, run in zip(times, (ours, theirs), strict=True):
            side.append(_seconds(run, least))
    return statistics.median(times[1]) / statistics.median(times[0])


def _seconds(run: Run, least: float) -> float:
    """Give the CPU time of one run, the mean of as many as take `least` seconds together."""
    started, runs = time.process_time(), 0
    while True:
        run()
        runs += 1
        taken = time.process_time() - started
        if taken >= least:
            return taken / runs
