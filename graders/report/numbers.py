"""Numbers as they are written in a report."""

from graders.results import PassSummary
from graders.stats import Description

NOTHING = "–"


def number(value: float | None) -> str:
    """Write a reward: four decimals, or four digits where it is very large."""
    if value is None:
        return NOTHING
    return f"{value:.4f}" if abs(value) < 1e6 else f"{value:.4g}"


def bounds(part: Description) -> str:
    """Write the interval of a mean; nothing where there is none."""
    return "" if part.low is None or part.high is None else f"[{number(part.low)}, {number(part.high)}]"


def rate(passed: PassSummary | None) -> str:
    """Write a pass rate in per cent."""
    return NOTHING if passed is None or passed.rate is None else f"{passed.rate:.1%}"


def rate_interval(passed: PassSummary | None) -> str:
    """Write the interval of a pass rate, in per cent."""
    if passed is None or passed.low is None or passed.high is None:
        return ""
    return f"[{100 * passed.low:.1f}, {100 * passed.high:.1f}]"


def edge(value: float) -> str:
    """Write a place on an axis, no longer than it needs to be."""
    return f"{value:.3g}"
