"""Square plots of one share against another. Only numbers leave this module; the templates draw them.

Design: a plot is drawn in a box of a known size and scaled as a whole, so that its letters keep their place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from graders.analysis import Agreement, Bin
from graders.report.charts import Axis
from graders.report.numbers import bounds, number, percent, percent_interval

LEFT, TOP, SIDE = 46, 10, 264
"""Where the square stands in a box of 320 by 320, and how long its sides are."""
_TALLEST = 40
"""The height of the bar of the fullest bin."""

Point = tuple[float, float]
Place = Callable[[float, float, float], Point]
"""Where a false positive rate, a recall and a precision stand in a plot."""


@dataclass(frozen=True)
class Mark:
    """A point to look at: a `dot` or a `ring`, and its interval from `low` to `high` where it has one."""

    kind: str
    x: float
    y: float
    words: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Block:
    """A bar on the floor of a plot."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """A square with its axes: a curve, a dashed guide (x, y, x, y), points to look at and bars.

    `words` say what is to be seen, for those who do not see it; `legend` says what the signs mean.
    """

    id: str
    title: str
    words: str
    legend: str
    across: str
    upward: str
    columns: Sequence[tuple[float, str]]
    lines: Sequence[tuple[float, str]]
    guide: tuple[float, float, float, float] | None
    curve: str = ""
    marks: Sequence[Mark] = ()
    blocks: Sequence[Block] = ()


_SHARES = Axis.over(0.0, 1.0)


def plots(found: Agreement) -> list[Plot]:
    """Lay out the plots of a calibration; none of curves where the labels are of one class."""
    curves = [_roc(found), _precision_recall(found)] if found.roc_area.mean is not None else []
    return [*curves, _reliability(found)]


def _roc(found: Agreement) -> Plot:
    cuts = found.curves()
    points = zip(cuts["false_positive_rates"], cuts["recalls"], strict=True)
    area = _area("ROC curve", found.roc_area.mean, bounds(found.roc_area))
    return Plot(
        id="roc",
        title="ROC",
        words=f"{area}; a constant score has 0.5.",
        legend=f"Area {number(found.roc_area.mean)} {bounds(found.roc_area)}. Dashed: a constant score.",
        across="wrong rows that pass",
        upward="right rows that pass (recall)",
        columns=_columns(_SHARES),
        lines=_lines(),
        guide=(*_at(0.0, 0.0), *_at(1.0, 1.0)),
        curve=_line([(0.0, 0.0), *_known(points)]),
        marks=_marks(found, lambda fall_out, recall, precision: (fall_out, recall)),
    )


def _precision_recall(found: Agreement) -> Plot:
    cuts, area = found.curves(), found.precision_recall_area
    share = found.constant["precision_recall_area"] or 0.0
    said = _area("precision-recall curve", area.mean, bounds(area))
    return Plot(
        id="precision-recall",
        title="Precision and recall",
        words=f"{said}; a constant score has {share:.4f}.",
        legend=f"Area {number(area.mean)} {bounds(area)}. Dashed: a constant score.",
        across="right rows that pass (recall)",
        upward="passing rows that are right (precision)",
        columns=_columns(_SHARES),
        lines=_lines(),
        guide=(*_at(0.0, share), *_at(1.0, share)),
        curve=_line(_stairs(_known(zip(cuts["recalls"], cuts["precisions"], strict=True)))),
        marks=_marks(found, lambda fall_out, recall, precision: (recall, precision)),
    )


def _reliability(found: Agreement) -> Plot:
    held = [each for each in found.bins if each.mean is not None and each.positive.mean is not None]
    axis = Axis.over(found.bins[0].low, found.bins[-1].high)
    most = max((each.rows for each in held), default=1)
    said = "; ".join(f"at {number(each.mean)} {percent(each.positive.mean)}" for each in held)
    return Plot(
        id="reliability",
        title="Reliability",
        words=f"Share of right rows by mean reward of a bin: {said}.",
        legend="Share of right rows in each bin of rewards, with intervals; bars: how many rows it has. "
        "Dashed: where the reward is that share.",
        across="mean reward of the bin",
        upward="rows that are right",
        columns=_columns(axis),
        lines=_lines(),
        guide=(*_at(axis.place(0.0) / 100, 0.0), *_at(axis.place(1.0) / 100, 1.0)),
        marks=[mark for each in held if (mark := _bin_mark(each, axis))],
        blocks=[_block(each, axis, most) for each in held],
    )


def _area(curve: str, area: float | None, interval: str) -> str:
    return f"The area under the {curve} is {number(area)} {interval}".rstrip()


def _columns(across: Axis) -> list[tuple[float, str]]:
    return [(_at(place / 100, 0.0)[0], word) for place, word in across.ticks]


def _lines() -> list[tuple[float, str]]:
    return [(_at(0.0, place / 100)[1], word) for place, word in _SHARES.ticks]


def _at(x: float, y: float) -> Point:
    """Give the place of two shares, 0 to 1, in the box."""
    return round(LEFT + SIDE * x, 2), round(TOP + SIDE * (1.0 - y), 2)


def _known(points: Iterable[tuple[float | None, float | None]]) -> list[Point]:
    return [(x, y) for x, y in points if x is not None and y is not None]


def _stairs(points: Sequence[Point]) -> list[Point]:
    """Join points as the area under them is counted: the height of each reaches back to the one before."""
    before = [0.0, *(x for x, _ in points)]
    return [corner for start, (x, y) in zip(before, points, strict=False) for corner in ((start, y), (x, y))]


def _line(points: Iterable[Point]) -> str:
    placed = dict.fromkeys(_at(x, y) for x, y in points)
    return " ".join(f"{x:g},{y:g}" for x, y in placed)


def _marks(found: Agreement, place: Place) -> list[Mark]:
    """Mark the threshold and, where it is another, the best one."""
    wanted = [("dot", f"threshold {found.threshold:g}", found.confusion)]
    best, confusion = found.best, found.best_confusion
    if best is not None and confusion is not None and confusion != found.confusion:
        wanted.append(("ring", f"best threshold {best.value:g}", confusion))
    marks = []
    for kind, words, confusion in wanted:
        names = ("specificity", "recall", "precision")
        specificity, recall, precision = (confusion.figure(name) for name in names)
        if specificity is not None and recall is not None and precision is not None:
            marks.append(Mark(kind, *_at(*place(1.0 - specificity, recall, precision)), words))
    return marks


def _bin_mark(each: Bin, axis: Axis) -> Mark | None:
    mean, share = each.mean, each.positive.mean
    if mean is None or share is None:
        return None
    low, high = (share if end is None else end for end in (each.positive.low, each.positive.high))
    x, y = _at(axis.place(mean) / 100, share)
    words = (
        f"{each.rows:,} rows of {each.low:.2f} to {each.high:.2f}: "
        f"{percent(share)} {percent_interval(low, high)} right"
    )
    return Mark("dot", x, y, words, _at(0.0, low)[1], _at(0.0, high)[1])


def _block(each: Bin, axis: Axis, most: int) -> Block:
    left, right = (_at(axis.place(end) / 100, 0.0)[0] for end in (each.low, each.high))
    height = max(1.0, _TALLEST * each.rows / most)
    return Block(left + 1, round(TOP + SIDE - height, 2), round(right - left - 2, 2), round(height, 2))
