"""Verdicts against labels: the four counts, and the figures that are made of them.

Design: each figure is one function of arrays of counts, so that the same code serves one confusion, every
threshold of a curve and every resample of a bootstrap. Inside, NaN stands for what is not defined.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.stats.moments import Floats
from graders.stats.resampling import ratios


def _accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(tp + tn, tp + fp + fn + tn)


def _precision(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(tp, tp + fp)


def _recall(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(tp, tp + fn)


def _specificity(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(tn, tn + fp)


def _f1(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(2.0 * tp, 2.0 * tp + fp + fn)


def _youden(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratios(tp, tp + fn) + ratios(tn, tn + fp) - 1.0


def _kappa(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    n = tp + fp + fn + tn
    expected = (tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)
    return ratios(n * (tp + tn) - expected, n * n - expected)


def _alpha(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    values, positive = 2.0 * (tp + fp + fn + tn), 2.0 * tp + fp + fn
    return 1.0 - ratios((values - 1.0) * (fp + fn), positive * (values - positive))


FIGURES: Mapping[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "specificity": _specificity,
    "f1": _f1,
    "youden": _youden,
    "kappa": _kappa,
    "alpha": _alpha,
}
"""Figures by name, of counts in the order of `Confusion`.

Sources: Youden (1950) for J; Cohen (1960) for kappa; Krippendorff (2011) for alpha, nominal, two raters.
"""


@dataclass(frozen=True)
class Confusion:
    """How many rows pass or fail, and are right or wrong by their labels."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, verdicts: NDArray[np.bool_], labels: NDArray[np.bool_]) -> "Confusion":
        """Count verdicts (n,) by their labels (n,)."""
        codes = np.bincount(2 * ~verdicts + ~labels, minlength=4)
        passed_right, passed_wrong, failed_right, failed_wrong = codes.tolist()
        return cls(passed_right, passed_wrong, failed_right, failed_wrong)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """The four counts in the order of the fields."""
        return self.true_positive, self.false_positive, self.false_negative, self.true_negative

    @property
    def n(self) -> int:
        """How many rows there are."""
        return sum(self.counts)

    def figure(self, name: str) -> float | None:
        """Compute a figure of `FIGURES`; None where it is not defined."""
        return or_none(figures(np.array([self.counts], dtype=np.float64), name)[0])


def figures(counts: Floats, name: str) -> Floats:
    """Compute a figure (k,) of counts (k, 4); NaN where it is not defined."""
    return FIGURES[name](*counts.T)


def or_none(value: float) -> float | None:
    """Give None for NaN, since NaN leaves no function of this room."""
    return None if np.isnan(value) else float(value)
