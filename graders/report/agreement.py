"""A calibration, laid out for a page: figures beside those of a constant verdict, plots, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graders.analysis import FIGURE_NAMES, THRESHOLD_FROM, Agreement, Disagreement
from graders.report.charts import Axis, Span, span
from graders.report.numbers import number
from graders.report.plots import Plot, plots
from graders.report.survey import Choice
from graders.report.text import plain
from graders.report.views import RowView
from graders.stats import Estimate
from graders.strict_json import dumps

_POINTS = 21
"""Thresholds in the table of the curves."""


@dataclass(frozen=True)
class FigureRow:
    """A figure, and what a constant verdict reaches of it, with the places of both on an axis."""

    name: str
    estimate: Estimate
    span: Span | None
    constant: float | None
    constant_at: float | None


@dataclass(frozen=True)
class Calibrated:
    """What a page shows of a calibration."""

    found: Agreement
    head: str
    origin: str
    maximised: str
    axis: Axis
    figures: Sequence[FigureRow]
    plots: Sequence[Plot]
    curves: Sequence[tuple[float | None, ...]]

    @classmethod
    def of(cls, found: Agreement) -> "Calibrated":
        """Lay out a calibration."""
        estimates = found.estimates
        ends = [end for each in estimates.values() for end in (each.low, each.mean, each.high)]
        axis = Axis.round_about([0.0, 1.0, *ends, *found.constant.values()])
        best = "" if found.best is None else found.best.maximises
        curves = found.curves(_POINTS)
        return cls(
            found,
            head_of(found),
            THRESHOLD_FROM[found.threshold_from],
            FIGURE_NAMES.get(best, best),
            axis,
            [_figure(name, each, found.constant[name], axis) for name, each in estimates.items()],
            plots(found),
            list(zip(*curves.values(), strict=True)),
        )


def head_of(found: Agreement) -> str:
    """Say what was held against what, of how many rows."""
    what = "rewards" if found.sub_reward is None else f"rewards of {plain(found.sub_reward, 80)}"
    left_out = f", {found.lacking} left out" if found.lacking else ""
    positive = f", right where {plain(' or '.join(found.positive), 80)}" if found.positive else ""
    counts = f"{found.compared:,} rows compared{left_out}"
    return f"The {what} against {plain(found.label, 80)}{positive}: {counts}"


def figure_name(name: str) -> str:
    """Give what a figure is called."""
    return FIGURE_NAMES.get(name, name)


def disagreements(found: Agreement, rows: int) -> list[Choice]:
    """Choose the rows of disagreement that are shown, at most `rows`; none where all agree."""
    places = [each.place for each in found.disagreements[:rows]]
    kind, hard = found.confusion.false_positive, found.confusion.false_negative
    words = f"{kind:,} rows pass that are wrong (too kind), and {hard:,} do not that are right (too hard). "
    words += "The farthest from the threshold come first."
    return [Choice("disagreements", "Rows of disagreement", words, places)] if places else []


def remarked(views: Mapping[int, RowView], found: Agreement) -> dict[int, RowView]:
    """Say of rows whose verdict is not their label's what is wrong with it."""
    remarks = {
        each.place: _remark(each, found.sub_reward) for each in found.disagreements if each.place in views
    }
    return {place: replace(view, remark=remarks.get(place, "")) for place, view in views.items()}


def _remark(each: Disagreement, sub_reward: str | None) -> str:
    what = "" if sub_reward is None else f"{plain(sub_reward, 60)} {number(each.reward)} "
    return f"{what}{'too kind' if each.too_kind else 'too hard'}: label {_label(each.label)}"


def _label(label: Any) -> str:
    return plain(label if isinstance(label, str) else dumps(label).decode(), 60)


def _figure(name: str, estimate: Estimate, constant: float | None, axis: Axis) -> FigureRow:
    words = figure_name(name)
    at = None if constant is None else axis.place(constant)
    return FigureRow(words, estimate, span(estimate, axis, words), constant, at)
