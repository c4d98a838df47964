"""Intervals of rows in clusters and by the bootstrap, with statsmodels as the oracle."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as oracle
from statsmodels.regression.linear_model import OLS

from graders.stats import (
    Estimate,
    bootstrap_interval,
    describe,
    mean_interval,
    numbered,
    rate_interval,
    wilson_interval,
)

EXACT = {"rel": 1e-10, "abs": 1e-12}
clustered = st.lists(st.tuples(st.floats(-10, 10), st.integers(0, 5)), min_size=2, max_size=40)


def columns(rows):
    return [value for value, _ in rows], [cluster for _, cluster in rows]


@pytest.mark.parametrize(("n", "number"), [(6, 2), (50, 7), (400, 100), (300, 290)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_clustered_interval_equals_that_of_statsmodels(n, number, confidence):
    random = np.random.default_rng(n)
    clusters = random.integers(0, number, n)
    values = random.normal(size=n) + clusters % 3
    groups = {"groups": clusters, "df_correction": True}
    fitted = OLS(values, np.ones(n)).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    expected = fitted.conf_int(1 - confidence)[0]
    actual = mean_interval(values, confidence, clusters)
    assert (actual.low, actual.high) == pytest.approx(tuple(expected), **EXACT)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40))
def test_rows_that_are_clusters_by_themselves_have_the_interval_of_independent_rows(values):
    expected, actual = mean_interval(values), mean_interval(values, clusters=range(len(values)))
    assert vars(actual) == pytest.approx(vars(expected), **EXACT)


@given(clustered, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_names_of_clusters_matter(rows, random):
    values, clusters = columns(rows)
    other_values, other_clusters = columns(random.sample(rows, len(rows)))
    actual = mean_interval(other_values, clusters=[17 - 3 * cluster for cluster in other_clusters])
    expected = mean_interval(values, clusters=clusters)
    assert actual.mean == expected.mean
    assert (actual.low is None) == (expected.low is None)
    if expected.low is not None:
        assert (actual.low, actual.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


def test_rows_given_twice_say_no_more_than_once():
    values = np.random.default_rng(2).random(30)
    twice = mean_interval(np.tile(values, 2), clusters=np.tile(np.arange(30), 2))
    assert vars(twice) == pytest.approx(vars(mean_interval(values)), **EXACT)


def test_one_cluster_has_a_mean_and_no_interval():
    assert mean_interval([0.25, 0.75], clusters=[4, 4]) == Estimate(0.5, None, None)
    assert rate_interval([True, False], clusters=[4, 4]) == Estimate(0.5, None, None)
    assert bootstrap_interval([0.25, 0.75], clusters=[4, 4]) == Estimate(0.5, None, None)


def test_nothing_in_clusters_has_no_mean():
    assert mean_interval([], clusters=[]) == Estimate(None, None, None)
    assert rate_interval([], clusters=[]) == Estimate(None, None, None)
    assert bootstrap_interval([], clusters=[]) == Estimate(None, None, None)


def test_a_description_in_clusters_holds_their_interval():
    values, clusters = [0.0, 0.1, 0.9, 1.0], [1, 1, 2, 2]
    actual, expected = describe(values, clusters=clusters), mean_interval(values, clusters=clusters)
    assert Estimate(actual.mean, actual.low, actual.high) == expected
    assert actual.std == pytest.approx(statistics.stdev(values), **EXACT)


@pytest.mark.parametrize("function", [mean_interval, describe, rate_interval, bootstrap_interval])
def test_a_row_without_a_cluster_is_refused(function):
    with pytest.raises(ValueError, match=r"clusters must have shape \(3,\)"):
        function([1.0, 0.0, 1.0], clusters=[1, 2])


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_rate_of_rows_that_are_clusters_by_themselves_is_that_of_wilson(hits):
    expected = wilson_interval(sum(hits), len(hits))
    actual = rate_interval(hits, clusters=range(len(hits)))
    if len(hits) > 1:
        assert vars(actual) == pytest.approx(vars(expected), **EXACT)
    assert rate_interval(hits) == expected


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=60))
def test_a_clustered_rate_lies_in_its_interval_which_is_at_least_as_wide_as_that_of_wilson(rows):
    hits, clusters = columns(rows)
    found, independent = rate_interval(hits, clusters=clusters), wilson_interval(sum(hits), len(hits))
    if found.low is not None:
        assert 0.0 <= found.low <= found.mean <= found.high <= 1.0
        assert found.high - found.low >= independent.high - independent.low - 1e-12


def test_a_clustered_rate_is_that_of_its_effective_number_of_rows():
    # Ten clusters of four equal verdicts: as many independent rows as clusters, less what Korn and Graubard
    # (1998) take off for the degrees of freedom.
    hits, clusters = np.repeat([True, False] * 5, 4), np.repeat(np.arange(10), 4)
    ratio = oracle.t.ppf(0.975, 39) / oracle.t.ppf(0.975, 9)
    effective = 40 * (0.25 / 39) / (10 / 9 * 10 * 4 / 40**2) * ratio**2
    z = statistics.NormalDist().inv_cdf(0.975)
    half = z / (1 + z * z / effective) * np.sqrt(0.25 / effective + (z / (2 * effective)) ** 2)
    actual = rate_interval(hits, clusters=clusters)
    assert (actual.low, actual.high) == pytest.approx((0.5 - half, 0.5 + half), **EXACT)


def test_bootstrap_interval_is_near_that_of_scipy():
    values = np.random.default_rng(3).exponential(size=80)
    expected = oracle.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    actual = bootstrap_interval(values, resamples=20_000)
    assert actual.mean == pytest.approx(values.mean(), **EXACT)
    assert (actual.low, actual.high) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_bootstrap_of_clusters_is_near_their_student_interval():
    random = np.random.default_rng(5)
    clusters = random.integers(0, 200, 800)
    values = random.normal(size=800) + random.normal(size=200)[clusters]
    expected = mean_interval(values, clusters=clusters)
    actual = bootstrap_interval(values, clusters=clusters, resamples=4000)
    assert (actual.low, actual.high) == pytest.approx((expected.low, expected.high), abs=0.02)
    assert actual.high - actual.low > 1.2 * (mean_interval(values).high - mean_interval(values).low)


def test_a_bootstrap_is_the_same_for_the_same_seed_and_another_for_another():
    values = np.random.default_rng(6).random(20)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)


def test_labels_are_numbered_in_the_order_in_which_they_come():
    assert numbered(["b", None, "a", "b"]).tolist() == [0, 1, 2, 0]
