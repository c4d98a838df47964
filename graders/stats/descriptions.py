"""Distributions of scores: percentiles and histograms."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters
from graders.stats.intervals import check_confidence, mean_bounds
from graders.stats.moments import Floats, moments, scaled, unscaled


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


def describe(
    values: Sequence[float] | Floats, confidence: float = 0.95, clusters: Clusters | None = None
) -> Description:
    """Describe values (n,), the scored rows only: `mean_interval`, deviation, linear percentiles.

    Nothing: all None. One value: `low`, `high` and `std` are None. `std` divides by n - 1. `clusters` (n,)
    say which values are not independent; that changes `low` and `high` only.

    Raises `ValueError` if a value is not finite or `confidence` does not lie between 0 and 1.
    Source: percentiles are `numpy.percentile` with its default method, type 7 of Hyndman and Fan (1996).
    """
    check_confidence(confidence)
    numbers, scale = scaled(values)
    if len(numbers) == 0:
        return Description()
    mean, std = moments(numbers)
    low, high = mean_bounds(numbers, mean, std, confidence, clusters)
    percentiles = np.percentile(numbers, (0, 5, 25, 50, 75, 95, 100)).tolist()
    return Description(*(unscaled(value, scale) for value in (mean, low, high, std, *percentiles)))


def histogram(values: Sequence[float] | Floats, bins: int = 10) -> Histogram:
    """Count values (n,) in equal bins from the lower of 0 and the least to the higher of 1 and the greatest.

    The range holds 0 to 1 even if all values are equal or there are none, so that histograms of rewards
    can be laid side by side. A value on an edge counts to the right of it, at the last edge to the left.

    Raises `ValueError` if a value is not finite or `bins` is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins!r}")
    numbers, scale = scaled(values)
    low, high = numbers.min(initial=0.0), numbers.max(initial=1.0 / scale)
    # The multiplication comes first: 3 / 10 is 0.3, but 3 * 0.1 lies above it and would lose a score of 0.3.
    edges = low + (high - low) * np.arange(bins + 1) / bins
    edges[-1] = high
    counts, _ = np.histogram(numbers, edges)
    return Histogram(edges * scale, counts.astype(np.int64))
