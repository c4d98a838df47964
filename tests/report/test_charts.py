"""Where bars, ticks and intervals stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.report.charts import Axis, bars, span
from graders.stats import Description, Histogram

finite = st.floats(allow_nan=False, allow_infinity=False)


def test_ticks_are_round_numbers_inside_the_range():
    assert Axis.over(0.0, 1.0).ticks == (
        (0, "0"),
        (20, "0.2"),
        (40, "0.4"),
        (60, "0.6"),
        (80, "0.8"),
        (100, "1"),
    )


def test_an_axis_round_about_values_begins_and_ends_at_round_numbers():
    axis = Axis.round_about([0.2489, 0.5754, None])
    assert (axis.low, axis.high) == (pytest.approx(0.2), pytest.approx(0.6))


@given(st.lists(finite, max_size=5))
def test_every_value_has_its_place_on_an_axis_round_about_it(values):
    axis = Axis.round_about(values)
    assert all(0 <= axis.place(value) <= 100 for value in values)
    assert all(0 <= at <= 100 for at, _ in axis.ticks)
    assert len(axis.ticks) <= 10


@given(finite, finite)
def test_a_range_of_any_size_has_few_ticks(low, high):
    if low < high:
        assert len(Axis.over(low, high).ticks) <= 7


def test_a_bar_that_stands_for_a_single_row_is_visible():
    low, high = bars(Histogram(np.array([0.0, 0.5, 1.0]), np.array([1, 10**6])))
    assert (low.height, high.height) == (1.0, 100.0)


def test_an_interval_is_said_in_words():
    found = span(Description(mean=0.5, low=0.25, high=0.75), Axis(0.0, 1.0, ()))
    assert found is not None
    assert (found.low, found.at, found.high) == (25, 50, 75)
    assert found.words == "mean 0.5000, interval 0.2500 to 0.7500"


def test_without_a_mean_there_is_nothing_to_draw():
    assert span(Description(), Axis(0.0, 1.0, ())) is None
