"""Verdicts, curves, agreement and thresholds: scikit-learn and krippendorff as oracles, laws, edges."""

import krippendorff
import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from graders.stats import (
    FIGURES,
    Confusion,
    Estimate,
    Ranking,
    best_threshold,
    cohen_kappa,
    figure_interval,
    krippendorff_alpha,
    precision_recall_area,
    roc_area,
)

EXACT = {"rel": 1e-12, "abs": 1e-12}
NOTHING = Estimate(None, None, None)
rows = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1), st.booleans()),
    min_size=1,
    max_size=40,
)


def columns(pairs):
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    return scores, np.array([label for _, label in pairs], dtype=np.bool_)


def drawn(n, seed=0, digits=2):
    random = np.random.default_rng(seed)
    scores = np.round(random.random(n), digits)
    return scores, random.random(n) < scores


@given(rows)
def test_figures_equal_those_of_scikit_learn(pairs):
    scores, labels = columns(pairs)
    verdicts = scores >= 0.5
    confusion = Confusion.of(verdicts, labels)
    expected = oracle.confusion_matrix(labels, verdicts, labels=[True, False])
    assert confusion.counts == (expected[0, 0], expected[1, 0], expected[0, 1], expected[1, 1])
    assert confusion.n == len(pairs)
    functions = {
        "accuracy": oracle.accuracy_score,
        "precision": oracle.precision_score,
        "recall": oracle.recall_score,
        "f1": oracle.f1_score,
    }
    for name, function in functions.items():
        actual = confusion.figure(name)
        if actual is not None:
            assert actual == pytest.approx(function(labels, verdicts), **EXACT)
    if confusion.figure("kappa") is not None:
        expected_kappa = oracle.cohen_kappa_score(labels, verdicts)
        assert confusion.figure("kappa") == pytest.approx(expected_kappa, **EXACT)
        assert cohen_kappa(labels, verdicts) == pytest.approx(expected_kappa, **EXACT)
        ratings = np.array([verdicts, labels], dtype=np.float64)
        assert confusion.figure("alpha") == pytest.approx(krippendorff.alpha(ratings), **EXACT)


def test_figures_of_nothing_are_undefined():
    empty = Confusion(0, 0, 0, 0)
    assert {name: empty.figure(name) for name in FIGURES} == dict.fromkeys(FIGURES)


@given(rows)
def test_areas_equal_those_of_scikit_learn(pairs):
    scores, labels = columns(pairs)
    area, curve = roc_area(scores, labels), precision_recall_area(scores, labels, resamples=5)
    if labels.any() and not labels.all():
        assert area.mean == pytest.approx(oracle.roc_auc_score(labels, scores), **EXACT)
    else:
        assert area == NOTHING
    if labels.any():
        assert curve.mean == pytest.approx(oracle.average_precision_score(labels, scores), **EXACT)
    else:
        assert curve == NOTHING


def test_the_curve_passes_through_the_points_of_scikit_learn():
    scores, labels = drawn(200)
    expected = oracle.roc_curve(labels, scores, drop_intermediate=False)
    cuts = Ranking(scores, labels).cuts()
    assert cuts.false_positive_rates == pytest.approx(expected[0][1:], **EXACT)
    assert cuts.recalls == pytest.approx(expected[1][1:], **EXACT)
    assert cuts.thresholds.tolist() == expected[2][1:].tolist()
    assert np.trapezoid(np.append(0, cuts.recalls), np.append(0, cuts.false_positive_rates)) == pytest.approx(
        roc_area(scores, labels).mean, **EXACT
    )


def test_the_interval_of_the_area_is_that_of_delong():
    # By the definition, over all pairs (DeLong, DeLong and Clarke-Pearson 1988, equations 4 to 6).
    scores, labels = drawn(60, seed=1, digits=1)
    positive, negative = scores[labels], scores[~labels]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    half = 1.959963984540054 * np.sqrt(variance)
    actual = roc_area(scores, labels)
    assert vars(actual) == pytest.approx(
        {"mean": wins.mean(), "low": wins.mean() - half, "high": wins.mean() + half}, **EXACT
    )
    alone = roc_area(scores, labels, clusters=range(60))
    assert vars(alone) == pytest.approx(vars(actual), **EXACT)


def test_rows_given_twice_make_the_area_no_surer():
    scores, labels = drawn(100, seed=2)
    expected = roc_area(scores, labels)
    twice = np.tile(np.arange(100), 2)
    actual = roc_area(np.tile(scores, 2), np.tile(labels, 2), clusters=twice)
    assert vars(actual) == pytest.approx(vars(expected), rel=1e-9)


@given(rows)
def test_a_mirrored_score_has_the_mirrored_area(pairs):
    scores, labels = columns(pairs)
    found, mirrored = roc_area(scores, labels), roc_area(-scores, labels)
    if found.mean is not None:
        assert mirrored.mean == pytest.approx(1.0 - found.mean, **EXACT)
    if found.low is not None:
        assert 0.0 <= found.low <= found.mean <= found.high <= 1.0


def test_a_constant_score_has_half_the_area_and_the_share_of_positive_labels():
    scores, labels = np.full(40, 0.3), np.arange(40) < 10
    assert roc_area(scores, labels).mean == 0.5
    assert precision_recall_area(scores, labels).mean == 0.25


def test_the_bootstrap_of_kappa_is_near_the_interval_of_statsmodels():
    scores, labels = drawn(800, seed=3)
    verdicts = scores >= 0.5
    table = oracle.confusion_matrix(labels, verdicts)
    expected = cohens_kappa(table)
    actual = figure_interval(verdicts, labels, "kappa", resamples=4000)
    assert actual.mean == pytest.approx(expected.kappa, **EXACT)
    assert (actual.low, actual.high) == pytest.approx((expected.kappa_low, expected.kappa_upp), abs=0.01)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_equals_that_of_the_krippendorff_package(level):
    random = np.random.default_rng(4)
    truth = random.integers(0, 4, 80)
    ratings = np.array(
        [np.where(random.random(80) < 0.7, truth, random.integers(0, 4, 80)) for _ in range(3)]
    )
    holed = np.where(random.random((3, 80)) < 0.2, np.nan, ratings)
    actual = krippendorff_alpha(holed, level, resamples=200)
    assert actual.mean == pytest.approx(krippendorff.alpha(holed, level_of_measurement=level), **EXACT)
    assert actual.low < actual.mean < actual.high


def test_alpha_is_that_of_the_published_example():
    # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", examples C to E
    nan = np.nan
    ratings = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
        ]
    )
    assert krippendorff_alpha(ratings).mean == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(ratings, "ordinal").mean == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(ratings, "interval").mean == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize(
    "ratings", [np.zeros((2, 0)), np.ones((2, 5)), np.array([[1.0, np.nan], [np.nan, 2.0]])]
)
def test_where_there_is_nothing_to_agree_on_there_is_no_agreement(ratings):
    assert krippendorff_alpha(ratings) == NOTHING


def test_one_class_alone_has_neither_kappa_nor_areas():
    labels = np.ones(9, dtype=np.bool_)
    assert figure_interval(labels, labels, "kappa") == NOTHING
    assert cohen_kappa(labels, labels) is None
    assert cohen_kappa([], []) is None
    assert roc_area(np.linspace(0, 1, 9), labels) == NOTHING


def test_an_unknown_level_and_an_unknown_figure_are_refused():
    with pytest.raises(ValueError, match="expected one of nominal, ordinal, interval; got 'ratio'"):
        krippendorff_alpha(np.ones((2, 2)), "ratio")
    with pytest.raises(ValueError, match=r"expected one of accuracy, .*; got 'auc'"):
        best_threshold(np.ones(2), np.ones(2, dtype=np.bool_), "auc")
    with pytest.raises(ValueError, match="labels must have shape"):
        Ranking(np.ones(2), np.ones(3, dtype=np.bool_))


@given(rows, st.sampled_from(["f1", "accuracy", "kappa", "youden"]))
def test_no_threshold_is_better_than_the_best(pairs, figure):
    scores, labels = columns(pairs)
    found = best_threshold(scores, labels, figure, resamples=2)
    reached = [Confusion.of(scores >= cut, labels).figure(figure) for cut in scores]
    known = [value for value in reached if value is not None]
    if found is None:
        assert known == [] or len(set(labels.tolist())) == 1
    else:
        assert found.reached == max(known)
        assert Confusion.of(scores >= found.value, labels).figure(figure) == found.reached


def test_the_best_precision_keeps_the_recall_that_is_asked_for():
    scores, labels = drawn(300, seed=5)
    found = best_threshold(scores, labels, "precision", least_recall=0.8, resamples=20)
    confusion = Confusion.of(scores >= found.value, labels)
    assert confusion.figure("recall") >= 0.8
    assert confusion.figure("precision") == found.reached


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0.0, 1.0, 0.5), (0.2, 0.3, 0.25), (0.7999, 0.8001, 0.8), (-3.0, 4.0, 0.0)]
)
def test_a_threshold_is_the_shortest_number_between_its_neighbours(low, high, expected):
    scores, labels = np.array([low, high]), np.array([False, True])
    assert best_threshold(scores, labels, resamples=1).value == expected


def test_a_threshold_between_neighbouring_floats_is_the_upper_one():
    high = np.nextafter(0.3, 1.0)
    found = best_threshold(np.array([0.3, high]), np.array([False, True]), resamples=1)
    assert found.value == high


def test_the_interval_of_a_threshold_holds_the_one_that_was_built_in():
    random = np.random.default_rng(6)
    scores = random.random(2000)
    found = best_threshold(scores, (scores > 0.6) ^ (random.random(2000) < 0.1), "accuracy", resamples=200)
    assert found.low <= 0.6 <= found.high
    assert found.high - found.low < 0.05
    assert found.held_out == pytest.approx(0.9, abs=0.02)


def test_a_threshold_is_the_same_for_the_same_seed():
    scores, labels = drawn(100, seed=7)
    found = [best_threshold(scores, labels, resamples=50, seed=3) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].to_dict()["maximises"] == "f1"


@pytest.mark.parametrize("figure", ["f1", "accuracy", "kappa", "youden"])
def test_no_rows_have_no_threshold(figure):
    assert best_threshold(np.zeros(0), np.zeros(0, dtype=np.bool_), figure) is None
