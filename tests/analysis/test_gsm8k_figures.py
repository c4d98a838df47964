"""The figures of GSM8K, computed a second time by other libraries from the published verdicts."""

import gzip
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from scipy import stats as oracle
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from graders import Results
from graders.analysis import calibrate, compare
from graders.stats import Confusion

EXACT = {"rel": 1e-9, "abs": 1e-12}
SENTENCES = [
    "6b_verification is better than 6b_finetuning by 0.174 [0.147, 0.200]",
    "175b_finetuning is better than 6b_finetuning by 0.130 [0.104, 0.157]",
    "175b_verification is better than 6b_finetuning by 0.346 [0.317, 0.375]",
    "6b_verification is better than 175b_finetuning by 0.043 [0.015, 0.071]",
    "175b_verification is better than 6b_verification by 0.172 [0.144, 0.200]",
    "175b_verification is better than 175b_finetuning by 0.215 [0.187, 0.244]",
]


@pytest.fixture(scope="module")
def published(repository: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The published verdicts of each model, in the order of the questions."""
    with gzip.open(repository / "templates" / "gsm8k" / "items.jsonl.gz", "rt", encoding="utf-8") as file:
        items = [json.loads(line)["item"] for line in file]
    models = list(dict.fromkeys(item["model"] for item in items))
    questions = list(dict.fromkeys(item["id"] for item in items))
    verdicts = {(item["model"], item["id"]): float(item["is_correct"]) for item in items}
    return {model: np.array([verdicts[model, question] for question in questions]) for model in models}


def test_four_models_are_compared_as_other_libraries_compare_them(
    gsm8k_python: Results, published: dict[str, Any]
) -> None:
    found = compare(gsm8k_python, by="item.model", on="item.id")
    assert found.cluster_by == "item.id"
    assert [pair.sentence for pair in found.pairs] == SENTENCES
    assert [side.name for side in found.sides] == list(published)
    p_values = []
    for pair, (first, second) in zip(found.pairs, combinations(published, 2), strict=True):
        differences = published[second] - published[first]
        assert (pair.first, pair.second) == (first, second)
        assert pair.difference.mean == pytest.approx(differences.mean(), **EXACT)
        low, high = oracle.ttest_1samp(differences, 0.0).confidence_interval()
        assert (pair.difference.low, pair.difference.high) == pytest.approx((low, high), **EXACT)
        gained, lost = int((differences > 0).sum()), int((differences < 0).sum())
        expected = mcnemar([[0, gained], [lost, 0]], exact=True).pvalue
        assert (pair.gained, pair.lost, pair.p_mcnemar) == (gained, lost, pytest.approx(expected, rel=1e-6))
        assert (pair.outcomes.wins, pair.outcomes.losses) == (gained, lost)
        p_values.append(expected)
    adjusted = multipletests(p_values, method="holm")[1]
    assert [pair.p_mcnemar_adjusted for pair in found.pairs] == pytest.approx(adjusted, rel=1e-6)


def test_the_intervals_are_those_of_a_regression_with_clustered_errors(
    gsm8k_python: Results, published: dict[str, Any]
) -> None:
    found = compare(gsm8k_python, by="item.model", on="item.id", cluster_by="item.id")
    n = 1319
    question = np.tile(np.arange(n), 2)
    design = np.column_stack([np.ones(2 * n), np.repeat([0.0, 1.0], n)])
    for pair in found.pairs:
        rewards = np.concatenate([published[pair.first], published[pair.second]])
        groups = {"groups": question, "use_correction": False}
        fitted = OLS(rewards, design).fit(cov_type="cluster", cov_kwds=groups)
        half = fitted.bse[1] * np.sqrt(n / (n - 1)) * oracle.t.ppf(0.975, n - 1)
        assert pair.difference.mean == pytest.approx(fitted.params[1], **EXACT)
        assert pair.difference.high - pair.difference.low == pytest.approx(2 * half, **EXACT)


def test_the_summary_of_a_clustered_run_is_that_of_a_regression(
    gsm8k_python: Results, published: dict[str, Any]
) -> None:
    rewards = np.concatenate(list(published.values()))
    groups = {"groups": np.tile(np.arange(1319), 4), "df_correction": True}
    fitted = OLS(rewards, np.ones(len(rewards))).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    reward = gsm8k_python.summary.reward
    assert (reward.low, reward.high) == pytest.approx(tuple(fitted.conf_int()[0]), **EXACT)
    assert (gsm8k_python.summary.cluster_by, gsm8k_python.summary.clusters) == ("item.id", 1319)


def test_a_text_check_is_too_kind_to_51_rows_and_too_hard_on_10(gsm8k: Results) -> None:
    for sub_reward in ("number", None):
        found = calibrate(gsm8k, "item.is_correct", sub_reward=sub_reward, resamples=50)
        assert found.confusion == Confusion(1991, 51, 10, 3224)
        assert sum(each.too_kind for each in found.disagreements) == 51
        assert len(found.disagreements) == 61


def test_rouge_l_has_the_areas_that_scikit_learn_computes(gsm8k: Results) -> None:
    found = calibrate(gsm8k, "item.is_correct", sub_reward="reasoning", resamples=100)
    rows = list(gsm8k.rows())
    labels = [row["item"]["is_correct"] for row in rows]
    scores = [row["sub_rewards"]["reasoning"] for row in rows]
    assert found.roc_area.mean == pytest.approx(sklearn.metrics.roc_auc_score(labels, scores), **EXACT)
    assert found.roc_area.mean == pytest.approx(0.8817, abs=5e-5)
    area = sklearn.metrics.average_precision_score(labels, scores)
    assert found.precision_recall_area.mean == pytest.approx(area, **EXACT)
    assert found.spearman == pytest.approx(oracle.spearmanr(scores, labels).statistic, **EXACT)
    assert found.kendall == pytest.approx(oracle.kendalltau(scores, labels).statistic, **EXACT)
    assert found.best is not None
    assert found.best.reached == pytest.approx(
        sklearn.metrics.f1_score(labels, np.array(scores) >= found.best.value), **EXACT
    )


def test_the_python_grader_agrees_perfectly(gsm8k_python: Results) -> None:
    found = calibrate(gsm8k_python, "item.is_correct", resamples=50)
    assert found.confusion == Confusion(2001, 0, 0, 3275)
    assert found.disagreements == []
    for name in ("accuracy", "precision", "recall", "f1", "kappa", "alpha"):
        assert found.figures[name].mean == 1.0
    assert (found.roc_area.mean, found.precision_recall_area.mean, found.spearman) == (1.0, 1.0, 1.0)
