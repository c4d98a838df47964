"""The embedder `lexical`: the same numbers on every machine, near where words are shared."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from graders.compile import compile_document
from graders.embedders.lexical import LexicalEmbedder
from graders.errors import ConfigError
from graders.metrics import cosine

COSINE = {"type": "text_similarity", "input": "a", "reference": "b", "evaluation_metric": "cosine"}
KNOWN = "The capital of France is Paris; c'est la vérité — 巴黎!"
KNOWN_SHA256 = "a5399a2c1d1cda33e51c125f3b66b14979bd5e2d2148af607f4df1468e111f34"


def similarity(one, other):
    return cosine([one], [other], embed=LexicalEmbedder().embed).item()


def digest(vectors):
    return hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest()


def test_its_vectors_are_these_to_the_last_bit():
    vectors = LexicalEmbedder().embed([KNOWN, "a", " "])
    assert digest(vectors[:1]) == KNOWN_SHA256
    word, letters = 1 / np.sqrt(1 + 1), 1 / np.sqrt(3) / np.sqrt(1 + 1)
    assert sorted(np.abs(vectors[1][vectors[1] != 0]).tolist()) == pytest.approx([letters] * 3 + [word])
    assert np.flatnonzero(vectors[2]).size == 1


def test_hash_seeds_do_not_matter():
    program = (
        "import hashlib; from graders.embedders.lexical import LexicalEmbedder as E\n"
        f"print(hashlib.sha256(E().embed([{KNOWN!r}]).astype('<f4').tobytes()).hexdigest())"
    )
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == digest(LexicalEmbedder().embed([KNOWN]))


def test_vectors_have_length_one():
    vectors = LexicalEmbedder().embed([KNOWN, "a", " ", "x " * 10_000])
    assert np.linalg.norm(vectors.astype(np.float64), axis=1) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other"), [("PARIS", "paris"), ("ﬁne", "fine"), ("a  b", "a b"), ("Straße", "STRASSE")]
)
def test_case_width_and_white_space_do_not_count(one, other):
    assert similarity(one, other) == 1.0


@pytest.mark.parametrize(
    ("text", "nearer", "farther"),
    [
        ("the cat sat on the mat", "the cat sat on a mat", "dogs bark at night"),
        ("internationalisation", "internationalization", "cooking"),
        ("man bites dog", "man bites dog!", "dog bites man"),
        ("我喜欢北京烤鸭", "我喜欢烤鸭", "今天天气很好"),
    ],
)
def test_texts_are_near_that_share_words_parts_of_words_and_order(text, nearer, farther):
    assert similarity(text, nearer) > similarity(text, farther) + 0.09


def test_a_word_that_comes_often_counts_by_the_root():
    once, often = similarity("red blue", "red"), similarity("red blue" + " red" * 8, "red")
    assert once < often < 1.0


@pytest.mark.parametrize("words", ["lexical:big", "lexical@http://h/v1"])
def test_it_has_no_model_and_no_address(words):
    with pytest.raises(ConfigError, match="expected lexical, without a model or an address"):
        compile_document(COSINE, embedder=words)
