"""text_similarity: two rendered columns, one metric, and what happens where the metric fails."""

from dataclasses import replace

import numpy as np
import pytest

from graders import load_grader
from graders.batch import Batch
from graders.compile import compile_document
from graders.config import load
from graders.metrics import METRICS, score_family
from graders.scoring import Binding
from graders.scoring.text_similarity import TextSimilarity

COMPUTED = [name for name, metric in METRICS.items() if not metric.needs_embedder]
DOCUMENT = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}
HYPOTHESES = ["the cat sat on the mat", "", "Paris", "fuzzy wuzzy was a bear"]
REFERENCES = ["the cat is on the mat", "", "The capital is Paris", "fuzzy wuzzy had no hair"]
ITEMS = [{"answer": reference} for reference in REFERENCES]


@pytest.mark.parametrize("name", COMPUTED)
def test_the_input_is_the_hypothesis_and_the_reference_the_reference(name):
    actual = load_grader(DOCUMENT | {"evaluation_metric": name}).score(ITEMS, HYPOTHESES)
    assert actual.values.tolist() == METRICS[name].function(HYPOTHESES, REFERENCES).tolist()


def test_a_failed_row_has_no_score_and_the_others_theirs():
    grader = load_grader(DOCUMENT | {"evaluation_metric": "fuzzy_match"})
    scores = grader.score([{"answer": "a"}, {}, {"answer": "a"}], ["a", "a", None])
    assert np.isnan(scores.values).tolist() == [False, True, True]
    assert {row: failure.detail for row, failure in scores.error_details.items()} == {
        1: "Variable 'item.answer' was not found.",
        2: "Variable 'sample.output_text' was not found.",
    }


def test_no_rows_give_no_scores():
    for name in COMPUTED:
        assert load_grader(DOCUMENT | {"evaluation_metric": name}).score([], []).values.shape == (0,)


def fails_on_bad(hypotheses, references):
    """Measure the lengths of the hypotheses, and fail as a library would on some text."""
    if "bad" in hypotheses:
        raise RuntimeError("cannot read 'bad'")
    return np.array([len(text) / 10 for text in hypotheses])


def test_where_a_metric_fails_on_a_text_that_row_fails_and_the_others_are_computed():
    metric = replace(METRICS["fuzzy_match"], name="own", function=fails_on_bad)
    config = load(DOCUMENT | {"evaluation_metric": "fuzzy_match"})
    grader = TextSimilarity.bind(config, Binding("own", "$", lambda _: metric))
    scores = grader.score_batch(Batch(ITEMS, ["a", "bad", "abc", "bad"]))
    assert scores.values[[0, 2]].tolist() == [0.1, 0.3]
    failure = scores.error_details[3]
    assert (failure.reason, failure.detail) == (
        "metric_failed",
        "own failed: RuntimeError: cannot read 'bad'",
    )
    assert scores.error_codes.tolist() == [0, failure.code, 0, failure.code]


def test_the_signature_is_the_metrics():
    grader = compile_document(DOCUMENT | {"evaluation_metric": "bleu"})
    assert grader.signatures == {"bleu": METRICS["bleu"].signature}


def test_cosine_is_that_of_the_embedder_that_was_named():
    class Lengths:
        identity = "lengths"

        def embed(self, texts):
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    grader = load_grader(DOCUMENT | {"evaluation_metric": "cosine"}, embedder=Lengths())
    scores = grader.score([{"answer": "a"}], ["abc"])
    assert scores.values.tolist() == pytest.approx([4 / np.sqrt(20)], abs=1e-12)
    assert scores.name == "alike"


def test_where_an_embedder_fails_on_a_text_that_row_fails_by_its_own_reason():
    class NoShouting:
        identity = "no shouting"

        def embed(self, texts):
            if any(text.isupper() for text in texts):
                raise ValueError("too loud")
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    grader = load_grader(DOCUMENT | {"evaluation_metric": "cosine"}, embedder=NoShouting())
    scores = grader.score([{"answer": "a"}] * 3, ["a", "ABC", "a"])
    assert scores.values[[0, 2]].tolist() == [1.0, 1.0]
    (failure,) = scores.error_details.values()
    assert failure.reason == "embedding_failed"
    assert failure.detail == "cosine failed: ValueError: too loud"


def test_metrics_over_the_same_texts_are_computed_together_and_over_others_apart(monkeypatch):
    asked = []

    def noted(requests, hypotheses, references):
        asked.append((sorted(requests), hypotheses, references))
        return score_family(requests, hypotheses, references)

    monkeypatch.setattr("graders.scoring.text_similarity.score_family", noted)
    parts = {
        f"{metric}_{side}": DOCUMENT | {"evaluation_metric": metric, "reference": f"{{{{item.{side}}}}}"}
        for side in ("left", "right")
        for metric in ("bleu", "gleu", "rouge_l")
    }
    grader = load_grader({"type": "multi", "graders": parts, "calculate_output": " + ".join(parts)})
    items = [{"left": left, "right": right} for left, right in zip(REFERENCES, REFERENCES[::-1], strict=True)]
    scores = grader.score(items, HYPOTHESES)
    for name, document in parts.items():
        alone = load_grader(document).score(items, HYPOTHESES)
        assert scores.parts[name].values.tolist() == alone.values.tolist()
    requests = sorted([("bleu", None), ("gleu", None), ("rouge_l", None)])
    assert asked == [(requests, HYPOTHESES, REFERENCES), (requests, HYPOTHESES, REFERENCES[::-1])]


def test_an_embedder_is_not_asked_about_a_row_that_cannot_be_rendered():
    asked = []

    class Noting:
        identity = "noting"

        def embed(self, texts):
            asked.extend(texts)
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    grader = load_grader(DOCUMENT | {"evaluation_metric": "cosine"}, embedder=Noting())
    scores = grader.score([{"answer": "a"}, {}], ["bb", "secret"])
    assert np.isnan(scores.values).tolist() == [False, True]
    assert "secret" not in asked
    assert {"a", "bb"} <= set(asked)
