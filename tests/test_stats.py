"""Known answers with scipy as the oracle, laws, and the edges: nothing, one value, huge values."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as oracle

from graders.stats import (
    Description,
    Estimate,
    describe,
    histogram,
    mean_interval,
    student_t_quantile,
    wilson_interval,
)

EXACT = {"rel": 1e-12, "abs": 1e-12}
NAMES = ["mean", "low", "high", "std", "min", "p05", "p25", "p50", "p75", "p95", "max"]

rewards = st.floats(min_value=-10.0, max_value=10.0)
batches = st.lists(rewards, min_size=2, max_size=50)


@pytest.mark.parametrize(
    ("p", "degrees", "expected"),
    [(0.975, 1, 12.706), (0.975, 2, 4.303), (0.95, 5, 2.015), (0.995, 10, 3.169), (0.975, 120, 1.980)],
)
def test_quantiles_are_those_of_the_printed_table(p, degrees, expected):
    # Fisher and Yates, Statistical Tables, table III
    assert student_t_quantile(p, degrees) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    "degrees", [1, 2, 3, 4, 5, 9, 29, 99, 100, 101, 1e3, 12345, 1e5, 999999, 1e6, 1e6 + 1]
)
@pytest.mark.parametrize(
    "p", [1e-50, 1e-9, 0.025, 0.49, 0.51, 0.6, 0.9, 0.95, 0.975, 0.995, 1 - 1e-6, 1 - 1e-12]
)
def test_quantiles_equal_those_of_scipy(p, degrees):
    actual = student_t_quantile(p, degrees)
    assert actual == pytest.approx(float(oracle.t.ppf(p, degrees)), rel=1e-10)


@given(st.floats(min_value=0.501, max_value=0.999999), st.floats(min_value=1.0, max_value=1e9))
def test_quantile_inverts_the_distribution_of_scipy(p, degrees):
    assert oracle.t.cdf(student_t_quantile(p, degrees), degrees) == pytest.approx(p, rel=1e-10)


def test_quantile_of_one_half_is_zero():
    assert student_t_quantile(0.5, 7) == 0.0


@given(st.floats(min_value=1e-9, max_value=0.5))
def test_quantiles_are_symmetric(p):
    assert student_t_quantile(p, 6) == pytest.approx(-student_t_quantile(1.0 - p, 6), rel=1e-6, abs=1e-12)


def test_quantile_of_infinitely_many_degrees_is_the_normal_one():
    assert student_t_quantile(0.975, math.inf) == statistics.NormalDist().inv_cdf(0.975)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, 1e-101, math.nan])
def test_a_quantile_outside_its_range_is_refused(p):
    with pytest.raises(ValueError, match="p must lie between 0 and 1"):
        student_t_quantile(p, 5)


@pytest.mark.parametrize("degrees", [0, 0.5, -1, math.nan])
def test_too_few_degrees_are_refused(degrees):
    with pytest.raises(ValueError, match="degrees must be at least 1"):
        student_t_quantile(0.9, degrees)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("n", [2, 3, 10, 1000])
def test_mean_interval_equals_that_of_scipy(n, confidence):
    values = np.random.default_rng(n).random(n)
    expected = oracle.ttest_1samp(values, 0.0).confidence_interval(confidence)
    actual = mean_interval(values, confidence)
    assert actual.mean == pytest.approx(values.mean(), **EXACT)
    assert (actual.low, actual.high) == pytest.approx((expected.low, expected.high), **EXACT)


def test_mean_interval_of_one_to_five_is_the_textbook_one():
    # 3 ± 2.776445 * sqrt(2.5 / 5)
    actual = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (actual.mean, actual.low, actual.high) == pytest.approx((3.0, 1.036757, 4.963243), abs=1e-6)


def test_nothing_has_no_mean():
    assert mean_interval([]) == Estimate(None, None, None)


def test_one_value_has_a_mean_and_no_interval():
    assert mean_interval([0.7]) == Estimate(0.7, None, None)


@given(rewards, st.integers(min_value=2, max_value=1000))
def test_equal_values_are_their_mean_without_deviation(value, n):
    actual = describe([value] * n)
    assert (actual.mean, actual.low, actual.high, actual.std) == (value, value, value, 0.0)


@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    assert describe(shuffled) == describe(values)


@given(batches)
def test_the_mean_is_the_exact_one_rounded(values):
    assert mean_interval(values).mean == pytest.approx(statistics.mean(values), rel=1e-15, abs=1e-15)


def test_the_mean_does_not_lose_small_values_beside_large_ones():
    assert mean_interval([1e16, 1.0, -1e16, 1.0]).mean == 0.5


@given(batches, st.floats(min_value=0.5, max_value=0.9))
def test_more_confidence_widens_the_interval(values, confidence):
    narrow, wide = mean_interval(values, confidence), mean_interval(values, confidence + 0.09)
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, 95, math.nan])
@pytest.mark.parametrize("estimate", [lambda c: mean_interval([1.0], c), lambda c: wilson_interval(1, 2, c)])
def test_a_confidence_that_is_no_probability_is_refused(estimate, confidence):
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        estimate(confidence)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    ("successes", "n"), [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (81, 263), (5, 10**6)]
)
def test_wilson_interval_equals_that_of_scipy(successes, n, confidence):
    expected = oracle.binomtest(successes, n).proportion_ci(confidence, method="wilson")
    actual = wilson_interval(successes, n, confidence)
    assert actual.mean == successes / n
    assert (actual.low, actual.high) == pytest.approx((expected.low, expected.high), **EXACT)


def test_wilson_interval_is_the_published_one():
    # Newcombe (1998), table I, method 3: 81 of 263
    actual = wilson_interval(81, 263)
    assert (actual.low, actual.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_rate_of_nothing_is_unknown():
    assert wilson_interval(0, 0) == Estimate(None, None, None)


@given(st.integers(min_value=1, max_value=10**9), st.data())
def test_wilson_interval_holds_the_rate_and_stays_between_0_and_1(n, data):
    actual = wilson_interval(data.draw(st.integers(min_value=0, max_value=n)), n)
    assert 0.0 <= actual.low <= actual.mean <= actual.high <= 1.0


@given(st.integers(min_value=1, max_value=10**6), st.data())
def test_failures_mirror_successes(n, data):
    successes = data.draw(st.integers(min_value=0, max_value=n))
    passed, failed = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert (passed.low, passed.high) == pytest.approx((1 - failed.high, 1 - failed.low), **EXACT)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="successes must lie between 0 and n"):
        wilson_interval(successes, n)


def test_description_of_ten_rewards():
    # numpy.percentile's default (linear) method; deviation by statistics.stdev
    values = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0]
    actual = describe(values).to_dict()
    percentiles = {"min": 0.0, "p05": 0.045, "p25": 0.225, "p50": 0.45, "p75": 0.675, "p95": 0.91, "max": 1.0}
    assert list(actual) == NAMES
    assert {name: actual[name] for name in percentiles} == pytest.approx(percentiles, **EXACT)
    assert actual["std"] == pytest.approx(statistics.stdev(values), **EXACT)


@given(batches)
def test_a_description_holds_the_mean_interval(values):
    actual = describe(values)
    assert Estimate(actual.mean, actual.low, actual.high) == mean_interval(values)


@given(batches)
def test_percentiles_ascend(values):
    actual = describe(values)
    ascending = [actual.min, actual.p05, actual.p25, actual.p50, actual.p75, actual.p95, actual.max]
    assert ascending == sorted(ascending)


def test_description_of_nothing_is_empty():
    assert describe([]) == Description()
    assert list(describe([]).to_dict().items()) == [(name, None) for name in NAMES]


def test_description_of_one_value_has_no_deviation_and_no_interval():
    expected = dict.fromkeys(NAMES, 0.25) | {"low": None, "high": None, "std": None}
    assert describe(np.array([0.25])).to_dict() == expected


def test_booleans_count_as_one_and_zero():
    assert describe(np.array([True, False])).mean == 0.5


def test_what_overflows_is_none_and_never_infinite():
    actual = describe([1.7e308, -1.7e308])
    assert (actual.mean, actual.min, actual.p50, actual.max) == (0.0, -1.7e308, 0.0, 1.7e308)
    assert (actual.low, actual.high, actual.std) == (None, None, None)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_any_finite_values_are_described_by_finite_numbers(values):
    numbers = [number for number in describe(values).to_dict().values() if number is not None]
    assert all(math.isfinite(number) for number in numbers)


def test_scaling_of_huge_values_does_not_change_the_result():
    values = np.random.default_rng(5).random(100)
    expected = {name: number * 2.0**450 for name, number in describe(values).to_dict().items()}
    assert describe(values * 2.0**450).to_dict() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("function", [mean_interval, describe, histogram])
def test_values_that_are_not_finite_are_refused(function, bad):
    with pytest.raises(ValueError, match="values must be finite, but 1 of 3 are not"):
        function([0.5, bad, 1.0])


@pytest.mark.parametrize("function", [mean_interval, describe, histogram])
def test_values_of_two_dimensions_are_refused(function):
    with pytest.raises(ValueError, match="values must have one dimension"):
        function(np.zeros((2, 2)))


def test_tenths_fall_into_the_bins_that_they_begin():
    actual = histogram([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert actual.edges.tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert actual.counts.tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]


def test_histogram_widens_to_rewards_outside_0_to_1():
    actual = histogram([-1.0, 3.0, 0.5], bins=4)
    assert actual.edges.tolist() == [-1.0, 0.0, 1.0, 2.0, 3.0]
    assert actual.counts.tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 7.0, -7.0])
def test_equal_values_fall_into_one_bin(value):
    assert sorted(histogram([value] * 5).counts.tolist()) == [0] * 9 + [5]


def test_histogram_of_nothing_counts_nothing_between_0_and_1():
    actual = histogram([], bins=2)
    assert (actual.edges.tolist(), actual.counts.tolist()) == ([0.0, 0.5, 1.0], [0, 0])


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20),
    st.integers(min_value=1, max_value=30),
)
def test_every_value_is_counted_once(values, bins):
    actual = histogram(values, bins)
    assert actual.counts.sum() == len(values)
    assert (actual.edges.shape, actual.counts.shape) == ((bins + 1,), (bins,))
    assert actual.counts.dtype == np.int64
    assert np.all(np.isfinite(actual.edges))
    assert np.all(actual.edges[1:] > actual.edges[:-1])


def test_a_histogram_without_bins_is_refused():
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        histogram([1.0], bins=0)


def test_many_values_are_described_as_the_library_describes_them():
    values = np.random.default_rng(1).normal(size=50_000)
    found = describe(values)
    assert found.mean == pytest.approx(math.fsum(values) / len(values), **EXACT)
    assert found.std == pytest.approx(np.std(values, ddof=1), **EXACT)
    assert found.p25 == np.percentile(values, 25)


def test_values_are_left_as_they_are():
    values = np.array([0.25, 3.0, -1.0])
    before = values.copy()
    describe(values)
    histogram(values)
    assert values.tolist() == before.tolist()
