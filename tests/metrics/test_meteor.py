"""METEOR against NLTK's own function with the same tokens and synonyms, and its traps."""

import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score

from graders.metrics import meteor, oracles
from graders.metrics.meteor import stem_of
from graders.metrics.tokens import hosted_tokens
from graders.metrics.word_matches import Vocabulary, count_matches
from graders.metrics.wordnet import WordNet, load_wordnet

WORDS = """
the The a cat cats car cars automobile auto run runs running ran quick quickly fast fasting . , big large
generous generously universal university flies fly died die U.S. don't 2.5 naïve İ ß 日本 \n
"""
TEXTS = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=25).map(" ".join)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=5)


def scores(pairs):
    return meteor([pair[0] for pair in pairs], [pair[1] for pair in pairs]).tolist()


def nltk_scores(pairs):
    tokens = [(hosted_tokens(reference), hosted_tokens(hypothesis)) for hypothesis, reference in pairs]
    return [meteor_score([reference], hypothesis, wordnet=load_wordnet()) for reference, hypothesis in tokens]


@given(pairs=PAIRS)
def test_scores_are_those_of_nltk_to_the_last_bit(pairs):
    assert scores(pairs) == nltk_scores(pairs)


def test_scores_of_hostile_texts_are_those_of_nltk_to_the_last_bit(hostile_texts):
    pairs = list(zip(hostile_texts(1, 1_500), hostile_texts(2, 1_500), strict=True))
    assert scores(pairs) == nltk_scores(pairs)


def test_scores_of_corrupted_texts_are_those_of_nltk_to_the_last_bit():
    chance = random.Random(4)
    vocabulary = [name for part in load_wordnet().parts for name in list(part.positions)[::400]]
    pairs = []
    for _ in range(300):
        words = chance.choices(vocabulary[: chance.randrange(1, 200)], k=chance.randrange(60))
        others = [word + chance.choice(["", "", "s", "ing", "x"]) for word in words]
        start, stop = sorted((chance.randrange(60), chance.randrange(60)))
        others[start:stop] = others[start:stop][::-1]
        pairs.append((" ".join(others), " ".join(words)))
    assert scores(pairs) == nltk_scores(pairs)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("a b", "a x a b", (2, 1)),  # the last free `a`, next to `b`
        ("a b a", "a b", (2, 2)),  # read from the right: the second `a` takes the only one
        ("cats", "cat", (1, 1)),
        ("auto", "car", (1, 1)),
        ("automobile", "car", (0, 0)),  # its stem is in no dictionary
        ("a b c", "a b c", (3, 1)),
        ("a c b", "a b c", (3, 3)),
        ("", "a", (0, 0)),
        ("", "", (0, 0)),
    ],
)
def test_words_match_from_right_to_left_by_form_stem_and_synonym(hypothesis, reference, expected):
    vocabulary = Vocabulary(PorterStemmer().stem, load_wordnet().synonyms)
    assert count_matches(hypothesis.split(), reference.split(), vocabulary) == expected


def test_the_synonym_that_stands_last_in_the_reference_is_taken():
    vocabulary = Vocabulary(str, lambda word: frozenset({"x", "y"}) if word == "w" else frozenset())
    assert count_matches(["a", "w"], ["y", "a", "x"], vocabulary) == (2, 1)
    assert count_matches(["a", "w"], ["x", "a", "y"], vocabulary) == (2, 1)


@pytest.mark.parametrize("before", ["", "b", "a", "xyb", "ay"])
@pytest.mark.parametrize(
    "after", ["", "s", "ed", "ing", "ly", "ness", "ational", "e", "ied", "bly", "a" + "y" * 21]
)
def test_stems_of_words_with_long_runs_of_y_are_those_of_nltk(before, after):
    stem = PorterStemmer().stem
    words = [before + "y" * length + after for length in range(1, 60)]
    assert [stem_of(word, stem) for word in words] == [stem(word) for word in words]


@pytest.mark.parametrize("length", [3_000, 3_001, 100_000])
def test_a_very_long_run_of_y_has_a_score(length):
    # NLTK 3.9.1 raises RecursionError; the expected stem is that of NLTK 3.10.
    run = "y" * length
    assert stem_of(run, PorterStemmer().stem) == ("y" * (length - 1) + "i" if length % 2 == 0 else run)
    assert meteor([run + "s", run], [run, "car"]).tolist() == [0.5, 0.0]


def test_no_stemmer_is_asked_for_a_long_run_of_y():
    def stem(word):
        assert len(word) < 50
        return PorterStemmer().stem(word)

    assert stem_of("y" * 5_001 + "s", stem) == "y" * 5_001
    assert stem_of("y" * 5_000 + "ing", stem) == "y" * 4_999 + "i"


def test_the_oracle_takes_the_wordnet_that_it_is_given():
    pair = ["a fast auto"], ["a quick car"]
    assert oracles.meteor(*pair).item() == meteor(*pair).item()
    assert oracles.meteor(*pair, wordnet=WordNet(())).item() < meteor(*pair).item()


def test_what_is_remembered_of_words_is_bounded(monkeypatch):
    monkeypatch.setattr("graders.metrics.word_matches._MOST_WORDS", 10)
    asked = []
    vocabulary = Vocabulary(lambda word: asked.append(word) or word[:1], lambda word: frozenset({word}))
    words = [f"w{at}" for at in range(25)] + ["long" * 100] * 2
    assert [vocabulary.stem(word) for word in words] == [word[:1] for word in words]
    assert [vocabulary.stem("w24"), len(asked)] == ["w", 27]
    assert len(vocabulary._stems) == 5


def test_an_empty_text_scores_zero_and_an_empty_batch_has_no_scores():
    assert meteor(["", "a", ""], ["a", "", ""]).tolist() == [0.0, 0.0, 0.0]
    assert meteor([], []).dtype == np.float64


def test_texts_of_50000_words_take_seconds():
    chance = random.Random(3)
    words = [f"word{at % 20_000}s" for at in range(50_000)]
    others = [
        chance.choice(["car", "auto", "x", "word7"]) if chance.random() < 0.3 else word for word in words
    ]
    chance.shuffle(others)
    started = time.process_time()
    meteor([" ".join(words), "car " * 50_000], [" ".join(others), "auto x " * 25_000])
    assert time.process_time() - started < 20
