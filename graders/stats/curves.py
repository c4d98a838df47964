"""A score against labels at every threshold: ROC, precision and recall, and the areas under both."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters, places
from graders.stats.intervals import Estimate, check_confidence
from graders.stats.moments import Floats, scaled
from graders.stats.ranks import average_ranks
from graders.stats.resampling import RESAMPLES, Resamples, percentile_bounds, ratios
from graders.stats.verdicts import figures, or_none

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cuts:
    """The thresholds (u,) that tell scores apart, descending, and the counts (u, 4) at each.

    A row passes where its score is at least the threshold; the counts stand in the order of `Confusion`.
    """

    thresholds: Floats
    counts: Floats

    @property
    def false_positive_rates(self) -> Floats:
        """1 - specificity (u,), ascending: with `recalls` the ROC curve, which begins in (0, 0)."""
        return 1.0 - figures(self.counts, "specificity")

    @property
    def recalls(self) -> Floats:
        """The share (u,) of rows with a positive label that pass, ascending."""
        return figures(self.counts, "recall")

    @property
    def precisions(self) -> Floats:
        """The share (u,) of passing rows that have a positive label."""
        return figures(self.counts, "precision")


class Ranking:
    """Scores (n,) and labels (n,), sorted once, so that rows can be weighted again and again.

    Raises `ValueError` if a score is not finite or there is not one label a score.
    """

    def __init__(self, scores: Floats, labels: Flags) -> None:
        numbers, scale = scaled(scores)
        if labels.shape != numbers.shape:
            raise ValueError(f"labels must have shape {numbers.shape}, one a score, got {labels.shape}")
        distinct, self._inverse = np.unique(-numbers, return_inverse=True)
        self.thresholds = -distinct * scale
        self._labels = labels

    def cuts(self, weights: Floats | None = None) -> Cuts:
        """Count at every threshold, each row as often as `weights` (n,) say."""
        rows = np.ones(len(self._labels)) if weights is None else weights
        u = len(self.thresholds)
        positive, negative = (
            np.cumsum(np.bincount(self._inverse, rows * chosen, u))
            for chosen in (self._labels, ~self._labels)
        )
        all_positive, all_negative = (rows @ self._labels, rows @ ~self._labels)
        columns = [positive, negative, all_positive - positive, all_negative - negative]
        return Cuts(self.thresholds, np.column_stack(columns))


def roc_area(
    scores: Floats, labels: Flags, confidence: float = 0.95, clusters: Clusters | None = None
) -> Estimate:
    """Estimate the area under the ROC curve, 0 to 1: that a positive row scores above a negative one.

    Ties count one half. All None where a class has no row; `low` and `high` are None where one has fewer than
    two rows or clusters. Bounds are cut off at 0 and 1; those of a perfect order have no width.

    Raises `ValueError` if a score is not finite, or there is not one label and one cluster a score.
    Source: DeLong, DeLong and Clarke-Pearson (1988); in clusters Obuchowski (1997), which is the same where
    every row is its own cluster.
    """
    check_confidence(confidence)
    numbers, _ = scaled(scores)
    positive, negative = numbers[labels], numbers[~labels]
    if len(positive) == 0 or len(negative) == 0:
        return Estimate(None, None, None)
    # The share of the other class that a row beats, as a difference of ranks (Sun and Xu 2014).
    above, shares = average_ranks(numbers), np.empty(len(numbers))
    shares[labels] = (above[labels] - average_ranks(positive)) / len(negative)
    shares[~labels] = 1.0 - (above[~labels] - average_ranks(negative)) / len(positive)
    area = float(shares[labels].mean())
    inverse, number = places(range(len(numbers)) if clusters is None else clusters, len(numbers))
    variance = _area_variance(shares - area, labels, inverse, number)
    if variance is None:
        return Estimate(area, None, None)
    half = NormalDist().inv_cdf((1.0 + confidence) / 2.0) * math.sqrt(max(0.0, variance))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half))


def _area_variance(parts: Floats, labels: Flags, inverse: NDArray[np.intp], number: int) -> float | None:
    sums = [np.bincount(inverse[chosen], parts[chosen], number) for chosen in (labels, ~labels)]
    sizes = [np.count_nonzero(chosen) for chosen in (labels, ~labels)]
    held = [len(np.unique(inverse[chosen])) for chosen in (labels, ~labels)]
    if min(held) < 2:
        return None
    own = sum(k / (k - 1) * float(each @ each) / m**2 for k, each, m in zip(held, sums, sizes, strict=True))
    return own + 2.0 * number / (number - 1) * float(sums[0] @ sums[1]) / (sizes[0] * sizes[1])


def precision_recall_area(
    scores: Floats,
    labels: Flags,
    confidence: float = 0.95,
    clusters: Clusters | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Estimate the area under precision over recall, 0 to 1, with the bootstrap's percentile interval.

    All None where no label is positive. A constant score has the share of positive labels.

    Raises `ValueError` if a score is not finite, or there is not one label and one cluster a score.
    Source: average precision, a sum without interpolation; equals
    `sklearn.metrics.average_precision_score`.
    """
    ranking = Ranking(scores, labels)
    drawn = Resamples(len(labels), clusters, resamples, seed).weights()
    found = [_average_precision(ranking.cuts(weights)) for weights in drawn] if labels.any() else []
    low, high = percentile_bounds(found, confidence)
    return Estimate(or_none(_average_precision(ranking.cuts())), low, high)


def _average_precision(cuts: Cuts) -> float:
    if len(cuts.counts) == 0:
        return math.nan
    hits = cuts.counts[:, 0]
    precisions = ratios(hits, cuts.counts[:, 0] + cuts.counts[:, 1])
    gains = np.diff(hits, prepend=0.0)
    return float(ratios(np.array([(gains * np.nan_to_num(precisions)).sum()]), hits[-1:])[0])
