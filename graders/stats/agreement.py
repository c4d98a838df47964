"""Agreement beyond chance: Cohen's kappa, Krippendorff's alpha."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters
from graders.stats.intervals import Estimate
from graders.stats.moments import Floats
from graders.stats.resampling import RESAMPLES, Resamples, percentile_bounds, ratios
from graders.stats.verdicts import figures, or_none

LEVELS = ("nominal", "ordinal", "interval")


def figure_interval(
    verdicts: NDArray[np.bool_],
    labels: NDArray[np.bool_],
    figure: str = "kappa",
    confidence: float = 0.95,
    clusters: Clusters | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Estimate a figure of `FIGURES` of verdicts (n,) against labels (n,), with the bootstrap's interval.

    All None where it is not defined, such as kappa where everything is in one class.

    Raises `ValueError` if there is not one cluster a verdict.
    """
    cells = np.column_stack([verdicts & labels, verdicts & ~labels, ~verdicts & labels, ~verdicts & ~labels])
    columns = cells.astype(np.float64)
    totals = Resamples(len(labels), clusters, resamples, seed).totals(columns)
    low, high = percentile_bounds(figures(totals, figure), confidence)
    found = or_none(figures(columns.sum(axis=0)[None], figure)[0])
    return Estimate(None, None, None) if found is None else Estimate(found, low, high)


def cohen_kappa(
    first: Sequence[int] | NDArray[np.int64], second: Sequence[int] | NDArray[np.int64]
) -> float | None:
    """Give Cohen's kappa of two columns (n,) of categories, -1 to 1; None where all is one category.

    Raises `ValueError` if the columns differ in length.
    Source: Cohen (1960); equals `sklearn.metrics.cohen_kappa_score`.
    """
    x, y = np.asarray(first), np.asarray(second)
    if x.shape != y.shape:
        raise ValueError(f"the columns must have one length, got {len(x)} and {len(y)}")
    if len(x) == 0:
        return None
    categories = np.unique(np.append(x, y))
    shares = [np.mean(x == each) * np.mean(y == each) for each in categories]
    expected, observed = float(np.sum(shares)), float(np.mean(x == y))
    return None if len(categories) == 1 else (observed - expected) / (1.0 - expected)


def krippendorff_alpha(
    ratings: Floats,
    level: str = "nominal",
    confidence: float = 0.95,
    clusters: Clusters | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Estimate Krippendorff's alpha of ratings (raters, n), at most 1, with the bootstrap's interval.

    NaN is a rating that is absent. `level` is nominal, ordinal or interval. All None where there is nothing
    to agree on: fewer than two values, or no row that two raters rated.

    Raises `ValueError` if there is no such level or there is not one cluster a row.
    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"; equals the PyPI package
    `krippendorff`. Rows are resampled, and with them the values that chance would deal out.
    """
    if level not in LEVELS:
        raise ValueError(f"expected one of {', '.join(LEVELS)}; got {level!r}")
    values, counts = _value_counts(np.asarray(ratings, dtype=np.float64))
    rated = counts.sum(axis=1)
    usable = rated >= 2
    counts, rated = counts * usable[:, None], np.where(usable, rated, 2)
    found = _alpha(values, counts.sum(axis=0)[None], _within(counts, rated), level)
    if np.isnan(found[0]):
        return Estimate(None, None, None)
    drawn = [
        _alpha(values, (weights @ counts)[None], _within(counts, rated, weights), level)[0]
        for weights in Resamples(len(counts), clusters, resamples, seed).weights()
    ]
    return Estimate(float(found[0]), *percentile_bounds(drawn, confidence))


def _value_counts(ratings: Floats) -> tuple[Floats, Floats]:
    """Give the distinct values (v,) and how often each row has each of them, (n, v)."""
    values = np.unique(ratings[~np.isnan(ratings)])
    return values, np.array([(ratings == value).sum(axis=0) for value in values], np.float64).T.reshape(
        ratings.shape[1], len(values)
    )


def _within(counts: Floats, rated: Floats, weights: Floats | None = None) -> Floats:
    """Give how often each two values (v, v) stand in one row: the coincidences."""
    shares = (1.0 if weights is None else weights) / (rated - 1.0)
    return (counts * shares[:, None]).T @ counts - np.diag(shares @ counts)


def _alpha(values: Floats, totals: Floats, coincidences: Floats, level: str) -> Floats:
    distances = _distances(values, totals[0], level)
    n = totals.sum()
    observed = np.array([(coincidences * distances).sum()])
    expected = np.array([totals[0] @ distances @ totals[0]])
    return 1.0 - ratios((n - 1.0) * observed, expected)


def _distances(values: Floats, totals: Floats, level: str) -> Floats:
    """Give the squared distance of each two values, (v, v)."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        return (values[:, None] - values[None]) ** 2
    ranks = np.cumsum(totals) - totals / 2.0
    return (ranks[:, None] - ranks[None]) ** 2
