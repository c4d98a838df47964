"""Hold the verdicts of a grader against people's labels, and find the threshold that serves best.

Design: the figures of the grader stand beside the best that a constant verdict reaches, because an accuracy
of 0.9 says nothing where nine rows of ten are right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.analysis.agreement import Agreement, Bin, Disagreement
from graders.analysis.columns import RunColumns, RunSource, opened, read_columns
from graders.analysis.labels import is_label, numbers, positives
from graders.engine import group_path
from graders.errors import DataError
from graders.results import ROW, Results
from graders.stats import (
    RESAMPLES,
    Confusion,
    Estimate,
    Ranking,
    best_threshold,
    figure_interval,
    histogram,
    kendall,
    numbered,
    precision_recall_area,
    rate_interval,
    roc_area,
    spearman,
)

MAXIMISED = ("f1", "accuracy", "kappa", "youden", "precision")
_MOST_DRAWN = 5 * 10**7
_LEAST_RESAMPLES = 100

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
MaybeClusters = NDArray[np.int64] | None


def calibrate(
    run: RunSource,
    label: str,
    *,
    positive: Sequence[str] = (),
    sub_reward: str | None = None,
    pass_threshold: float | None = None,
    maximise: str = "f1",
    least_recall: float = 0.0,
    cluster_by: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Compare the rewards of a run, or those of one sub-grader, with the labels at a path.

    A label is positive where it is true, 1, yes or pass, or one that `positive` names (`good`, `>=4`). A row
    passes from `pass_threshold` on; where it is absent, from that of the run, or 0.5 where all rewards are 0
    or 1, or else the one that maximises the figure `maximise` (of `MAXIMISED`) while the recall is at least
    `least_recall`. Rows of one value at `cluster_by` are not taken for independent; where it is absent, what
    the run itself was clustered by holds, and else samples of one row (`row`) are not. Rows without a label
    or a reward are left out and counted. Intervals without a formula rest on `resamples`, fewer beyond 50,000
    rows.

    Raises:
        DataError: a path is none, no row has a value there, no row has both a label and a reward, the labels
            need `positive`, or there is no such sub-reward.
        RunError: the directory is no run, or it is slim and its data are gone.
        ValueError: there is no such figure, or `resamples` is below 1.
    """
    if maximise not in MAXIMISED:
        raise ValueError(f"expected one of {', '.join(MAXIMISED)}; got {maximise!r}")
    if resamples < 1:
        raise ValueError(f"expected resamples of at least 1; got {resamples!r}")
    results = opened(run)
    cluster_by = cluster_by or results.about["options"].get("cluster_by")
    rows = _labelled(results, label, positive, sub_reward, cluster_by)
    scores, labels, clusters = rows.scores, rows.labels, rows.clusters
    number = min(resamples, max(_LEAST_RESAMPLES, _MOST_DRAWN // len(scores)))
    drawn = {"resamples": number, "seed": seed}
    best = best_threshold(scores, labels, maximise, least_recall=least_recall, clusters=clusters, **drawn)
    known = _threshold(results, sub_reward, pass_threshold, scores)
    threshold, origin = known or ((best.value, "maximise") if best else (0.5, "default"))
    verdicts = scores >= threshold
    return Agreement(
        label=label,
        positive=list(positive),
        sub_reward=sub_reward,
        cluster_by=cluster_by or (None if clusters is None else ROW),
        rows=len(rows.columns),
        compared=len(scores),
        left_out=rows.left_out,
        threshold=threshold,
        threshold_from=origin,
        confusion=Confusion.of(verdicts, labels),
        figures=dict(_figures(verdicts, labels, clusters, drawn)),
        constant=_constant_figures(labels),
        roc_area=roc_area(scores, labels, clusters=clusters),
        precision_recall_area=precision_recall_area(scores, labels, clusters=clusters, **drawn),
        spearman=spearman(scores, rows.ranked),
        kendall=kendall(scores, rows.ranked),
        best=best,
        best_confusion=None if best is None else Confusion.of(scores >= best.value, labels),
        bins=list(_bins(scores, labels, clusters)),
        cuts=Ranking(scores, labels).cuts(),
        disagreements=_disagreements(rows, verdicts, threshold),
    )


@dataclass(frozen=True)
class _Labelled:
    """The rows (n,) that have both a label and a reward, the highest reward first; `places` are theirs."""

    columns: RunColumns
    places: NDArray[np.intp]
    scores: Numbers
    raw: Sequence[Any]
    labels: Flags
    clusters: MaybeClusters
    left_out: Mapping[str, int]

    @property
    def ranked(self) -> list[float]:
        """The labels as numbers to rank them by."""
        return numbers(self.raw, self.labels.tolist())


def _labelled(
    results: Results, label: str, positive: Sequence[str], sub_reward: str | None, cluster_by: str | None
) -> _Labelled:
    paths = {text: group_path(text) for text in (label, cluster_by) if text is not None}
    columns = read_columns(results, list(paths.values()), sub_reward=sub_reward)
    has_label = np.array([is_label(value) for value in columns.values[label]], dtype=np.bool_)
    places = np.flatnonzero(has_label & columns.scored)
    if len(places) == 0:
        raise DataError(f"{results.path}: no row has both a label at {label} and a reward")
    # What is sorted once is counted many times, and faster than in any other order.
    places = places[np.argsort(-columns.rewards[places], kind="stable")]
    raw = [columns.values[label][place] for place in places.tolist()]
    texts = columns.clusters(None if cluster_by is None else paths[cluster_by])
    clusters = None if texts is None else numbered(texts[place] for place in places.tolist())
    left_out = {
        "unlabelled": int(np.count_nonzero(~has_label)),
        "unscored": int(np.count_nonzero(has_label & ~columns.scored)),
    }
    labels = np.array(positives(raw, positive, label), dtype=np.bool_)
    return _Labelled(columns, places, columns.rewards[places], raw, labels, clusters, left_out)


def _threshold(
    results: Results, sub_reward: str | None, given: float | None, scores: Numbers
) -> tuple[float, str] | None:
    if given is not None:
        return given, "option"
    own = results.about["options"].get("pass_threshold")
    if sub_reward is None and own is not None:
        return float(own), "run"
    return (0.5, "default") if np.isin(scores, (0.0, 1.0)).all() else None


def _figures(
    verdicts: Flags, labels: Flags, clusters: MaybeClusters, drawn: Mapping[str, int]
) -> Iterator[tuple[str, Estimate]]:
    """Estimate every figure: shares of rows by Wilson, what is no share by the bootstrap."""

    def share(hits: Flags, among: Flags) -> Estimate:
        return rate_interval(hits[among], clusters=None if clusters is None else clusters[among])

    everything = np.ones_like(labels)
    yield "accuracy", share(verdicts == labels, everything)
    yield "precision", share(labels, verdicts)
    yield "recall", share(verdicts, labels)
    yield "specificity", share(~verdicts, ~labels)
    yield "f1", _f1(share(verdicts & labels, verdicts | labels))
    for name in ("youden", "kappa", "alpha"):
        yield name, figure_interval(verdicts, labels, name, clusters=clusters, **drawn)


def _f1(share: Estimate) -> Estimate:
    """Turn the share of rows, among those that pass or should, that do both, into F1, which grows with it.

    Source: Hand, Christen and Kirielle (2021), "F*: an interpretable transformation of the F-measure".
    """
    return Estimate(*(None if each is None else 2.0 * each / (1.0 + each) for each in vars(share).values()))


def _constant_figures(labels: Flags) -> dict[str, float | None]:
    """Give the best that a constant verdict reaches, and the areas of a constant score."""
    always = [Confusion.of(np.full_like(labels, verdict), labels) for verdict in (True, False)]
    found: dict[str, float | None] = {}
    for name in ("accuracy", "precision", "recall", "specificity", "f1", "youden", "kappa", "alpha"):
        values = [value for each in always if (value := each.figure(name)) is not None]
        found[name] = max(values, default=None)
    both = bool(labels.any() and not labels.all())
    return found | {"roc_area": 0.5 if both else None, "precision_recall_area": float(labels.mean()) or None}


def _bins(scores: Numbers, labels: Flags, clusters: MaybeClusters) -> Iterator[Bin]:
    """Give the share of positive labels in each bin of rewards."""
    bars = histogram(scores)
    places = np.clip(np.searchsorted(bars.edges, scores, side="right") - 1, 0, len(bars.counts) - 1)
    for place, (low, high) in enumerate(zip(bars.edges[:-1].tolist(), bars.edges[1:].tolist(), strict=True)):
        inside = places == place
        rate = rate_interval(labels[inside], clusters=None if clusters is None else clusters[inside])
        mean = float(scores[inside].mean()) if inside.any() else None
        yield Bin(low, high, int(np.count_nonzero(inside)), mean, rate)


def _disagreements(rows: _Labelled, verdicts: Flags, threshold: float) -> list[Disagreement]:
    """Give the rows whose verdict is not their label's, those farthest from the threshold first."""
    columns, found = rows.columns, []
    for at in np.flatnonzero(verdicts != rows.labels).tolist():
        place = int(rows.places[at])
        name = (place, columns.rows[place], columns.ids[place], columns.sample_indices[place])
        found.append(Disagreement(*name, float(rows.scores[at]), rows.raw[at], bool(verdicts[at])))
    return sorted(found, key=lambda each: (-abs(each.reward - threshold), each.row))
