"""What holds for every metric of the table, on texts that hypothesis makes up."""

import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.metrics import METRICS

NAMES = list(METRICS)
SYMMETRIC = [name for name in NAMES if METRICS[name].symmetric]
WITH_IDENTITY = [name for name in NAMES if METRICS[name].identity_length is not None]

WORDS = [
    "the",
    "cat",
    "cats",
    "car",
    "automobile",
    "The",
    "U.S.",
    "don't",
    "2.5",
    "naïve",
    "日本",
    "'x",
    "..",
    "\n",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.text(max_size=30),
    st.text(alphabet="aB1 .'\"»²\t\x00\x1c\x85\xa0\u2028\ud800\u017f\u212a", max_size=20),
)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=6)
PLAIN_TEXTS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat"]), max_size=12)

quick = settings(max_examples=60, deadline=None)


def letter_counts(texts):
    """Embed by letter counts; the text `zero` has no direction."""
    counts = [[text.count(letter) for letter in "aeiou1"] + [len(text)] for text in texts]
    embeddings = np.array(counts, dtype=np.float32)
    embeddings[[text == "zero" for text in texts]] = 0
    return embeddings


def scores(name, pairs):
    metric = METRICS[name]
    extra = {"embed": letter_counts} if metric.needs_embedder else {}
    hypotheses, references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return metric.function(hypotheses, references, **extra)


@pytest.mark.parametrize("name", NAMES)
@given(pairs=PAIRS)
@quick
def test_scores_are_float64_one_a_row_and_lie_in_0_to_1(name, pairs):
    actual = scores(name, pairs)
    assert actual.dtype == np.float64
    assert actual.shape == (len(pairs),)
    assert ((actual >= 0) & (actual <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
@given(pairs=PAIRS)
@quick
def test_a_score_depends_on_its_own_row_only(name, pairs):
    alone = [scores(name, [pair]).item() for pair in pairs]
    assert scores(name, pairs).tolist() == alone


@pytest.mark.parametrize("name", NAMES)
@given(pairs=PAIRS, data=st.data())
@quick
def test_permuting_rows_permutes_scores(name, pairs, data):
    order = data.draw(st.permutations(range(len(pairs))))
    actual = scores(name, [pairs[at] for at in order])
    assert actual.tolist() == scores(name, pairs)[order].tolist()


@pytest.mark.parametrize("name", NAMES)
@given(pairs=PAIRS, data=st.data())
@quick
def test_scoring_two_parts_equals_scoring_the_whole(name, pairs, data):
    cut = data.draw(st.integers(0, len(pairs)))
    actual = np.concatenate([scores(name, pairs[:cut]), scores(name, pairs[cut:])])
    assert actual.tolist() == scores(name, pairs).tolist()


@pytest.mark.parametrize("name", SYMMETRIC)
@given(pairs=PAIRS)
@quick
def test_a_metric_declared_symmetric_is_so_to_the_last_bit(name, pairs):
    swapped = [(reference, hypothesis) for hypothesis, reference in pairs]
    assert scores(name, swapped).tolist() == scores(name, pairs).tolist()


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(SYMMETRIC)))
def test_a_metric_declared_not_symmetric_has_a_counterexample(name):
    pair = ("the cat", "the cat sat on the mat")
    assert scores(name, [pair]) != scores(name, [pair[::-1]])


@pytest.mark.parametrize("name", WITH_IDENTITY)
@given(words=PLAIN_TEXTS)
@quick
def test_identical_texts_of_the_declared_length_score_exactly_one(name, words):
    text = " ".join(words)
    if len(words) >= METRICS[name].identity_length:
        assert scores(name, [(text, text)]).tolist() == [1.0]


@pytest.mark.parametrize("name", [name for name in WITH_IDENTITY if METRICS[name].identity_length])
def test_one_word_less_than_the_declared_length_is_too_short(name):
    text = " ".join(["cat"] * (METRICS[name].identity_length - 1))
    assert scores(name, [(text, text)]).item() < 1.0


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITH_IDENTITY)))
@given(words=PLAIN_TEXTS)
@quick
def test_identical_texts_never_score_one_where_no_length_suffices(name, words):
    text = " ".join(words)
    assert scores(name, [(text, text)]).item() < 1.0


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_gives_no_scores(name):
    actual = scores(name, [])
    assert (actual.shape, actual.dtype) == ((0,), np.float64)


@pytest.mark.parametrize("name", NAMES)
def test_columns_may_be_tuples_or_arrays(name):
    metric = METRICS[name]
    extra = {"embed": letter_counts} if metric.needs_embedder else {}
    expected = scores(name, [("a cat", "a car"), ("", "x")]).tolist()
    for column in (tuple, np.array):
        hypotheses, references = column(["a cat", ""]), column(["a car", "x"])
        assert metric.function(hypotheses, references, **extra).tolist() == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [None, 1, b"abc", ["abc"], float("nan")], ids=repr)
@pytest.mark.parametrize("side", [0, 1])
def test_a_text_that_is_not_a_string_is_a_type_error(name, wrong, side):
    pair = ["abc", "abc"]
    pair[side] = wrong
    with pytest.raises(TypeError, match="expected a string; got "):
        scores(name, [("a", "b"), tuple(pair)])


@pytest.mark.parametrize("name", NAMES)
def test_columns_of_different_lengths_are_a_value_error(name):
    extra = {"embed": letter_counts} if METRICS[name].needs_embedder else {}
    with pytest.raises(ValueError, match="differ in length: 2 and 1"):
        METRICS[name].function(["a", "b"], ["a"], **extra)


@pytest.mark.parametrize("name", NAMES)
def test_one_string_is_not_a_column(name):
    extra = {"embed": letter_counts} if METRICS[name].needs_embedder else {}
    with pytest.raises(TypeError, match="got one string"):
        METRICS[name].function("ab", ["a", "b"], **extra)


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_survives_pickling(name):
    copy = pickle.loads(pickle.dumps(METRICS[name]))
    assert copy == METRICS[name]
    assert copy.function is METRICS[name].function


@pytest.mark.parametrize("name", NAMES)
def test_every_pair_of_edge_texts_is_scored(name):
    edges = [
        "",
        " ",
        "\n",
        "\x00",
        "a",
        "a\x00",
        "A",
        "ß",
        "İ",
        "K",
        "\ud800",
        "😀",
        "\u200b",
        "." * 50,
        "a" * 3000,
    ]
    edges += ["'" * 50, '"', "--", "' '", "y" * 900, "1.", "&amp;lt;", "a\u2028b", "\x85", "'s", "<skipped>"]
    actual = scores(name, list(product(edges, repeat=2)))
    assert ((actual >= 0) & (actual <= 1)).all()


@pytest.mark.parametrize("name", [name for name in METRICS if name != "cosine"])
def test_what_is_no_text_is_named_by_its_column_and_row(name):
    function = METRICS[name].function
    with pytest.raises(TypeError, match=r"^hypotheses\[1\]: expected a string; got int$"):
        function(["a", 1], ["a", "b"])
    with pytest.raises(TypeError, match=r"^references\[0\]: expected a string; got NoneType$"):
        function(["a", "b"], [None, "b"])
