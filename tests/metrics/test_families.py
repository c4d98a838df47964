"""Variants, metrics computed together, and texts that a metric cannot see."""

import pickle
from importlib.metadata import version

import numpy as np
import pytest

from graders.metrics import METRICS, Variant, dropped_text, families, score_family

PAIRS = (
    ["The cats ran.", "", "a b c d e", "日本", "one\ntwo"],
    ["A cat runs", "x", "a b c d e", "日本", "one two"],
)
REQUESTS = [
    (name, variant)
    for name, metric in METRICS.items()
    for variant in (None, *metric.variants)
    if not metric.needs_embedder
]
VARIANTS = [request for request in REQUESTS if request[1]]


def test_metrics_together_give_what_each_gives_alone_in_the_order_of_the_requests():
    requests = [*REQUESTS[::-1], ("rouge_1", None), ("bleu", None)]
    together = score_family(requests, *PAIRS)
    alone = [METRICS[name].with_variant(variant).function(*PAIRS) for name, variant in requests]
    assert [column.tolist() for column in together] == [column.tolist() for column in alone]


def test_no_requests_give_nothing():
    assert score_family([], *PAIRS) == []


def test_a_family_over_no_rows_gives_empty_columns():
    assert [column.shape for column in score_family(REQUESTS, [], [])] == [(0,)] * len(REQUESTS)


@pytest.mark.parametrize("name", ["blue", "cosine"])
def test_a_name_that_cannot_be_computed_is_a_value_error_that_lists_the_names(name):
    with pytest.raises(ValueError, match=f"expected a metric of fuzzy_match, .*, rouge_l; got '{name}'"):
        score_family([(name, None)], *PAIRS)


def test_an_unknown_variant_is_a_value_error_that_names_the_valid_ones():
    with pytest.raises(ValueError, match="expected one of 'sacrebleu'; got 'stemmer'"):
        score_family([("bleu", "stemmer")], *PAIRS)
    with pytest.raises(ValueError, match="gleu has no variants; got 'stemmer'"):
        METRICS["gleu"].with_variant("stemmer")


def test_no_variant_is_the_metric_itself():
    assert METRICS["bleu"].with_variant(None) is METRICS["bleu"]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_variant_is_what_it_was_declared_to_be_and_has_no_further_ones(name, variant):
    declared, metric = METRICS[name].variants[variant], METRICS[name].with_variant(variant)
    actual = Variant(metric.definition, metric.symmetric, metric.identity_length, metric.library)
    assert (metric.variant, actual) == (variant, declared)
    assert metric.with_variant(variant) is metric.with_variant(None) is metric
    assert metric.variants == {}
    with pytest.raises(ValueError, match="has no variants; got 'other'"):
        metric.with_variant("other")


def test_metrics_that_share_work_are_computed_together(monkeypatch):
    asked = []

    def noted(function):
        def inner(hypotheses, references, names, **options):
            asked.append((function.__name__, names, options))
            return function(hypotheses, references, names, **options)

        return inner

    for function in (families.rouge_scores, families.hosted_scores):
        monkeypatch.setattr(families, function.__name__, noted(function))
    requests = [("bleu", None), ("rouge_2", "stemmer"), ("bleu", "sacrebleu"), ("rouge_1", None)]
    score_family([*requests, ("gleu", None), ("rouge_l", None), ("rouge_1", None)], *PAIRS)
    assert asked == [
        ("rouge_scores", ["rouge_2"], {"stemmer": True}),
        ("rouge_scores", ["rouge_1", "rouge_l"], {"stemmer": False}),
        ("hosted_scores", ["bleu", "gleu"], {}),
    ]


def test_signatures_of_variants_name_them_and_their_library():
    assert METRICS["bleu"].with_variant("sacrebleu").signature == (
        "bleu|variant:sacrebleu|tok:13a|case:mixed|smooth:exp|orders:4|effective:yes"
    )
    assert METRICS["rouge_2"].with_variant("stemmer").signature == (
        f"rouge_2|variant:stemmer|tok:ascii-alnum|stemmer:porter|score:f1|nltk:{version('nltk')}"
    )


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_variant_survives_pickling(name, variant):
    metric = METRICS[name].with_variant(variant)
    copy = pickle.loads(pickle.dumps(metric))
    assert copy == metric
    assert hash(copy) == hash(metric)
    assert copy.function(*PAIRS).tolist() == metric.function(*PAIRS).tolist()


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_identical_texts_of_a_variants_declared_length_score_exactly_one(name, variant):
    metric = METRICS[name].with_variant(variant)
    texts = [" ".join(f"hopes{at}" for at in range(length)) for length in range(metric.identity_length, 9)]
    assert metric.function(texts, texts).tolist() == [1.0] * len(texts)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_variant_is_symmetric_as_declared(name, variant):
    metric = METRICS[name].with_variant(variant)
    pair = ["the cats sat in the rain"], ["the cat sat in the rain and the wind"]
    assert (metric.function(*pair).item() == metric.function(*pair[::-1]).item()) is metric.symmetric


@pytest.mark.parametrize("name", [name for name in METRICS if name.startswith("rouge")])
def test_text_in_other_scripts_and_marks_are_dropped_under_rouge(name):
    texts = ["日本", "...", "a", "5", "", " \n", "K", "é", "ж a"]
    expected = [True, True, False, False, False, False, False, True, False]
    assert dropped_text(METRICS[name], texts, [""] * 9).tolist() == expected
    assert dropped_text(METRICS[name], ["a"] * 9, texts).tolist() == expected


@pytest.mark.parametrize("name", ["bleu", "gleu", "meteor", "fuzzy_match", "cosine"])
def test_other_metrics_drop_no_script(name):
    texts = ["日本", "...", "a", "", " "]
    assert not dropped_text(METRICS[name], texts, texts).any()


def test_a_text_of_skipped_marks_alone_is_dropped_where_the_tokeniser_removes_them():
    texts = ["<skipped>\n", "<skipped>", "-\n<skipped>", "a<skipped>", "-\n"]
    empty = [""] * len(texts)
    assert dropped_text(METRICS["bleu"], texts, empty).tolist() == [True, False, False, False, False]
    sacrebleu = METRICS["bleu"].with_variant("sacrebleu")
    assert dropped_text(sacrebleu, texts, empty).tolist() == [True, True, True, False, False]


def test_dropped_text_of_no_rows_is_empty():
    assert dropped_text(METRICS["rouge_l"], [], []).shape == (0,)


@pytest.mark.parametrize("name", METRICS)
def test_dropped_text_is_a_column_of_truths(name):
    assert dropped_text(METRICS[name], ["a", ""], ["", "b"]).dtype == np.bool_
