"""Paired tests and rank correlations: known answers of scipy and statsmodels, laws, edges."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats as oracle
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from graders.stats import (
    Outcomes,
    average_ranks,
    holm,
    kendall,
    mcnemar_test,
    mean_interval,
    outcomes,
    pass_at_k,
    pass_hat_k,
    sign_flip_test,
    spearman,
)

EXACT = {"rel": 1e-10, "abs": 1e-14}
values = st.floats(-10, 10)
few_values = st.sampled_from([0.0, 0.25, 0.5, 1.0])
pairs = st.lists(st.tuples(few_values | values, few_values | values), min_size=2, max_size=30)


@pytest.mark.parametrize("n", [2, 5, 10])
def test_few_differences_are_tested_as_scipy_does_exactly(n):
    differences = np.random.default_rng(n).normal(0.4, 1.0, n)
    expected = oracle.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=10**6, vectorized=False
    )
    assert sign_flip_test(differences) == pytest.approx(expected.pvalue, **EXACT)


def test_many_differences_are_tested_by_draws_near_the_p_of_students_test():
    differences = np.random.default_rng(7).normal(0.05, 1.0, 1500)
    expected = oracle.ttest_1samp(differences, 0.0).pvalue
    assert sign_flip_test(differences) == pytest.approx(expected, abs=0.01)


def test_differences_of_few_sizes_are_drawn_as_those_of_many_are():
    random = np.random.default_rng(8)
    differences = random.choice([-0.5, -0.25, 0.0, 0.25, 0.5], 400, p=[0.2, 0.2, 0.15, 0.2, 0.25])
    expected = oracle.ttest_1samp(differences, 0.0).pvalue
    assert sign_flip_test(differences) == pytest.approx(expected, abs=0.015)


@given(st.integers(0, 300), st.integers(0, 300))
def test_rewards_of_0_and_1_are_tested_exactly_however_many_there_are(gained, lost):
    differences = [1.0] * gained + [-1.0] * lost + [0.0] * 5
    assert sign_flip_test(differences) == mcnemar_test(gained, lost)


def test_the_signs_of_a_cluster_are_dealt_out_together():
    differences, clusters = np.array([0.3, 0.4, -0.1, 0.2, 0.6, 0.5]), [1, 1, 2, 2, 3, 3]
    assert sign_flip_test(differences, clusters) == sign_flip_test([0.7, 0.1, 1.1])
    assert sign_flip_test(differences, clusters) == 0.25  # 2 of 8 ways
    assert sign_flip_test(differences) == pytest.approx(4 / 64)


@given(st.lists(values, max_size=12))
def test_which_of_two_is_the_first_does_not_matter(differences):
    mirrored = [-each for each in differences]
    assert sign_flip_test(mirrored) == sign_flip_test(differences)
    found, swapped = outcomes(differences), outcomes(mirrored)
    assert (found.wins, found.ties, found.losses) == (swapped.losses, swapped.ties, swapped.wins)
    forth, back = mean_interval(differences), mean_interval(mirrored)
    assert back.mean == (None if forth.mean is None else -forth.mean)


@given(st.lists(values, max_size=30), st.randoms(use_true_random=False))
def test_neither_the_order_of_differences_nor_zeros_matter(differences, random):
    shuffled = [*random.sample(differences, len(differences)), 0.0, 0.0]
    assert sign_flip_test(shuffled) == pytest.approx(sign_flip_test(differences), abs=1e-12)
    assert 0.0 < sign_flip_test(shuffled) <= 1.0


@pytest.mark.parametrize("differences", [[], [0.0], [0.0] * 50])
def test_nothing_but_ties_shows_nothing(differences):
    assert sign_flip_test(differences) == 1.0
    assert outcomes(differences) == Outcomes(0, len(differences), 0)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
@example([1, 2, -3, 7, -7])
def test_tenths_are_tested_as_the_integers_that_they_are_tenths_of(tenths):
    sums = [abs(sum(each)) for each in itertools.product(*((n, -n) for n in tenths))]
    expected = sum(each >= abs(sum(tenths)) for each in sums) / len(sums)
    assert sign_flip_test([n / 10 for n in tenths]) == pytest.approx(expected, abs=1e-12)


def test_rounding_errors_are_ties():
    assert outcomes([0.1 + 0.2 - 0.3, 1.0, -1.0]) == Outcomes(1, 1, 1)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (0, 1), (6, 1), (30, 12), (51, 10), (400, 310)])
def test_mcnemar_equals_those_of_statsmodels_and_scipy(gained, lost):
    expected = mcnemar([[7, gained], [lost, 5]], exact=True).pvalue
    assert mcnemar_test(gained, lost) == pytest.approx(min(1.0, expected), **EXACT)
    if gained + lost:
        binomial = oracle.binomtest(gained, gained + lost).pvalue
        assert mcnemar_test(gained, lost) == pytest.approx(binomial, **EXACT)


def test_mcnemar_of_very_many_changes_neither_overflows_nor_loses_digits():
    assert mcnemar_test(100_000, 101_000) == pytest.approx(
        oracle.binomtest(100_000, 201_000).pvalue, rel=1e-8
    )
    assert mcnemar_test(0, 5000) == 0.0


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="counts must be at least 0, got -1 and 3"):
        mcnemar_test(-1, 3)


@settings(max_examples=10)  # the oracle takes its time
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_holm_equals_that_of_statsmodels(p_values):
    expected = multipletests(p_values, method="holm")[1].tolist()
    assert holm(p_values) == pytest.approx(expected, **EXACT)


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []


@given(pairs)
def test_rank_correlations_equal_those_of_scipy(rows):
    first, second = zip(*rows, strict=True)
    assert average_ranks(first).tolist() == oracle.rankdata(first).tolist()
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert (spearman(first, second), kendall(first, second)) == (None, None)
    else:
        expected = oracle.spearmanr(first, second).statistic
        assert spearman(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert kendall(first, second) == pytest.approx(oracle.kendalltau(first, second).statistic, **EXACT)


@given(pairs)
def test_rank_correlations_are_symmetric_and_mirror(rows):
    first, second = map(list, zip(*rows, strict=True))
    for correlation in (spearman, kendall):
        found = correlation(first, second)
        assert correlation(second, first) == pytest.approx(found, abs=1e-12)
        if found is not None:
            assert correlation([-each for each in first], second) == pytest.approx(-found, abs=1e-12)


@pytest.mark.parametrize("correlation", [spearman, kendall])
@pytest.mark.parametrize("rows", [[], [0.5]])
def test_too_few_rows_have_no_rank_correlation(correlation, rows):
    assert correlation(rows, rows) is None


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_columns_of_different_length_are_refused(correlation):
    with pytest.raises(ValueError, match="the columns must have one length, got 2 and 1"):
        correlation([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("n", "c", "k"), [(10, 3, 1), (10, 3, 5), (5, 5, 5), (5, 0, 3), (200, 17, 100)])
def test_pass_at_k_is_that_of_the_paper(n, c, k):
    # Chen et al. (2021), equation 1
    expected = 1.0 - math.comb(n - c, k) / math.comb(n, k)
    assert pass_at_k([n], [c], k)[0] == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert pass_hat_k([n], [c], k)[0] == pytest.approx(
        math.comb(c, k) / math.comb(n, k), rel=1e-12, abs=1e-15
    )


@given(st.integers(1, 12), st.data())
def test_more_tries_pass_more_often_and_all_of_them_less(n, data):
    c = data.draw(st.integers(0, n))
    at = [pass_at_k([n], [c], k)[0] for k in range(1, n + 1)]
    hat = [pass_hat_k([n], [c], k)[0] for k in range(1, n + 1)]
    assert at == sorted(at)
    assert hat == sorted(hat, reverse=True)
    assert at[0] == pytest.approx(hat[0]) == pytest.approx(c / n)


@pytest.mark.parametrize("estimate", [pass_at_k, pass_hat_k])
def test_impossible_samples_are_refused(estimate):
    with pytest.raises(ValueError, match="k must lie between 1 and the least number of samples, 2, got 3"):
        estimate([5, 2], [1, 1], 3)
    with pytest.raises(ValueError, match="passed must lie between 0 and samples"):
        estimate([2], [3], 1)
    with pytest.raises(ValueError, match="one shape"):
        estimate([2], [1, 1], 1)
