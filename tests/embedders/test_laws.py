"""What holds for every embedder that is shipped, and for what wraps them."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import load_grader
from graders.cache import Cache
from graders.embedders.cached import CachedEmbedder
from graders.embedders.lexical import LexicalEmbedder
from graders.embedders.memory import Memory
from graders.embedders.wordllama import WordLlamaEmbedder
from graders.errors import EmbeddingError

MAKERS = {
    "lexical": LexicalEmbedder,
    "wordllama": WordLlamaEmbedder,
    "cached": lambda: CachedEmbedder(LexicalEmbedder(), Cache.forgetful()),
}
TEXTS = ["Paris", "The capital is Paris.", " ", "\n", "巴黎", "a\ud800b", "\x00", "Paris " * 500, "🙂"]
COSINE = {"type": "text_similarity", "input": "{{sample.output_text}}", "reference": "{{item.a}}"}
COSINE["evaluation_metric"] = "cosine"


class Counting:
    """Embeds a text as its length and counts its calls."""

    def __init__(self, identity="counting", extra=()):
        self.identity, self.calls, self.extra = identity, [], list(extra)

    def embed(self, texts):
        self.calls.append(list(texts))
        return np.array([[len(text), 1, *self.extra] for text in texts], np.float32)


@pytest.fixture(scope="module", params=MAKERS)
def embedder(request):
    return MAKERS[request.param]()


def test_it_gives_finite_float32_of_one_length(embedder):
    vectors = embedder.embed(TEXTS)
    assert (vectors.dtype, len(vectors), vectors.ndim) == (np.float32, len(TEXTS), 2)
    assert np.isfinite(vectors).all()
    assert (np.abs(vectors).max(axis=1) > 0).all()


def test_no_texts_give_no_vectors(embedder):
    assert len(embedder.embed([])) == 0


@given(order=st.permutations(range(len(TEXTS))))
def test_the_order_of_the_texts_is_the_order_of_the_vectors(embedder, order):
    vectors = embedder.embed(TEXTS)
    assert (embedder.embed([TEXTS[at] for at in order]) == vectors[list(order)]).all()


def test_a_text_has_its_vector_whatever_stands_beside_it(embedder):
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert (alone == embedder.embed(TEXTS)).all()


def test_it_gives_the_same_in_a_copy_of_itself(embedder):
    again = pickle.loads(pickle.dumps(embedder))
    assert again.identity == embedder.identity
    assert (again.embed(TEXTS) == embedder.embed(TEXTS)).all()


def test_identical_texts_score_one_and_every_score_lies_between_0_and_1(embedder):
    grader = load_grader(COSINE, embedder=embedder)
    items = [{"a": text} for text in TEXTS]
    assert (grader.score(items, TEXTS).values == 1.0).all()
    scores = grader.score(items, TEXTS[::-1]).values
    assert ((scores >= 0) & (scores <= 1)).all()


def test_what_is_in_the_cache_is_not_asked_for():
    counting, cache = Counting(), Cache.forgetful()
    first = CachedEmbedder(counting, cache).embed(["a", "bb", "a"])
    second = CachedEmbedder(counting, cache).embed(["bb", "ccc", "a"])
    assert first.tolist() == [[1, 1], [2, 1], [1, 1]]
    assert second.tolist() == [[2, 1], [3, 1], [1, 1]]
    assert counting.calls == [["a", "bb"], ["ccc"]]


def test_another_identity_finds_nothing():
    cache = Cache.forgetful()
    one, other = Counting("one"), Counting("other")
    for counting in (one, other):
        CachedEmbedder(counting, cache).embed(["a"])
    assert (one.calls, other.calls) == ([["a"]], [["a"]])


def test_identity_and_text_are_kept_apart():
    cache = Cache.forgetful()
    one, other = Counting("ab"), Counting("a")
    CachedEmbedder(one, cache).embed(["c"])
    CachedEmbedder(other, cache).embed(["bc"])
    assert other.calls == [["bc"]]


def test_the_cache_holds_float32_in_little_endian_order():
    class Kept(Cache):
        def put_many(self, namespace, values):
            self.seen = (namespace, list(values.values()))

    cache = Kept.forgetful()
    CachedEmbedder(Counting(), cache).embed(["abc"])
    assert cache.seen == ("embedding", [b"\x00\x00\x40\x40\x00\x00\x80\x3f"])


def test_vectors_of_another_length_than_those_in_the_cache_fail():
    cache = Cache.forgetful()
    CachedEmbedder(Counting(), cache).embed(["a"])
    with pytest.raises(ValueError, match="vectors of other lengths than those in the cache"):
        CachedEmbedder(Counting(extra=[0]), cache).embed(["a", "b"])


def test_what_an_embedder_answers_wrongly_is_not_kept():
    class Wrong(Counting):
        def embed(self, texts):
            return np.full((len(texts), 2), np.nan)

    cache = Cache.forgetful()
    with pytest.raises(ValueError, match="expected finite numbers"):
        CachedEmbedder(Wrong(), cache).embed(["a"])
    assert cache.info()["embedding"].entries == 0


def test_a_grader_asks_for_every_distinct_text_once_over_all_its_blocks(tmp_path):
    counting = Counting()
    two = [COSINE | {"name": "one"}, COSINE | {"name": "two"}]
    grader = load_grader(two, embedder=counting, cache=tmp_path)
    for _ in range(2):
        grader.score([{"a": "x"}, {"a": "yy"}, {"a": "x"}], ["yy", "x", ""])
    assert counting.calls == [["yy", "x"]]
    again = Counting()
    load_grader(COSINE, embedder=again, cache=Cache(tmp_path)).score([{"a": "x"}], ["yy"])
    assert again.calls == []


class Failing(Counting):
    """Fails where it is asked for one of some texts."""

    def __init__(self, bad, error=RuntimeError):
        super().__init__()
        self.bad, self.error = set(bad), error

    def embed(self, texts):
        vectors = super().embed(texts)
        if self.bad & set(texts):
            raise self.error("cannot embed")
        return vectors


@given(bad=st.sets(st.integers(0, 99), max_size=4))
def test_texts_that_cannot_be_embedded_are_found_in_few_calls(bad):
    texts = [f"text {number}" for number in range(100)]
    failing = Failing({texts[number] for number in bad})
    items, samples = [{"a": text} for text in texts], ["same"] * 100
    scores = load_grader(COSINE, embedder=failing).score(items, samples)
    assert set(np.flatnonzero(np.isnan(scores.values)).tolist()) == bad
    assert len(failing.calls) <= 1 + 16 * len(bad)


def test_an_embedder_that_always_fails_is_not_called_for_every_text():
    texts = [f"text {number}" for number in range(1000)]
    failing = Failing(texts)
    scores = load_grader(COSINE, embedder=failing).score([{"a": text} for text in texts], texts)
    assert np.isnan(scores.values).all()
    assert len(failing.calls) <= 24
    (error,) = scores.row_errors(999)
    assert "gave up after 24 calls in vain: RuntimeError: cannot embed" in error.detail


def test_an_embedder_that_says_that_it_is_down_is_called_once():
    failing = Failing(["x"], EmbeddingError)
    scores = load_grader(COSINE, embedder=failing).score([{"a": "a"}, {"a": "b"}], ["x", "y"])
    assert np.isnan(scores.values).all()
    assert len(failing.calls) == 1


def test_a_memory_asks_for_a_text_once_whether_it_failed_or_not():
    failing = Failing(["bad"])
    memory = Memory(failing)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            memory.embed(["a", "bad"])
        assert memory.embed(["a"]).tolist() == [[1, 1]]
    assert failing.calls == [["a", "bad"], ["a"], ["bad"]]


def test_vectors_of_different_lengths_fail_the_rows_that_need_both():
    class Ragged(Counting):
        def embed(self, texts):
            return np.ones((len(texts), 2 + len(self.calls)), np.float32) * (self.calls.append(texts) is None)

    memory = Memory(Ragged())
    memory.embed(["a"])
    memory.embed(["b"])
    with pytest.raises(ValueError, match="vectors of different lengths"):
        memory.embed(["a", "b"])
