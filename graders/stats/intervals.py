"""Means and rates with their intervals: of independent rows, and of rows in clusters.

Design: what is not defined (the mean of nothing, the interval of one value) is None and never NaN, because
these numbers go into files.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters, clustered_variance, places
from graders.stats.moments import Floats, moments, scaled, unscaled
from graders.stats.student import student_t_quantile


@dataclass(frozen=True)
class Estimate:
    """A mean or a rate, and the interval `low` to `high` round it; None is what cannot be estimated."""

    mean: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, float | None]:
        """Return the three numbers by name."""
        return asdict(self)


def mean_interval(
    values: Sequence[float] | Floats, confidence: float = 0.95, clusters: Clusters | None = None
) -> Estimate:
    """Estimate the mean of values (n,) and the interval that holds it with probability `confidence`.

    Nothing: all None. One value, or one cluster: `low` and `high` are None. Equal values: an interval of no
    width. A bound too large for a float is None. `clusters` (n,) say which values are not independent.

    Raises `ValueError` if a value is not finite, `confidence` does not lie between 0 and 1, or there is not
    one cluster a value.
    Source: Student (1908); equals `scipy.stats.ttest_1samp(values, 0).confidence_interval(confidence)`. In
    clusters: `clustered_variance`, with Student's quantile for one degree less than there are clusters.
    """
    check_confidence(confidence)
    numbers, scale = scaled(values)
    mean, std = moments(numbers)
    low, high = mean_bounds(numbers, mean, std, confidence, clusters)
    return Estimate(unscaled(mean, scale), unscaled(low, scale), unscaled(high, scale))


def mean_bounds(
    values: Floats, mean: float | None, std: float | None, confidence: float, clusters: Clusters | None = None
) -> tuple[float, float] | tuple[None, None]:
    """Give the bounds of the mean of values (n,) whose moments are known."""
    n = degrees = len(values)
    inverse = None
    if clusters is not None:
        inverse, degrees = places(clusters, n)
    if mean is None or std is None or degrees < 2:
        return None, None
    error = std / math.sqrt(n)
    if inverse is not None:
        error = math.sqrt(clustered_variance(values, mean, inverse, degrees))
    half = student_t_quantile((1.0 + confidence) / 2.0, degrees - 1) * error
    return mean - half, mean + half


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """Estimate the rate `successes / n`, 0 to 1, and its score interval; all None if n is 0.

    Raises `ValueError` unless 0 <= successes <= n, or if `confidence` does not lie between 0 and 1.
    Source: Wilson (1927), without continuity correction; equals
    `scipy.stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")`.
    """
    check_confidence(confidence)
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n = {n!r}, got {successes!r}")
    if n == 0:
        return Estimate(None, None, None)
    return _score_interval(successes / n, n, confidence)


def rate_interval(
    hits: Sequence[bool] | NDArray[np.bool_], confidence: float = 0.95, clusters: Clusters | None = None
) -> Estimate:
    """Estimate the share of hits (n,), 0 to 1: Wilson's interval, in clusters for the rows' effective number.

    The effective number is n over the design effect, corrected for the degrees of freedom and at most n; that
    of a rate of 0 or 1, whose design effect is not known, is the number of clusters. Nothing: all None. One
    cluster: `low` and `high` are None.

    Raises `ValueError` if `confidence` does not lie between 0 and 1 or there is not one cluster a hit.
    Source: Korn and Graubard (1998) for the effective number, Dean and Pagano (2015) for Wilson's interval.
    """
    array = np.asarray(hits, dtype=np.bool_)
    n, successes = len(array), int(np.count_nonzero(array))
    if clusters is None or n == 0:
        return wilson_interval(successes, n, confidence)
    check_confidence(confidence)
    inverse, number = places(clusters, n)
    rate = successes / n
    if number < 2:
        return Estimate(rate, None, None)
    variance = clustered_variance(array.astype(np.float64), rate, inverse, number)
    return _score_interval(rate, _effective(rate, n, number, variance, confidence), confidence)


def _effective(rate: float, n: int, number: int, variance: float, confidence: float) -> float:
    if rate in (0.0, 1.0):
        return number
    upper = (1.0 + confidence) / 2.0
    ratio = student_t_quantile(upper, n - 1) / student_t_quantile(upper, number - 1)
    independent = rate * (1.0 - rate) / (n - 1)
    return n if variance <= independent * ratio**2 else n * independent / variance * ratio**2


def _score_interval(rate: float, n: float, confidence: float) -> Estimate:
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    weight = 1.0 + z * z / n
    centre = (rate + z * z / (2.0 * n)) / weight
    half = z / weight * math.sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n))
    # Rounding must not move the two bounds that are known exactly.
    low = 0.0 if rate == 0.0 else centre - half
    high = 1.0 if rate == 1.0 else centre + half
    return Estimate(rate, low, high)


def check_confidence(confidence: float) -> None:
    """Raise `ValueError` unless `confidence` lies between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence!r}")
