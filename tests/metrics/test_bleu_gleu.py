"""bleu and gleu beyond the laws: formulas against NLTK and sacrebleu, the tokeniser 13a, long texts."""

import random
from itertools import pairwise, product

import numpy as np
import pytest
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from nltk.translate.gleu_score import sentence_gleu
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from graders.metrics import bleu, fuzzy_match, gleu
from graders.metrics.mteval_tokens import mteval_tokens
from graders.metrics.token_scores import hosted_scores


def split_by_us(texts):
    tokens = mteval_tokens(texts)
    words = [
        word.replace(b"\xfe", b"\x00").decode("utf-8", "surrogatepass")
        for word in tokens.words(np.arange(len(tokens.starts)))
    ]
    borders = tokens.offsets.tolist()
    return [words[start:end] for start, end in pairwise(borders)]


def split_by_sacrebleu(texts):
    tokenizer = Tokenizer13a()
    return [tokenizer(text.rstrip()).split() for text in texts]


def test_every_short_string_of_marks_is_split_as_by_sacrebleu():
    texts = ["".join(text) for size in range(6) for text in product("a5.-,\n", repeat=size)]
    assert split_by_us(texts) == split_by_sacrebleu(texts)


def test_every_character_is_split_as_by_sacrebleu():
    characters = [chr(code) for code in (*range(0x250), *range(0x1680, 0x1690), *range(0x2000, 0x2070))]
    characters += [
        "\u3000",
        "\ufeff",
        "\ud800",
        "😀",
        "&amp;",
        "&lt;skipped>",
        "<skipped>",
        "-\n",
        "&amp;lt;",
    ]
    texts = [
        f"{before}{character}{after}"
        for character in characters
        for before in ("", "a", "5")
        for after in ("", "b", "6.")
    ]
    assert split_by_us(texts) == split_by_sacrebleu(texts)


@pytest.mark.parametrize(
    "text", ["a..5", "a\x1eb", "\x1e", "a<skipped>b c", "a-\nb c", "a&amp;b", "a\u3000b", "a\x00b"]
)
def test_what_has_a_rule_of_its_own_is_split_the_same_where_nothing_else_has(text):
    for texts in ([text], [text, "next"], ["before", text], ["before ", text, " "]):
        assert split_by_us(texts) == split_by_sacrebleu(texts)


def test_random_strings_are_split_as_by_sacrebleu():
    chance = random.Random(13)
    alphabet = [*"ab05.,-'&;<> \n\t\x1e\x00\xa0é日", "<skipped>", "&quot;", "-\n", "...", "word"]
    texts = ["".join(chance.choices(alphabet, k=chance.randint(0, 15))) for _ in range(20_000)]
    assert split_by_us(texts) == split_by_sacrebleu(texts)


def test_a_long_run_of_points_is_split_as_by_sacrebleu():
    texts = ["a" + "." * 999 + "5", "5" + "," * 1000 + "5", "." * 1001]
    assert split_by_us(texts) == split_by_sacrebleu(texts)


def test_bleu_and_gleu_equal_nltk_on_every_pair_of_short_token_lists():
    texts = [" ".join(words) for size in range(6) for words in product("ab", repeat=size)]
    pairs = list(product(texts, texts))
    hypotheses, references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    smoothing = SmoothingFunction().method4
    splits = [(hypothesis.split(), reference.split()) for hypothesis, reference in pairs]
    expected = [float(sentence_bleu([right], left, smoothing_function=smoothing)) for left, right in splits]
    assert bleu(hypotheses, references).tolist() == expected
    assert gleu(hypotheses, references).tolist() == [sentence_gleu([right], left) for left, right in splits]


def test_the_variant_equals_sacrebleu_on_every_pair_of_short_token_lists():
    texts = [" ".join(words) for size in range(6) for words in product("ab", repeat=size)]
    pairs = list(product(texts, texts))
    metric = BLEU(effective_order=True)
    expected = [metric.sentence_score(left, [right]).score / 100 for left, right in pairs]
    actual = bleu([pair[0] for pair in pairs], [pair[1] for pair in pairs], variant="sacrebleu")
    assert actual.tolist() == pytest.approx(expected, abs=1e-12, rel=0)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("the cat is on the mat", "the cat sat on the mat", 37.99178428257963),
        ("Tokyo is the capital of Japan.", "The capital of Japan is Tokyo.", 29.071536848410968),
        ("the the", "the cat", 49.99999999999999),
        ("a b c d e", "a b x d e f g", 20.252884954471366),
        ("hello world", "hello world", 100),
        ("Hello", "hello", 0),
        ("", "", 0),
    ],
)
def test_the_variant_gives_the_scores_of_sacrebleu(hypothesis, reference, expected):
    # Source: sacrebleu 2.6.0, `BLEU(effective_order=True).sentence_score(hypothesis, [reference]).score`.
    actual = bleu([hypothesis], [reference], variant="sacrebleu").item()
    assert actual == pytest.approx(expected / 100, abs=1e-12, rel=0)


def test_both_together_give_what_each_gives_alone():
    pairs = ["It is a guide.", "a", "", "one\ntwo three"], ["It is the guide", "a", "b", "one two\nthree"]
    together = hosted_scores(*pairs, ["gleu", "bleu"])
    assert together["bleu"].tolist() == bleu(*pairs).tolist()
    assert together["gleu"].tolist() == gleu(*pairs).tolist()


def test_another_name_is_a_value_error():
    with pytest.raises(ValueError, match="expected one of bleu, gleu, meteor; got 'rouge_1'"):
        hosted_scores(["a"], ["a"], ["rouge_1"])


def test_an_unknown_variant_is_a_value_error_that_names_the_valid_ones():
    with pytest.raises(ValueError, match="variant: expected one of 'sacrebleu'; got 'corpus'"):
        bleu(["a"], ["a"], variant="corpus")


def test_a_token_ending_in_nul_is_not_the_token_without():
    pairs = ["a", "a\x00", "\x00", "\x00" * 9], ["a\x00", "a\x00", "\x00\x00", "\x00" * 9]
    assert bleu(*pairs, variant="sacrebleu").tolist() == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("variant", [None, "sacrebleu"])
def test_tokens_of_10_000_characters_are_compared_whole(variant):
    token = "x" * 10_000
    assert bleu([token, token], [token, token + "y"], variant=variant).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("variant", [None, "sacrebleu"])
def test_texts_of_50_000_words_are_scored(variant):
    chance = random.Random(50)
    text = " ".join(f"w{int(chance.paretovariate(0.7)) % 5000}" for _ in range(50_000))
    other = text[: len(text) // 2]
    scores = bleu([text, other], [text, text], variant=variant)
    assert scores[0] == 1.0
    assert 0 < scores[1] < 1


def test_fuzzy_match_of_300_000_characters_ends_and_is_exact():
    assert fuzzy_match(["ab" * 150_000], ["bc" * 150_000]).item() == 0.5
