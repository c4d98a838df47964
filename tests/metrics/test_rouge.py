"""ROUGE on what only batches, long words and odd characters can get wrong."""

import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from nltk.stem.porter import PorterStemmer
from rapidfuzz.distance import LCSseq

from graders.metrics import METRICS, rouge_1, rouge_2, rouge_l
from graders.metrics.ascii_tokens import ascii_tokens
from graders.metrics.byte_tokens import WHOLE
from graders.metrics.oracles import ORACLES
from graders.metrics.rouge import rouge_n, rouge_scores
from graders.metrics.stems import Stems

NAMES = [name for name in METRICS if name.startswith("rouge")]


def words(text):
    return re.findall("[a-z0-9]+", text.lower())


def f1(common, left, right):
    precision, recall = common / max(left, 1), common / max(right, 1)
    return 2 * precision * recall / (precision + recall) if common else 0.0


def naive_rouge_n(hypothesis, reference, order):
    sides = [
        Counter(zip(*(tokens[at:] for at in range(order)), strict=False))
        for tokens in (words(hypothesis), words(reference))
    ]
    return f1((sides[0] & sides[1]).total(), sides[0].total(), sides[1].total())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat's 2 hats", [b"the", b"cat", b"s", b"2", b"hats"]),
        ("İstanbul", [b"i", b"stanbul"]),  # small in two characters, the second of which separates
        ("5K", [b"5k"]),  # the sign of Kelvin becomes a plain k
        ("aſb ßc \ud800d", [b"a", b"b", b"c", b"d"]),
        ("a\x00b\na\x1cb@`[{", [b"a", b"b", b"a", b"b"]),
        ("日本 …", []),
        ("", []),
    ],
)
def test_words_are_runs_of_small_ascii_letters_and_digits(text, expected):
    tokens = ascii_tokens(["x İ", text, "y"])
    assert tokens.words(np.arange(tokens.offsets[1], tokens.offsets[2])) == expected


@pytest.mark.parametrize("size", [1, 7, 8, 9, 15, 16, 17, 10_000])
def test_words_that_differ_in_the_last_letter_only_are_different(size):
    word = "a" * size
    hypotheses = [word, word, word + "a", word[:-1] + "b"]
    assert rouge_1(hypotheses, [word] * 4).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_scores_of_texts_of_50_000_words_equal_a_naive_count():
    chance = np.random.default_rng(3)
    texts = [
        " ".join(f"w{number}" for number in chance.zipf(1.3, 50_000) % 20_000),
        " ".join(f"w{number}" for number in chance.zipf(1.3, 50_000) % 20_000),
    ]
    scores = rouge_scores([texts[0], "a"], [texts[1], "a"], NAMES)
    for order in range(1, 6):
        assert scores[f"rouge_{order}"][0] == naive_rouge_n(*texts, order)
    common = LCSseq.similarity(words(texts[0]), words(texts[1]))
    assert scores["rouge_l"][0] == f1(common, 50_000, 50_000)


@pytest.mark.parametrize("stemmer", [False, True])
def test_several_metrics_together_give_what_each_gives_alone(stemmer):
    pairs = ["The running cats ran.", "a b c d e f", ""], ["A cat runs; cats ran", "a b c d e g", "x"]
    together = rouge_scores(*pairs, NAMES[::-1], stemmer=stemmer)
    assert list(together) == NAMES[::-1]
    for name in NAMES:
        alone = METRICS[name].function(*pairs, variant="stemmer" if stemmer else None)
        assert together[name].tolist() == alone.tolist()


def test_the_stemmer_is_the_variant_of_every_order_and_nothing_else():
    pairs = ["running cats were sleeping quietly today"], ["run cat were sleep quietli today"]
    for name in NAMES:
        plain, stemmed = (
            METRICS[name].function(*pairs).item(),
            METRICS[name].function(*pairs, variant="stemmer"),
        )
        assert (stemmed.item(), plain < 1.0) == (ORACLES[name, "stemmer"](*pairs).item(), True)
        assert stemmed.item() > plain
        assert rouge_scores(*pairs, [name])[name].item() == plain


def test_no_names_give_no_scores():
    assert rouge_scores(["a"], ["a"], []) == {}


def test_another_name_is_a_value_error_that_lists_the_names():
    with pytest.raises(ValueError, match=r"expected one of rouge_1, .*, rouge_l; got 'bleu'"):
        rouge_scores(["a"], ["a"], ["bleu"])


@pytest.mark.parametrize("order", [0, 10])
def test_an_order_outside_1_to_9_is_a_value_error(order):
    with pytest.raises(ValueError, match=r"expected 1\.\.9"):
        rouge_n(["a"], ["a"], order=order)


def test_order_nine_is_counted():
    text = "a b c d e f g h i"
    assert rouge_n([text, text[:-2]], [text, text], order=9).tolist() == [1.0, 0.0]


def test_the_stemmer_joins_forms_of_a_word_but_leaves_short_words():
    # Source: rouge-score, whose tokeniser stems words longer than three characters.
    pair = ["running cats its gas"], ["run cat it gas"]
    assert rouge_1(*pair).item() == 0.25
    assert rouge_1(*pair, variant="stemmer").item() == ORACLES["rouge_1", "stemmer"](*pair).item() == 0.75


def test_long_words_are_stemmed_too():
    texts = ["internationalizations", "counterrevolutionaries x" + "y" * 30 + "s"]
    others = ["internationalization", "counterrevolutionary x" + "y" * 30]
    for name in ("rouge_1", "rouge_2", "rouge_l"):
        actual = METRICS[name].with_variant("stemmer").function(texts, others)
        assert actual.tolist() == ORACLES[name, "stemmer"](texts, others).tolist()
    assert rouge_1(texts, others, variant="stemmer").tolist() == [1.0, 1.0]


def test_a_long_run_of_y_is_stemmed():
    word = "x" + "y" * 5000
    assert rouge_1([word + "ing"], [word + "ing " + word], variant="stemmer").item() == 1 / 1.5


def test_remembered_stems_are_bounded_and_do_not_show(monkeypatch):
    monkeypatch.setattr("graders.metrics.stems._WORDS", 10)
    stems = Stems()
    chance = np.random.default_rng(5)
    for _ in range(3):
        texts = [" ".join(f"hopping{number}s" for number in chance.integers(0, 300, 50)) for _ in range(20)]
        tokens = ascii_tokens(texts)
        first, second = stems.key_columns(tokens)
        kept = {}
        for row, word in enumerate(tokens.words(np.arange(len(tokens.starts)))):
            kept.setdefault((int(first[row]), int(second[row])), set()).add(stems._stem(word.decode()))
        assert all(len(forms) == 1 for forms in kept.values())
        assert len(kept) == len(set().union(*kept.values()))
        assert len(stems._known) <= 10


def test_threads_share_the_stems():
    texts = [[f"hopping{number % 700}s jumped" for number in range(start, start + 900)] for start in range(8)]
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda column: rouge_2(column, texts[0], variant="stemmer").tolist(), texts))
    assert scores == [rouge_2(column, texts[0], variant="stemmer").tolist() for column in texts]


@pytest.mark.parametrize("function", [rouge_1, rouge_l])
def test_an_unknown_variant_is_a_value_error_that_names_the_valid_ones(function):
    with pytest.raises(ValueError, match="variant: expected one of 'stemmer'; got 'sacrebleu'"):
        function(["a"], ["a"], variant="sacrebleu")


def test_words_that_share_a_place_in_the_memory_keep_their_own_stems():
    # Among 65,536 places some 200 of 5,000 words meet another one.
    chance, stemmer = random.Random(5), PorterStemmer()
    endings = ["ing", "ed", "s", "ational", "ness", ""]
    beginnings = {"".join(chance.choices("abcdelnorst", k=chance.randint(3, 9))) for _ in range(5000)}
    text = [beginning + chance.choice(endings) for beginning in sorted(beginnings)]
    stems = [stemmer.stem(word) if len(word) > 3 else word for word in text]
    memory = Stems()
    for _ in range(3):
        for asked, expected in ((text, stems), (text[::-1], stems[::-1])):
            actual = memory.key_columns(ascii_tokens([" ".join(asked)]))
            wanted = ascii_tokens([" ".join(expected)]).key_columns()
            assert [column.tolist() for column in actual] == [column.tolist() for column in wanted]


def test_what_was_stemmed_once_is_found_again():
    memory, asked = Stems(), []
    stem = memory._stem
    memory._stem = lambda word: asked.append(word) or stem(word)
    short = ["running", "jumped", "nationalities", "nationalized", "a" * (WHOLE - 3) + "ing"]
    tokens = ascii_tokens([" ".join([*short, "internationalizations"])])
    first = [column.tolist() for column in memory.key_columns(tokens)]
    assert asked == [*short, "internationalizations"]
    assert [column.tolist() for column in memory.key_columns(tokens)] == first
    assert len(asked) == 6
    memory._known.clear()  # the table stays, for words that are their own key
    assert [column.tolist() for column in memory.key_columns(tokens)] == first
    assert asked[6:] == ["internationalizations"]


@pytest.mark.parametrize("character", [chr(code) for code in range(0x80)])
def test_every_character_is_a_letter_or_not_as_for_rouge_score(character):
    texts, others = [f"a{character}b", f"{character} a", "b"], ["a b", f"a {character}", f"{character}b"]
    assert rouge_1(texts, others).tolist() == ORACLES["rouge_1", None](texts, others).tolist()
