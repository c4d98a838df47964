"""The hosted tokeniser: which branch a text takes, and that nothing is kept of what it has seen."""

import pytest

from graders.metrics import word_rules
from graders.metrics.tokens import hosted_tokens, international_tokens


@pytest.mark.parametrize("character", ["\n", "\t", "\x7f", "\x80", "\x9f", "\u0100", "—", "😀"])
def test_one_character_outside_printable_latin_1_switches_the_tokeniser(character):
    text = "It costs 5%." + character
    assert hosted_tokens("It costs 5%.") == ["It", "costs", "5", "%", "."]
    assert hosted_tokens(text) == international_tokens(text)
    assert "5%" in hosted_tokens(text)


@pytest.mark.parametrize("character", [" ", "~", "\xa0", "ÿ"])
def test_printable_latin_1_stays_with_word_tokenize(character):
    assert hosted_tokens("It costs 5%" + character)[:4][-2:] == ["5", "%"]


def test_an_empty_text_has_no_tokens():
    assert hosted_tokens("") == international_tokens("") == []


def test_entities_are_resolved_once():
    assert international_tokens("&amp;lt;b &lt;b\n") == ["&", "lt", ";", "b", "<", "b"]


def test_asking_about_unknown_words_does_not_grow_the_sentence_model():
    orthography = word_rules._sentence_tokenizer()._params.ortho_context
    before = len(orthography)
    hosted_tokens("etc. Xyzzyx vs. Qwxyzzy said J. Plughplugh. 18. Frobnicatrix left.")
    assert len(orthography) == before
