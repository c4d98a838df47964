"""Variants of metrics, metrics that share their tokens, and scores that say nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graders import ConfigError, Options, evaluate, load_grader
from graders.errors import DataWarning
from graders.metrics import METRICS, bleu, rouge_1
from graders.scoring import text_similarity

TEXT_METRICS = [name for name, metric in METRICS.items() if not metric.needs_embedder]
ITEMS = [{"answer": "the cats sat on the mats"}, {"answer": "Rain, rain.\nGo away!"}, {"answer": ""}]
SAMPLES = ["the cat sat on the mat", "Rain go away!", "x"]


def similarity(metric: str, **fields: Any) -> dict[str, Any]:
    texts = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    return {"type": "text_similarity", "name": metric, "evaluation_metric": metric, **texts, **fields}


def multi(*metrics: str) -> dict[str, Any]:
    graders = {metric: similarity(metric) for metric in metrics}
    return {"type": "multi", "graders": graders, "calculate_output": " + ".join(metrics)}


def test_metrics_of_one_document_give_what_each_gives_alone() -> None:
    together = load_grader(multi(*TEXT_METRICS)).score(ITEMS, SAMPLES)
    for metric in TEXT_METRICS:
        alone = load_grader(similarity(metric)).score(ITEMS, SAMPLES)
        assert together.parts[metric].values.tobytes() == alone.values.tobytes()


def test_the_texts_are_looked_at_once_for_all_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    original = text_similarity.score_family

    def counted(requests: Any, hypotheses: Any, references: Any) -> Any:
        asked.append(requests)
        return original(requests, hypotheses, references)

    monkeypatch.setattr(text_similarity, "score_family", counted)
    load_grader([multi("rouge_1", "rouge_l"), similarity("bleu")]).score(ITEMS, SAMPLES)
    assert asked == [(("rouge_1", None), ("rouge_l", None), ("bleu", None))]


def test_where_the_shared_work_fails_each_metric_is_computed_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no")

    expected = load_grader(multi("rouge_1", "rouge_l")).score(ITEMS, SAMPLES).values
    monkeypatch.setattr(text_similarity, "score_family", broken)
    actual = load_grader(multi("rouge_1", "rouge_l")).score(ITEMS, SAMPLES).values
    assert np.array_equal(actual, expected)


def test_a_variant_is_computed_and_stands_in_the_signature() -> None:
    grader = load_grader(similarity("bleu"), options=Options(metrics={"bleu": "sacrebleu"}))
    expected = bleu(SAMPLES, [item["answer"] for item in ITEMS], variant="sacrebleu")
    assert grader.score(ITEMS, SAMPLES).values.tolist() == expected.tolist()
    assert "variant:sacrebleu" in grader.signatures["bleu"]


def test_rouge_stands_for_every_rouge_and_a_name_of_its_own_goes_first() -> None:
    grader = load_grader(multi("rouge_1", "rouge_l"), options=Options(metrics={"rouge": "stemmer"}))
    assert all("variant:stemmer" in text for text in grader.signatures.values())
    expected = rouge_1(SAMPLES, [item["answer"] for item in ITEMS], variant="stemmer")
    assert grader.score(ITEMS, SAMPLES).parts["rouge_1"].values.tolist() == expected.tolist()


def test_without_a_choice_it_is_the_hosted_definition() -> None:
    assert "variant" not in load_grader(similarity("bleu")).signatures["bleu"]


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"blue": "sacrebleu"}, "metrics: expected one of rouge, fuzzy_match, .*; got 'blue'"),
        ({"bleu": "fast"}, "metrics: variant: expected one of 'sacrebleu'; got 'fast'"),
        ({"fuzzy_match": "x"}, "metrics: variant: fuzzy_match has no variants; got 'x'"),
    ],
)
def test_a_variant_that_there_is_not_is_a_problem(metrics: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load_grader(similarity("bleu"), options=Options(metrics=metrics))


def test_rows_whose_text_a_metric_cannot_see_are_counted_and_warned_of(tmp_path: Path) -> None:
    rows = [{"item": {"answer": "橋"}, "sample": "橋"}, {"item": {"answer": "bridge"}, "sample": "bridge"}]
    with pytest.warns(DataWarning, match=r"rouge_l sees no text at all on one side.*\(rows: 1\)"):
        results = evaluate(load_grader(multi("rouge_l", "bleu")), rows, out=tmp_path / "run")
    about = json.loads((results.path / "run.json").read_text())
    assert list(about["cautions"].values()) == [1]
    assert [row["sub_rewards"]["rouge_l"] for row in results.rows()] == [0.0, 1.0]
