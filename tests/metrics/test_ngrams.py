"""Counts of common n-grams against a naive twin, also where hashing is made useless."""

import random
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.metrics import ngrams
from graders.metrics.blocks import CHARACTERS, PAIRS, blocks
from graders.metrics.ngrams import NO_KEY, common_ngrams
from graders.metrics.subsequences import subsequence_lengths

ORDERS = 5
SEQUENCES = st.lists(st.integers(0, 6), max_size=14)
PAIRS_OF_SEQUENCES = st.lists(st.tuples(SEQUENCES, SEQUENCES), min_size=1, max_size=8)


def naive_counts(pairs, order):
    def grams(tokens):
        return Counter(zip(*(tokens[at:] for at in range(order)), strict=False))

    return [(grams(left) & grams(right)).total() for left, right in pairs]


def naive_subsequence(left, right):
    row = [0] * (len(right) + 1)
    for token in left:
        above = row[:]
        for at, other in enumerate(right, 1):
            row[at] = above[at - 1] + 1 if token == other else max(above[at], row[at - 1])
    return row[-1]


def columns(pairs):
    texts = [left for left, _ in pairs] + [right for _, right in pairs]
    tokens = np.array([token for text in texts for token in text], dtype=np.uint64)
    offsets = np.cumsum([0, *map(len, texts)])
    # Two columns that only together tell tokens apart.
    return [np.append(tokens % 3, NO_KEY), np.append(tokens // 3, np.uint64(0))], offsets


def counted(pairs):
    return [common.counts.tolist() for common in islice(common_ngrams(*columns(pairs)), ORDERS)]


def subsequences(pairs):
    keys, offsets = columns(pairs)
    lengths = np.diff(offsets).reshape(2, -1) + 1
    begins = np.cumsum(lengths, axis=1) - lengths
    return subsequence_lengths(next(common_ngrams(keys, offsets)), *begins).tolist()


def expected_counts(pairs):
    return [naive_counts(pairs, order) for order in range(1, ORDERS + 1)]


def random_pairs(count, words, longest, seed=7):
    chance = random.Random(seed)

    def text():
        return chance.choices(range(words), k=chance.randint(0, longest))

    return [(text(), text()) for _ in range(count)]


@given(pairs=PAIRS_OF_SEQUENCES)
@settings(max_examples=300, deadline=None)
def test_counts_equal_those_of_counters(pairs):
    assert counted(pairs) == expected_counts(pairs)


@given(pairs=PAIRS_OF_SEQUENCES)
@settings(max_examples=200, deadline=None)
def test_subsequences_are_as_long_as_those_of_the_textbook(pairs):
    assert subsequences(pairs) == [naive_subsequence(*pair) for pair in pairs]


@pytest.mark.parametrize("rounds", [0, 1, 2, 7])
def test_counts_stay_when_the_hash_sets_nothing_apart(monkeypatch, rounds):
    # Rounds of a useless hash, so that keys are told apart later, or only by sorting.
    multipliers = ngrams._MULTIPLIERS.copy()
    multipliers[rounds if rounds < 7 else 8 :] = 0
    multipliers[:rounds] = 0 if rounds == 7 else multipliers[:rounds]
    monkeypatch.setattr(ngrams, "_MULTIPLIERS", multipliers)
    pairs = random_pairs(200, words=40, longest=60)
    assert counted(pairs) == expected_counts(pairs)


def test_sorting_is_the_last_resort_and_is_reached(monkeypatch):
    calls = []
    by_sorting = ngrams._equal_keys_by_sorting
    monkeypatch.setattr(
        ngrams, "_equal_keys_by_sorting", lambda *keys: calls.append(len(keys[0][0])) or by_sorting(*keys)
    )
    pairs = random_pairs(50, words=40, longest=60)
    assert counted(pairs) == expected_counts(pairs)
    assert calls == []
    monkeypatch.setattr(ngrams, "_MULTIPLIERS", np.zeros_like(ngrams._MULTIPLIERS))
    assert counted(pairs) == expected_counts(pairs)
    assert len(calls) >= 2


def test_tokens_of_neighbouring_texts_make_no_ngram():
    pairs = [([1], [1]), ([2], [2]), ([3], [3])]
    assert counted(pairs)[:2] == [[1, 1, 1], [0, 0, 0]]


def test_an_empty_hypothesis_matches_nothing_of_its_neighbours():
    pairs = [([], [1, 2]), ([1, 2], []), ([], []), ([1, 2], [1, 2]), ([], [1, 2])]
    assert counted(pairs)[0] == [0, 0, 0, 2, 0]


def test_counts_of_long_texts_equal_those_of_counters():
    pairs = random_pairs(4, words=3000, longest=60_000)
    assert counted(pairs) == expected_counts(pairs)


def test_subsequences_of_numbers_beyond_a_byte_and_across_the_surrogates_are_found():
    hypothesis = list(range(60_000))
    reference = hypothesis[250:300] + hypothesis[0xD7F0:0xE010] + [70_000, 5]
    assert subsequences([(hypothesis, reference), ([1, 2], [2, 1])]) == [50 + 0x820, 1]


@pytest.mark.parametrize("last", [255, 256, 257, 0xD7FF, 0xD800, 0xD801, 60_000])
def test_numbers_at_a_border_of_what_holds_them_stay_apart(last):
    # what does not fit would become an earlier number
    forwards = list(range(last + 1))
    backwards = [last, *forwards[1:-3], *forwards[-2:-4:-1], 0]
    assert subsequences([(forwards, backwards)]) == [len(forwards) - 3]


def test_subsequences_of_numbers_beyond_unicode_are_found():
    base = 0x110000
    ids = np.array([base, base + 1, base + 2])
    common = ngrams.CommonNgrams(ids, ids, np.arange(2), ids[[0, 2]], np.array([2]))
    assert subsequence_lengths(common, np.array([0]), np.array([0])).tolist() == [2]


def test_blocks_cover_all_rows_once_in_order():
    texts = ["word " * (row % 50) for row in range(3 * PAIRS + 17)]
    rows = [row for block in blocks(texts, texts) for row in range(block.start, block.stop)]
    assert rows == list(range(len(texts)))


def test_a_block_holds_few_characters_unless_one_row_has_more():
    texts = ["", "a" * (2 * CHARACTERS), "b", "c" * CHARACTERS, "d"]
    assert [(block.start, block.stop) for block in blocks(texts, [""] * 5)] == [
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 5),
    ]


def test_short_rows_are_many_to_a_block_and_both_columns_count():
    def spans(hypotheses, references):
        return [(block.start, block.stop) for block in blocks(hypotheses, references)]

    assert spans(["a"] * (2 * PAIRS + 1), ["b"] * (2 * PAIRS + 1)) == [
        (0, PAIRS), (PAIRS, 2 * PAIRS), (2 * PAIRS, 2 * PAIRS + 1)
    ]  # fmt: skip
    half = "a" * (CHARACTERS // 4)
    assert spans([half] * 5, [half] * 5) == [(0, 2), (2, 4), (4, 5)]
    assert spans([half] * 3, [""] * 3) == [(0, 3)]
    assert spans([""] * 5, [half + half] * 5) == [(0, 2), (2, 4), (4, 5)]


def test_no_rows_are_no_blocks():
    assert list(blocks([], [])) == []
