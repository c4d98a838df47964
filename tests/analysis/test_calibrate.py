"""What a calibration says: labels read rightly, thresholds chosen rightly, edges without NaN."""

import json
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle

from graders.analysis import calibrate
from graders.errors import DataError
from graders.stats import Confusion, Estimate

TEXTS = ["Paris", "Pari", "Par", "Pa", "P", "xxxxx"]


def rows_of(labels: list[Any], texts: list[str] | None = None) -> list[dict[str, Any]]:
    texts = texts or [TEXTS[n % len(TEXTS)] for n in range(len(labels))]
    return [
        {"item": {"answer": "Paris", "n": n, **({} if label is ... else {"label": label})}, "sample": text}
        for n, (label, text) in enumerate(zip(labels, texts, strict=True))
    ]


def calibrated(write: Any, labels: list[Any], texts: list[str] | None = None, **options: Any) -> Any:
    run = write("run", rows_of(labels, texts))
    return calibrate(run, "item.label", **{"resamples": 20, "sub_reward": "alike", **options})


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        ([True, True, False, False], ()),
        ([1, 1.0, 0, 0.0], ()),
        (["True", "yes", "FALSE", "no"], ()),
        (["pass", "1", "fail", "0"], ()),
        (["good", "fine", "bad", "poor"], ("good", "fine")),
        ([5, 4, 3, 1], (">=4",)),
        (["5", "4.5", "3", "n/a"], ("> 3",)),
        ([1, 2, 3, 4], ("<3",)),
        ([1, 2, 3, 4], ("1", "2")),
        ([["a"], ["a"], {"b": 1}, "c"], ('["a"]',)),
    ],
)
def test_labels_are_booleans_numbers_or_texts(
    write: Any, labels: list[Any], positive: tuple[str, ...]
) -> None:
    found = calibrated(write, labels, positive=positive, pass_threshold=0.8)
    assert found.confusion == Confusion(2, 0, 0, 2)
    assert found.kendall is not None


@pytest.mark.parametrize(
    ("labels", "positive", "message"),
    [
        ([1, 2, 3], (), "item.label holds '1', '2', '3'; --positive VALUE says which labels are right"),
        (["good", "bad"], (), "item.label holds 'bad', 'good'; --positive"),
        (list(range(20)), (), "holds '0', '1', '2', '3', '4', '5', '6', '7' and more; --positive"),
        (["good", "bad"], ("best",), "no label at item.label is 'best'"),
        ([None, None], (), "no row has a value at item.label"),
        (["", ""], (), "no row has both a label at item.label and a reward"),
        ([..., ...], (), "no row has a value at item.label"),
    ],
)
def test_labels_that_say_nothing_are_refused(
    write: Any, labels: list[Any], positive: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        calibrated(write, labels, positive=positive)


def test_rows_without_a_label_or_a_reward_are_left_out_and_counted(write: Any) -> None:
    rows = rows_of([True, False, None, ..., "", True])
    del rows[5]["item"]["answer"]
    found = calibrate(write("run", rows), "item.label", resamples=5)
    assert (found.rows, found.compared) == (6, 2)
    assert found.left_out == {"unlabelled": 3, "unscored": 1}


def test_the_threshold_is_the_one_that_is_named_else_that_of_the_run_else_the_best(write: Any) -> None:
    labels = [True, True, False, False, False, False]
    run = write("run", rows_of(labels), pass_threshold=0.75)
    found = [
        calibrate(run, "item.label", resamples=5),
        calibrate(run, "item.label", resamples=5, pass_threshold=0.3),
        calibrate(run, "item.label", resamples=5, sub_reward="whole"),
        calibrate(run, "item.label", resamples=5, sub_reward="alike"),
    ]
    assert [(each.threshold, each.threshold_from) for each in found] == [
        (0.75, "run"), (0.3, "option"), (0.5, "default"), (0.8, "maximise"),
    ]  # fmt: skip
    assert found[3].confusion == found[3].best_confusion == Confusion(2, 0, 0, 4)
    assert found[3].flag == "--pass-threshold 0.8"


def test_the_figures_stand_beside_those_of_a_constant_verdict(write: Any) -> None:
    found = calibrated(write, [True] * 9 + [False], pass_threshold=0.8)
    assert found.constant["accuracy"] == 0.9
    assert found.constant["f1"] == pytest.approx(18 / 19)
    assert (found.constant["kappa"], found.constant["youden"]) == (0.0, 0.0)
    assert (found.constant["roc_area"], found.constant["precision_recall_area"]) == (0.5, 0.9)


def test_figures_and_their_intervals_hold_each_other(write: Any) -> None:
    random = np.random.default_rng(0)
    labels = [bool(each) for each in random.random(120) < 0.4]
    texts = [
        TEXTS[int(each)] for each in np.where(labels, random.integers(0, 4, 120), random.integers(1, 6, 120))
    ]
    found = calibrated(write, labels, texts, pass_threshold=0.7, resamples=200)
    for name, estimate in found.figures.items():
        assert estimate.mean == pytest.approx(found.confusion.figure(name)), name
        assert estimate.low <= estimate.mean <= estimate.high, name


def test_rows_given_twice_are_no_surer_in_clusters(write: Any) -> None:
    labels = [bool(n % 3) for n in range(60)]
    rows = rows_of(labels)
    once = calibrate(write("once", rows), "item.label", sub_reward="alike", pass_threshold=0.7, resamples=300)
    twice = calibrate(
        write("twice", rows + rows), "item.label", sub_reward="alike", pass_threshold=0.7,
        cluster_by="item.n", resamples=300,
    )  # fmt: skip
    for name in ("accuracy", "precision", "recall", "kappa"):
        one, two = once.figures[name], twice.figures[name]
        assert two.mean == pytest.approx(one.mean)
        assert two.high - two.low == pytest.approx(one.high - one.low, rel=0.15), name
    assert vars(twice.roc_area) == pytest.approx(vars(once.roc_area))


def test_rows_of_disagreement_come_the_farthest_from_the_threshold_first(write: Any) -> None:
    found = calibrated(write, [False, False, True, False, False, True], pass_threshold=0.75)
    assert [(each.row, each.too_kind) for each in found.disagreements] == [
        (5, False),
        (0, True),
        (1, True),
    ] + [(2, False)] * (found.disagreements[-1].row == 2)


def test_bins_hold_every_row_once(write: Any) -> None:
    found = calibrated(write, [bool(n % 2) for n in range(30)])
    assert sum(each.rows for each in found.bins) == 30
    for each in found.bins:
        assert each.mean is None or each.low <= each.mean <= each.high


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_one_class_alone_has_no_nan(write: Any, label: bool, n: int) -> None:
    found = calibrated(write, [label] * n)
    assert found.roc_area == Estimate(None, None, None)
    assert found.best is None
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert json.loads(text)["compared"] == n


def test_equal_rewards_have_no_rank_correlation(write: Any) -> None:
    found = calibrated(write, [True, False, True], ["Paris"] * 3)
    assert (found.spearman, found.kendall, found.roc_area.mean) == (None, None, 0.5)


def test_ratings_are_ranked_by_their_numbers(write: Any) -> None:
    found = calibrated(write, [5, 4, 3, 2, 1, 0], positive=[">=3"])
    assert found.spearman == pytest.approx(1.0)


@pytest.mark.parametrize("figure", ["f1", "accuracy", "kappa", "youden"])
def test_the_best_threshold_is_the_best_of_scikit_learn(write: Any, figure: str) -> None:
    labels = [bool(each) for each in np.random.default_rng(3).random(90) < 0.5]
    found = calibrated(write, labels, maximise=figure)
    scores = dict(zip(TEXTS, [1.0, 8 / 9, 0.75, 4 / 7, 1 / 3, 0.0], strict=True))
    column = np.array([scores[TEXTS[n % 6]] for n in range(90)])
    functions = {
        "f1": oracle.f1_score,
        "accuracy": oracle.accuracy_score,
        "kappa": oracle.cohen_kappa_score,
        "youden": lambda right, said: oracle.balanced_accuracy_score(right, said) * 2 - 1,
    }
    expected = max(functions[figure](labels, column >= cut) for cut in scores.values())
    assert found.best.reached == pytest.approx(expected)


def test_a_curve_is_thinned_and_keeps_its_ends(write: Any) -> None:
    found = calibrated(write, [bool(n % 2) for n in range(30)])
    whole, thin = found.curves(), found.curves(3)
    assert [len(column) for column in thin.values()] == [3] * 4
    assert (thin["thresholds"][0], thin["thresholds"][-1]) == (
        whole["thresholds"][0],
        whole["thresholds"][-1],
    )
    assert (thin["recalls"][-1], thin["false_positive_rates"][-1]) == (1.0, 1.0)


def test_options_that_make_no_sense_are_refused(write: Any) -> None:
    run = write("run", rows_of([True, False]))
    with pytest.raises(ValueError, match="expected one of f1, accuracy, kappa, youden, precision; got 'auc'"):
        calibrate(run, "item.label", maximise="auc")
    with pytest.raises(ValueError, match="expected resamples of at least 1; got 0"):
        calibrate(run, "item.label", resamples=0)
    with pytest.raises(DataError, match="expected a path that begins with item or sample; got 'label'"):
        calibrate(run, "label")
