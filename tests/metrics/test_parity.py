"""Our batches against the reference libraries, row by row, on corrupted and on hostile texts."""

import random
from itertools import product

import numpy as np
import pytest

from graders.metrics import METRICS
from graders.metrics.oracles import ORACLES

REQUESTS = [pytest.param(*key, id="-".join(filter(None, key))) for key in ORACLES]
TOLERANCES = {("bleu", "sacrebleu"): 1e-12, ("meteor", None): 1e-12}
"""All others are equal to the last bit."""

EDGES = [
    "", " ", "\n", "\t", "\x00", "a", "a\x00", "\x00a", "a\x00b", "A", "a b", "a b a", "b a b a b",
    "ß", "İ", "İi", "K", "k", "Kelvin Kelvin", "ſ", "\ud800", "a\udfff", "\ud83d", "😀", "日本", "日本 日",
    "\u200b", "a\u200bb", "a\u00a0b", "a\u3000b", "a\u2028b", "a\x1cb", "a\x1eb", "a\x85b", "\x1e",
    "\x1e\x1e", "....", "a..5", "5..5", "5...5", ".5", "5.", "5.5", "a.5", "1,000.5", "a,b", "5-5", "5--5",
    "-5", "a-b",
    "-\n", "a-\nb", "a-\n", "<skipped>", "a <skipped> b", "-<skipped>\nb", "&amp;lt;", "&quot;x&quot;", "&",
    "&amp;", "\"'`", "don't", "word " * 9, "a" * 40, "a" * 39 + "b", "running runs ran", "ties",
    "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefgh abcdefghi",
]  # fmt: skip
ALPHABET = [
    *"aAbBzZ059.,-'\"!?&;<>/_ \t\n\r\x00\x1c\x1e\x85\xa0ßéİK\ud800\udfff\u2028\u200b\u3000日😀",
    *("&amp;", "&lt;", "<skipped>", "-\n", "word", "running", "5.5", "..", "12,000", "internationalisation"),
]


def corrupted_pairs(count, chance):
    """Make references of 5 to 120 words and corrupt them; a twentieth is exact, a tenth has an empty side."""
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(1, 12))) for _ in range(600)]
    for at in range(count):
        size = min(120, max(5, int(chance.lognormvariate(3, 0.8))))
        reference = [chance.choice(words) + chance.choice([""] * 9 + [",", "."]) for _ in range(size)]
        hypothesis = [chance.choice([word] * 8 + ["", chance.choice(words)]) for word in reference]
        kinds = {0: (reference, reference), 1: ([], reference), 11: (hypothesis, [])}
        yield tuple(" ".join(text) for text in kinds.get(at % 20, (hypothesis, reference)))


def hostile_pairs(count, chance):
    def text():
        return "".join(chance.choices(ALPHABET, k=chance.randint(0, 16)))

    for _ in range(count):
        reference = text()
        yield (text() if chance.random() < 0.7 else reference + text()), reference


@pytest.fixture(scope="module")
def pairs():
    chance = random.Random(1234)
    rows = [*corrupted_pairs(300, chance), *product(EDGES, repeat=2), *hostile_pairs(2500, chance)]
    return [pair[0] for pair in rows], [pair[1] for pair in rows]


@pytest.mark.parametrize(("name", "variant"), REQUESTS)
def test_scores_equal_those_of_the_reference_library(name, variant, pairs):
    actual = METRICS[name].with_variant(variant).function(*pairs)
    expected = ORACLES[name, variant](*pairs)
    assert expected.max() <= 1.0
    different = np.flatnonzero(~(np.abs(actual - expected) <= TOLERANCES.get((name, variant), 0)))
    assert [(pairs[0][row], pairs[1][row]) for row in different] == []


def test_every_metric_but_cosine_has_an_oracle_for_itself_and_its_variants():
    expected = {
        (name, variant)
        for name, metric in METRICS.items()
        for variant in (None, *metric.variants)
        if name != "cosine"
    }
    assert set(ORACLES) == expected
