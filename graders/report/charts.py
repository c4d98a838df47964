"""Where the bars and lines of the charts stand. Only numbers leave this module; the templates draw them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from graders.report.numbers import Estimated, edge, number
from graders.stats import Histogram


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram in a box of 100 by 100, and the words for it."""

    x: float
    y: float
    width: float
    height: float
    low: str
    high: str
    count: int


@dataclass(frozen=True)
class Axis:
    """The range of a chart, and a round number for each tick with its place from 0 to 100."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @classmethod
    def over(cls, low: float, high: float, ticks: int = 5) -> "Axis":
        """Make an axis with round ticks at or inside its ends."""
        axis = cls(low, high, ())
        if not 1e-100 < high - low < 1e100:
            return axis
        step = _round_step((high - low) / ticks)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        at = [multiple * step for multiple in range(first, last + 1)]
        return cls(low, high, tuple((axis.place(value), edge(value)) for value in at))

    @classmethod
    def round_about(cls, values: Iterable[float | None], ticks: int = 3) -> "Axis":
        """Make an axis that begins and ends at round numbers and holds the values."""
        known = [value for value in values if value is not None]
        low, high = min(known, default=0.0), max(known, default=1.0)
        largest = max(abs(low), abs(high))
        if high - low <= 1e-9 * largest or not 1e-100 < high - low < 1e100:
            return cls(low - (largest or 1.0) / 2, high + (largest or 1.0) / 2, ())
        step = _round_step((high - low) / ticks)
        return cls.over(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, ticks)

    def place(self, value: float) -> float:
        """Give the place of a value, from 0 to 100."""
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halves, lest it overflow
        return round(100 * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class Span:
    """A mean and its interval on an axis, and the words for them."""

    low: float
    at: float
    high: float
    words: str


def bars(counts: Histogram) -> list[Bar]:
    """Lay out a histogram; a bar that stands for anything is at least visible."""
    total, most = len(counts.counts), max(1, int(counts.counts.max(initial=0)))
    edges, width = [edge(value) for value in counts.edges.tolist()], 100 / total
    laid_out = []
    for place, count in enumerate(counts.counts.tolist()):
        height = max(1.0, 100 * count / most) if count else 0.0
        x, y = round(place * width, 2), round(100 - height, 2)
        laid_out.append(Bar(x, y, round(width, 2), round(height, 2), edges[place], edges[place + 1], count))
    return laid_out


def span(part: Estimated, axis: Axis, what: str = "mean") -> Span | None:
    """Lay out a mean and its interval; None where there is no mean."""
    if part.mean is None:
        return None
    low, high = (part.mean if end is None else end for end in (part.low, part.high))
    words = f"{what} {number(part.mean)}, interval {number(low)} to {number(high)}"
    return Span(axis.place(low), axis.place(part.mean), axis.place(high), words)


def _round_step(rough: float) -> float:
    """Give the least of 1, 2, 5, 10, … times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
