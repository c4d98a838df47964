"""What a calibration found, so that the command line prints it and a page can draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from graders.stats import Confusion, Cuts, Estimate, Threshold

FIGURE_NAMES: Mapping[str, str] = {
    "f1": "F1",
    "youden": "Youden's J",
    "kappa": "Cohen's kappa",
    "alpha": "Krippendorff's alpha",
    "roc_area": "area under ROC",
    "precision_recall_area": "area under precision-recall",
}
"""What a figure is called that is not called by its name."""
THRESHOLD_FROM: Mapping[str, str] = {
    "option": "--pass-threshold",
    "run": "the run's own",
    "maximise": "no threshold is known: the best one of these rows",
    "default": "rewards are 0 or 1",
}
"""Where the threshold comes from, in words."""
_POINTS = 200
"""The most points of a curve that are given to others."""


@dataclass(frozen=True)
class Bin:
    """Rows whose reward lies between `low` and `high`: their mean, and the share of positive labels."""

    low: float
    high: float
    rows: int
    mean: float | None
    positive: Estimate


@dataclass(frozen=True)
class Disagreement:
    """A row whose verdict is not its label's: `too_kind` where it passes, too hard where it does not.

    `place` is its line in `results.jsonl`, from 0; where rows have several samples, `row` is another number.
    """

    place: int
    row: int
    id: Any
    sample_index: int | None
    reward: float
    label: Any
    too_kind: bool


@dataclass(frozen=True)
class Agreement:
    """How the rewards of a run agree with labels.

    `figures` are estimates at `threshold`, which comes from the `option`, the `run`, `maximise` or `default`
    (0.5, where all rewards are 0 or 1); `constant` holds the best that a constant verdict reaches. `best` is
    the threshold that maximises a figure. `cuts` hold the curves.
    """

    label: str
    positive: Sequence[str]
    sub_reward: str | None
    cluster_by: str | None
    rows: int
    compared: int
    left_out: Mapping[str, int]
    threshold: float
    threshold_from: str
    confusion: Confusion
    figures: Mapping[str, Estimate]
    constant: Mapping[str, float | None]
    roc_area: Estimate
    precision_recall_area: Estimate
    spearman: float | None
    kendall: float | None
    best: Threshold | None
    best_confusion: Confusion | None
    bins: Sequence[Bin] = field(repr=False)
    cuts: Cuts = field(repr=False)
    disagreements: Sequence[Disagreement] = field(repr=False)

    @property
    def lacking(self) -> str:
        """What is left out, in words; nothing where nothing is."""
        return " and ".join(f"{count:,} {why}" for why, count in self.left_out.items() if count)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All figures by name: those at the threshold, then the areas under both curves."""
        areas = {"roc_area": self.roc_area, "precision_recall_area": self.precision_recall_area}
        return {**self.figures, **areas}

    @property
    def flag(self) -> str | None:
        """The option of `graders run` that uses the best threshold."""
        return None if self.best is None else f"--pass-threshold {self.best.value!r}"

    def to_dict(self, rows: int | None = None) -> dict[str, Any]:
        """Return it as JSON values: curves of 200 points at most, and the first `rows` disagreements."""
        plain = {
            key: value for key, value in vars(self).items() if key not in ("bins", "cuts", "disagreements")
        }
        for key in ("confusion", "roc_area", "precision_recall_area", "best", "best_confusion"):
            plain[key] = None if plain[key] is None else asdict(plain[key])
        return {
            **plain,
            "left_out": dict(self.left_out),
            "figures": {name: estimate.to_dict() for name, estimate in self.figures.items()},
            "flag": self.flag,
            "bins": [asdict(each) for each in self.bins],
            "curves": self.curves(),
            "disagreements": [asdict(each) for each in self.disagreements[:rows]],
        }

    def curves(self, points: int = _POINTS) -> dict[str, list[float | None]]:
        """Give the curves at `points` thresholds at most; None stands for a rate of nothing."""
        u = len(self.cuts.thresholds)
        places = np.unique(np.linspace(0, u - 1, min(points, u)).round().astype(np.int64))
        columns = {
            "thresholds": self.cuts.thresholds,
            "false_positive_rates": self.cuts.false_positive_rates,
            "recalls": self.cuts.recalls,
            "precisions": self.cuts.precisions,
        }
        return {
            name: [None if np.isnan(value) else value for value in column[places].tolist()]
            for name, column in columns.items()
        }
