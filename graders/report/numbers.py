"""Numbers as they are written in a report."""

from typing import Protocol

from graders.results import PassSummary

NOTHING = "–"


class Estimated(Protocol):
    """A mean and its interval, whatever else it comes with; None is what cannot be estimated."""

    @property
    def mean(self) -> float | None: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102


def number(value: float | None) -> str:
    """Write a reward: four decimals, or four digits where it is very large."""
    if value is None:
        return NOTHING
    return f"{value:.4f}" if abs(value) < 1e6 else f"{value:.4g}"


def signed(value: float | None) -> str:
    """Write a difference, with its sign."""
    return number(value) if value is None or value < 0 else f"+{number(value)}"


def bounds(part: Estimated) -> str:
    """Write the interval of a mean; nothing where there is none."""
    return "" if part.low is None or part.high is None else f"[{number(part.low)}, {number(part.high)}]"


def rate(passed: PassSummary | None) -> str:
    """Write a pass rate in per cent."""
    return NOTHING if passed is None else percent(passed.rate)


def rate_interval(passed: PassSummary | None) -> str:
    """Write the interval of a pass rate, in per cent."""
    return "" if passed is None else percent_interval(passed.low, passed.high)


def percent(share: float | None) -> str:
    """Write a share in per cent."""
    return NOTHING if share is None else f"{share:.1%}"


def percent_interval(low: float | None, high: float | None) -> str:
    """Write the interval of a share in per cent; nothing where there is none."""
    return "" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"


def probability(p: float | None) -> str:
    """Write a p-value: four decimals."""
    if p is None:
        return NOTHING
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def edge(value: float, digits: int = 3) -> str:
    """Write a place on an axis, no longer than it needs to be."""
    return f"{value:.{digits}g}"
