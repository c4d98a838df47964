"""Where curves, points and bars of a calibration stand."""

from itertools import pairwise

import pytest

from graders.analysis import calibrate
from graders.report.agreement import Calibrated
from graders.report.plots import LEFT, SIDE, TOP, plots


@pytest.fixture
def agreement(write_run, make):
    """Calibrate a run of rewards and labels, with a threshold."""

    def made(rewards, labels, **options):
        pairs = zip(rewards, labels, strict=True)
        lines = [make.line(n, reward, item={"ok": ok}) for n, (reward, ok) in enumerate(pairs)]
        return calibrate(write_run(lines), "item.ok", **{"resamples": 20, **options})

    return made


def points_of(plot):
    """Give the points of a curve as shares, 0 to 1."""
    pairs = [map(float, each.split(",")) for each in plot.curve.split()]
    return [(round((x - LEFT) / SIDE, 3), round(1 - (y - TOP) / SIDE, 3)) for x, y in pairs]


def test_the_roc_curve_goes_from_corner_to_corner_through_every_threshold(agreement):
    roc = plots(agreement([0.9, 0.8, 0.4, 0.1], [True, False, True, False]))[0]
    assert points_of(roc) == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    assert roc.words.startswith("The area under the ROC curve is 0.7500 [")


def test_the_area_of_the_drawn_stairs_is_the_average_precision(agreement):
    found = agreement([0.9, 0.8, 0.6, 0.4, 0.1], [True, False, True, True, False])
    corners = points_of(plots(found)[1])
    area = sum((x - before) * y for (before, _), (x, y) in pairwise(corners))
    assert area == pytest.approx(found.precision_recall_area.mean, abs=2e-3)


def test_the_threshold_is_a_dot_and_a_better_one_a_ring(agreement):
    marks = plots(agreement([0.9, 0.8, 0.7, 0.1], [True, True, False, False], pass_threshold=0.1))[0].marks
    assert [(mark.kind, mark.words) for mark in marks] == [
        ("dot", "threshold 0.1"),
        ("ring", "best threshold 0.8"),
    ]
    assert (marks[0].x, marks[0].y) == (LEFT + SIDE, TOP)
    assert (marks[1].x, marks[1].y) == (LEFT, TOP)


def test_a_threshold_that_nothing_can_better_is_marked_once(agreement):
    marks = plots(agreement([0.9, 0.1], [True, False], pass_threshold=0.5))[0].marks
    assert [mark.kind for mark in marks] == ["dot"]


def test_a_bin_has_a_point_an_interval_and_a_bar(agreement):
    plot = plots(agreement([0.05] * 10 + [0.95] * 30, [False] * 10 + [True] * 30))[-1]
    low, high = plot.marks
    assert (low.y, high.y) == (TOP + SIDE, TOP)
    assert low.low <= low.y
    assert low.high < low.low
    assert high.words.startswith("30 rows of 0.90 to 1.00: 100.0% [")
    assert plot.blocks[0].height * 3 == pytest.approx(plot.blocks[1].height, abs=0.01)


def test_rewards_beyond_one_have_an_axis_of_their_own(agreement):
    plot = plots(agreement([-2.0, 4.0], [False, True], pass_threshold=0.5))[-1]
    assert (plot.columns[0][1], plot.columns[-1][1]) == ("-2", "4")
    assert plot.guide[::2] == pytest.approx((LEFT + SIDE / 3, LEFT + SIDE / 2), abs=0.02)


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_class_have_no_curves(agreement, label):
    found = plots(agreement([0.2, 0.9], [label, label], pass_threshold=0.5))
    assert [plot.id for plot in found] == ["reliability"]


def test_every_figure_stands_beside_that_of_a_constant_verdict(agreement):
    shown = Calibrated.of(agreement([0.9, 0.8, 0.1], [True, False, False], pass_threshold=0.5))
    accuracy = shown.figures[0]
    assert (accuracy.name, accuracy.constant) == ("accuracy", pytest.approx(2 / 3))
    assert accuracy.constant_at == shown.axis.place(2 / 3)
    assert [row.name for row in shown.figures][-2:] == ["area under ROC", "area under precision-recall"]
