"""Which rows of a run are worth looking at: worst, best, disputed, failed.

Design: the rows are read once and only their numbers are kept, no more than asked for, so memory does not
grow with the run.

What disputed means depends on the run. Where an item has several samples: the items whose samples are graded
most differently, by their lowest and their highest sample. Else, where there are several sub-graders: the
rows that these grade most differently, each on the range that it used in this run. Else, where a threshold
is known: the rows nearest to it that are neither the worst nor the best there is.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from graders.results import Summary

Line = Mapping[str, Any]
Numbered = tuple[int, Line]


@dataclass
class Least:
    """The places of the `n` rows of the least key; the earlier one where keys are equal."""

    n: int
    key: Callable[[Line], float | None]
    _kept: list[tuple[float, int]] = field(default_factory=list)

    def add(self, rows: Iterable[Numbered]) -> None:
        """Look at some rows; those without a key do not count."""
        keys = ((self.key(line), place) for place, line in rows)
        new = ((key, place) for key, place in keys if key is not None)
        self._kept = heapq.nsmallest(self.n, chain(self._kept, new))

    @property
    def places(self) -> list[int]:
        """The places, least key first."""
        return [place for _, place in self._kept]


@dataclass
class LeastAlike:
    """The places of the lowest and the highest sample of the items whose samples differ most."""

    n: int
    _kept: list[tuple[float, int, int]] = field(default_factory=list)
    _item: int | None = None
    _samples: list[tuple[float, int]] = field(default_factory=list)

    def add(self, rows: Iterable[Numbered]) -> None:
        """Look at some rows; the samples of an item follow each other."""
        self._kept = heapq.nsmallest(self._items, chain(self._kept, self._ended(rows)))

    @property
    def _items(self) -> int:
        return self.n // 2 or self.n

    def _ended(self, rows: Iterable[Numbered]) -> Iterator[tuple[float, int, int]]:
        for place, line in rows:
            if line["row"] != self._item:
                yield from self._spread()
                self._item, self._samples = line["row"], []
            if line["reward"] is not None:
                ends = [*self._samples, (line["reward"], place)]
                self._samples = [min(ends), max(ends)]

    def _spread(self) -> Iterator[tuple[float, int, int]]:
        if self._samples and self._samples[0][0] < self._samples[-1][0]:
            (low, first), (high, second) = self._samples
            yield low - high, first, second

    @property
    def places(self) -> list[int]:
        """The places, two an item, the greatest difference first."""
        kept = heapq.nsmallest(self._items, chain(self._kept, self._spread()))
        return [place for _, *pair in kept for place in pair]


@dataclass(frozen=True)
class Dispute:
    """What disputed means in a run, in words, and who finds it."""

    words: str
    finder: Least | LeastAlike


def dispute_of(summary: Summary, first: Line, n: int) -> Dispute | None:
    """Choose what disputed means in a run; None where nothing can be."""
    if "sample_index" in first:
        return Dispute("the samples of one item that were graded most differently", LeastAlike(n))
    ranges = {
        key: (part.min, part.max - part.min)
        for key, part in summary.sub_rewards.items()
        if part.min is not None and part.max is not None and part.max > part.min
    }
    if len(ranges) > 1:
        words = "the rows that the sub-graders grade most differently, each on the range that it used"
        return Dispute(words, Least(n, lambda line: _spread(line, ranges)))
    if summary.passed is not None and summary.reward.min is not None:
        threshold, ends = summary.passed.threshold, (summary.reward.min, summary.reward.max)
        words = f"the rows nearest to the threshold of {threshold:g}"
        return Dispute(words, Least(n, lambda line: _distance(line, threshold, ends)))
    return None


def _spread(line: Line, ranges: Mapping[str, tuple[float, float]]) -> float | None:
    rewards: Sequence[float] = [
        (reward - ranges[key][0]) / ranges[key][1]
        for key, reward in line["sub_rewards"].items()
        if reward is not None and key in ranges
    ]
    spread = max(rewards) - min(rewards) if len(rewards) > 1 else 0.0
    return -spread if spread > 0 else None


def _distance(line: Line, threshold: float, ends: Sequence[float | None]) -> float | None:
    reward = line["reward"]
    return None if reward is None or reward in ends else abs(reward - threshold)
