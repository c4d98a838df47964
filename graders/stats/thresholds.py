"""The threshold that serves best, and how sure one may be of it."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graders.stats.clusters import Clusters
from graders.stats.curves import Cuts, Flags, Ranking
from graders.stats.moments import Floats
from graders.stats.resampling import RESAMPLES, Resamples, percentile_bounds
from graders.stats.verdicts import FIGURES, figures


@dataclass(frozen=True)
class Threshold:
    """The threshold that maximises a figure: rows pass whose score is at least `value`.

    `reached` is the figure there, on the very rows that it was chosen on; `held_out` is what thresholds
    chosen on resamples reach, on average, on the rows outside them. `low` to `high` is where 95 % of these
    lie.
    """

    maximises: str
    value: float
    reached: float
    low: float | None
    high: float | None
    held_out: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def best_threshold(
    scores: Floats,
    labels: Flags,
    figure: str = "f1",
    *,
    least_recall: float = 0.0,
    confidence: float = 0.95,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Threshold | None:
    """Find the threshold of scores (n,) that maximises a figure of `FIGURES` against labels (n,).

    Only thresholds that keep a recall of `least_recall` count. Of several that are equal, the highest is
    taken. The value is the shortest number that tells the same rows apart. None where the labels are of one
    class, or the figure is nowhere defined.

    Raises `ValueError` if there is no such figure, a score is not finite, or there is not one label and one
    cluster a score.
    """
    if figure not in FIGURES:
        raise ValueError(f"expected one of {', '.join(FIGURES)}; got {figure!r}")
    ranking = Ranking(scores, labels)
    place, reached = _best(ranking.cuts(), figure, least_recall)
    if place is None or labels.all() or not labels.any():
        return None
    values, held_out = [], []
    for weights in Resamples(len(labels), clusters, resamples, seed).weights():
        at, _ = _best(ranking.cuts(weights), figure, least_recall)
        values.append(math.nan if at is None else _shortest(ranking.thresholds, at))
        others = ranking.cuts((weights == 0).astype(np.float64)).counts
        held_out.append(math.nan if at is None else figures(others[at : at + 1], figure)[0])
    low, high = percentile_bounds(values, confidence)
    known = [value for value in held_out if not math.isnan(value)]
    mean = math.fsum(known) / len(known) if known else None
    return Threshold(figure, _shortest(ranking.thresholds, place), reached, low, high, mean)


def _best(cuts: Cuts, figure: str, least_recall: float) -> tuple[int | None, float]:
    found = figures(cuts.counts, figure)
    if least_recall > 0:
        found = np.where(cuts.recalls >= least_recall, found, np.nan)
    if np.isnan(found).all():
        return None, math.nan
    place = int(np.nanargmax(found))
    return place, float(found[place])


def _shortest(thresholds: Floats, place: int) -> float:
    """Give the shortest number above the next lower score, and not above the score in its place."""
    high = float(thresholds[place])
    if place + 1 == len(thresholds):
        return high
    low = float(thresholds[place + 1])
    for digits in range(17):
        found = round(low / 2 + high / 2, digits)
        if low < found <= high:
            return found
    return high
