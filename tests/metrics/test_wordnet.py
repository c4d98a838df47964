"""Synonyms from the shipped WordNet."""

import dataclasses

import pytest

from graders.metrics.wordnet import load_wordnet


def names(word: str) -> set[str]:
    return {lemma.name() for synset in load_wordnet().synsets(word) for lemma in synset.lemmas()}


@pytest.mark.parametrize(
    ("word", "synonym"),
    [
        ("car", "automobile"),
        ("cars", "auto"),
        ("CAR", "auto"),
        ("geese", "goose"),
        ("went", "go"),
        ("better", "good"),
        ("quickly", "rapidly"),
        ("ice_cream", "icecream"),
        ("ice_creams", "icecream"),
        ("paris", "Paris"),
    ],
)
def test_a_word_leads_to_its_synonyms_through_its_base_forms(word, synonym):
    assert synonym in names(word)


@pytest.mark.parametrize("word", ["", "s", "ing", "xyzzy", "ed", "日本", "not a lemma"])
def test_an_unknown_word_is_no_error(word):
    assert isinstance(load_wordnet().synsets(word), list)


def test_a_listed_exception_keeps_the_suffix_rules_out():
    # "axes" is listed for axis and ax; the rule "es" of verbs still finds the verb axe.
    assert {"axis", "ax"} <= names("axes")


def test_synonyms_are_single_words_in_small_letters_other_than_the_word():
    assert {"City_of_Light", "Paris", "genus_Paris"} <= names("paris")
    assert load_wordnet().synonyms("paris") == frozenset()
    assert {"car", "auto", "railcar", "railroad_car"} <= names("car")
    synonyms = load_wordnet().synonyms("car")
    assert {"auto", "railcar"} <= synonyms
    assert synonyms & {"car", "railroad_car"} == set()


def test_what_is_loaded_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_wordnet().parts = ()
