"""Means and rates with their intervals, percentiles and histograms of scores.

Design: the core needs Student's t and Wilson's interval only, so both are computed here and scipy stays an
optional extra; the tests compare with it. Sums are `math.fsum`, which rounds once: a mean depends neither
on the order of the rows nor on the blocks that they were scored in. What is not defined (the mean of
nothing, the interval of one value) is None and never NaN, because these numbers go into files.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGE, _SCALE = 2.0**400, 2.0**600
"""Sums of squares of values beyond the first may overflow; they are divided by the second before."""
_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Estimate:
    """A mean or a rate, and the interval `low` to `high` round it; None is what cannot be estimated."""

    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Description:
    """The distribution of scores: mean with its interval, standard deviation, percentiles."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    std: float | None = None
    min: float | None = None
    p05: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p95: float | None = None
    max: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        """Return the form that stands in `summary.json`, keys in the order of the fields."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts (bins,) between ascending edges (bins + 1,); the last bin holds its right edge too."""

    edges: Floats
    counts: NDArray[np.int64]


def mean_interval(values: Sequence[float] | Floats, confidence: float = 0.95) -> Estimate:
    """Estimate the mean of values (n,) and the interval that holds it with probability `confidence`.

    Nothing: all None. One value: it is the mean, `low` and `high` are None. Equal values: an interval of
    no width. A bound too large for a float is None.

    Raises `ValueError` if a value is not finite or `confidence` does not lie between 0 and 1.
    Source: Student (1908); equals `scipy.stats.ttest_1samp(values, 0).confidence_interval(confidence)`.
    """
    _check_confidence(confidence)
    scaled, scale = _scaled(values)
    mean, std = _moments(scaled)
    low, high = _bounds(mean, std, len(scaled), confidence)
    return Estimate(_unscaled(mean, scale), _unscaled(low, scale), _unscaled(high, scale))


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """Estimate the rate `successes / n`, 0 to 1, and its score interval; all None if n is 0.

    Raises `ValueError` unless 0 <= successes <= n, or if `confidence` does not lie between 0 and 1.
    Source: Wilson (1927), without continuity correction; equals
    `scipy.stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")`.
    """
    _check_confidence(confidence)
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n = {n!r}, got {successes!r}")
    if n == 0:
        return Estimate(None, None, None)
    rate, z = successes / n, NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    weight = 1.0 + z * z / n
    centre = (rate + z * z / (2.0 * n)) / weight
    half = z / weight * math.sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n))
    # Rounding must not move the two bounds that are known exactly.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Estimate(rate, low, high)


def describe(values: Sequence[float] | Floats, confidence: float = 0.95) -> Description:
    """Describe values (n,), the scored rows only: `mean_interval`, deviation, linear percentiles.

    Nothing: all None. One value: `low`, `high` and `std` are None. `std` divides by n - 1.

    Raises `ValueError` if a value is not finite or `confidence` does not lie between 0 and 1.
    Source: percentiles are `numpy.percentile` with its default method, type 7 of Hyndman and Fan (1996).
    """
    _check_confidence(confidence)
    scaled, scale = _scaled(values)
    if len(scaled) == 0:
        return Description()
    mean, std = _moments(scaled)
    low, high = _bounds(mean, std, len(scaled), confidence)
    percentiles = np.percentile(scaled, (0, 5, 25, 50, 75, 95, 100)).tolist()
    return Description(*(_unscaled(value, scale) for value in (mean, low, high, std, *percentiles)))


def histogram(values: Sequence[float] | Floats, bins: int = 10) -> Histogram:
    """Count values (n,) in equal bins from the lower of 0 and the least to the higher of 1 and the greatest.

    The range holds 0 to 1 even if all values are equal or there are none, so that histograms of rewards
    can be laid side by side. A value on an edge counts to the right of it, at the last edge to the left.

    Raises `ValueError` if a value is not finite or `bins` is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins!r}")
    scaled, scale = _scaled(values)
    low, high = scaled.min(initial=0.0), scaled.max(initial=1.0 / scale)
    # The multiplication comes first: 3 / 10 is 0.3, but 3 * 0.1 lies above it and would lose a score of 0.3.
    edges = low + (high - low) * np.arange(bins + 1) / bins
    edges[-1] = high
    counts, _ = np.histogram(scaled, edges)
    return Histogram(edges * scale, counts.astype(np.int64))


def student_t_quantile(p: float, degrees: float) -> float:
    """Return the t below which Student's distribution with `degrees` of freedom has probability `p`.

    Exact to 1e-10, relative, for `p` at least 0.001 away from 0.5; nearer to it to 1e-15, absolute.

    Raises `ValueError` if `p` or `1 - p` is below 1e-100 or `degrees` below 1.
    Source: Abramowitz and Stegun, 26.7.1 (tail), 26.7.5 (expansion beyond a million degrees).
    """
    tail = min(p, 1.0 - p)
    if not tail >= 1e-100:
        raise ValueError(f"p must lie between 0 and 1, at least 1e-100 from both, got {p!r}")
    if not degrees >= 1:
        raise ValueError(f"degrees must be at least 1, got {degrees!r}")
    if p <= 0.5:
        return -_upper_quantile(tail, degrees) if p < 0.5 else 0.0
    return _upper_quantile(tail, degrees)


def _upper_quantile(tail: float, degrees: float) -> float:
    # Newton from the normal quantile. It lies to the left of the root, and the tail is convex there: the
    # steps never overshoot, so neither a bracket nor a bound on their number is needed.
    t = z = -NormalDist().inv_cdf(tail)
    if degrees > 1e6:
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    while True:
        probability, density = _student_t_tail(t, degrees)
        step = (probability - tail) / density
        t += step
        if step <= 1e-14 * t:
            return t


def _student_t_tail(t: float, degrees: float) -> tuple[float, float]:
    """Return the probability above t > 0 and the density at t."""
    a, b, square = degrees / 2.0, 0.5, t * t
    x, rest = degrees / (degrees + square), square / (degrees + square)
    front = math.exp(_log_gamma_step(a) - a * math.log1p(square / degrees)) * math.sqrt(rest / math.pi)
    if x < (a + 1.0) / (a + b + 2.0):
        return 0.5 * front * _beta_fraction(a, b, x) / a, front / t
    return 0.5 * (1.0 - front * _beta_fraction(b, a, rest) / b), front / t


def _log_gamma_step(a: float) -> float:
    """Return log(gamma(a + 1/2) / gamma(a)); the difference of two large logarithms would lose digits."""
    if a < 50.0:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    return 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function.

    Source: DLMF 8.17.22, evaluated by the method of Lentz (1976) as modified by Thompson and Barnett (1986).
    """
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value, m, change = d, 0, 0.0
    while abs(change - 1.0) > 1e-15:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        c, d = 1.0 + even / c, 1.0 / (1.0 + even * d)
        value *= c * d
        c, d = 1.0 + odd / c, 1.0 / (1.0 + odd * d)
        change = c * d
        value *= change
    return value


def _moments(values: Floats) -> tuple[float | None, float | None]:
    """Return mean and standard deviation (n - 1); None where there are too few values."""
    n = len(values)
    if n == 0:
        return None, None
    mean = math.fsum(_numbers(values)) / n
    # The division rounds a second time: without this step three times 0.1 would have a mean below 0.1.
    mean += math.fsum(chain(_numbers(values), repeat(-mean, n))) / n
    if n == 1:
        return mean, None
    squares = chain.from_iterable(((part - mean) ** 2).tolist() for part in _parts(values))
    return mean, math.sqrt(math.fsum(squares) / (n - 1))


def _numbers(values: Floats) -> Iterator[float]:
    """Give the values one after the other; a list of all would take four times the room of the array."""
    return chain.from_iterable(part.tolist() for part in _parts(values))


def _parts(values: Floats) -> Iterator[Floats]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _bounds(
    mean: float | None, std: float | None, n: int, confidence: float
) -> tuple[float, float] | tuple[None, None]:
    if mean is None or std is None:
        return None, None
    half = student_t_quantile((1.0 + confidence) / 2.0, n - 1) * std / math.sqrt(n)
    return mean - half, mean + half


def _scaled(values: Sequence[float] | Floats) -> tuple[Floats, float]:
    """Check values (n,); return them divided by a power of two that keeps their squares finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"values must have one dimension, got shape {array.shape}")
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(f"values must be finite, but {bad} of {array.size} are not")
    if max(array.max(initial=0.0), -array.min(initial=0.0)) > _LARGE:
        return array / _SCALE, _SCALE
    return array, 1.0


def _unscaled(value: float | None, scale: float) -> float | None:
    if value is None or not math.isfinite(value * scale):
        return None
    return value * scale


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence!r}")
