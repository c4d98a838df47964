"""The bootstrap: rows, or whole clusters of them, drawn with replacement again and again.

Design: a resample is a weight for each row, how often it was drawn. A statistic that can be computed of
weighted rows, or of sums over them, needs no copies of rows, and rows in clusters need no other code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters, places
from graders.stats.intervals import Estimate, check_confidence
from graders.stats.moments import Floats, moments, scaled, unscaled

RESAMPLES = 1000


@dataclass(frozen=True)
class Resamples:
    """`number` resamples of n rows, drawn by whole `clusters` (n,) where these are given.

    They are the same for the same seed.
    """

    n: int
    clusters: Clusters | None = None
    number: int = RESAMPLES
    seed: int = 0

    def weights(self) -> Iterator[Floats]:
        """Give for each resample how often each row (n,) was drawn.

        Raises `ValueError` unless there is one cluster a row.
        """
        if self.clusters is None:
            yield from self._draws(self.n)
            return
        inverse, units = places(self.clusters, self.n)
        for draw in self._draws(units):
            yield draw[inverse]

    def totals(self, columns: Floats) -> Floats:
        """Give the sums (number, k) of columns (n, k) over the rows of each resample.

        Raises `ValueError` unless there is one cluster a row.
        """
        sums = columns
        if self.clusters is not None:
            inverse, units = places(self.clusters, self.n)
            sums = np.zeros((units, columns.shape[1]))
            np.add.at(sums, inverse, columns)
        found = [draw @ sums for draw in self._draws(len(sums))]
        return np.array(found).reshape(self.number, columns.shape[1])

    def _draws(self, units: int) -> Iterator[Floats]:
        random = np.random.default_rng(self.seed)
        for _ in range(self.number):
            drawn = random.integers(0, units, units) if units else np.zeros(0, np.int64)
            yield np.bincount(drawn, minlength=units).astype(np.float64)


def percentile_bounds(
    found: Floats | Sequence[float], confidence: float
) -> tuple[float, float] | tuple[None, None]:
    """Give the bounds between which the middle of what was found in resamples (number,) lies.

    NaN stands for a resample in which the statistic is not defined; where that is more than a tenth of them,
    there are no bounds.

    Source: Efron and Tibshirani (1993), section 13.3, the percentile interval.
    """
    check_confidence(confidence)
    array = np.asarray(found, dtype=np.float64)
    defined = array[~np.isnan(array)]
    if len(defined) == 0 or len(defined) < 0.9 * len(array):
        return None, None
    low, high = np.quantile(defined, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]).tolist()
    return low, high


def bootstrap_interval(
    values: Sequence[float] | Floats,
    confidence: float = 0.95,
    clusters: Clusters | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Estimate the mean of values (n,) with the bootstrap's percentile interval.

    For values that are few and far from normal; `mean_interval` is the one to take otherwise. Fewer than two
    values or clusters: `low` and `high` are None.

    Raises `ValueError` if a value is not finite, `confidence` does not lie between 0 and 1, or there is not
    one cluster a value.
    Source: `percentile_bounds`; clusters are drawn whole (Davison and Hinkley 1997, section 3.8).
    """
    numbers, scale = scaled(values)
    mean, _ = moments(numbers)
    n = len(numbers)
    units = n if clusters is None else places(clusters, n)[1]
    if units < 2:
        check_confidence(confidence)
        return Estimate(unscaled(mean, scale), None, None)
    columns = np.column_stack([numbers, np.ones(n)])
    totals = Resamples(n, clusters, resamples, seed).totals(columns)
    low, high = percentile_bounds(totals[:, 0] / totals[:, 1], confidence)
    return Estimate(unscaled(mean, scale), unscaled(low, scale), unscaled(high, scale))


def ratios(above: NDArray[np.float64], below: NDArray[np.float64]) -> Floats:
    """Divide; NaN where a divisor is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0, np.nan, above / below)
