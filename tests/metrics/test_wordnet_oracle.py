"""The WordNet table against NLTK's reader on the real files, in the folder that GRADERS_WORDNET_DIR names.

`tools/oracles.sh` makes that folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import nltk
import pytest
from nltk.corpus.reader.wordnet import WordNetCorpusReader

from graders.metrics.wordnet import load_wordnet

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(os.environ["GRADERS_WORDNET_DIR"])


@pytest.fixture(scope="module")
def reader(folder: Path) -> Iterator[WordNetCorpusReader]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nltk.data, "path", [str(folder.parent.parent)])
        yield WordNetCorpusReader(nltk.data.find("corpora/wordnet"), None)


def names_of_synsets(wordnet, word: str) -> set[tuple[str, ...]]:
    return {tuple(lemma.name() for lemma in synset.lemmas()) for synset in wordnet.synsets(word)}


def words_that_differ(reader: WordNetCorpusReader, words: set[str]) -> list[str]:
    ours = load_wordnet()
    return [word for word in words if names_of_synsets(ours, word) != names_of_synsets(reader, word)]


def test_every_lemma_leads_to_the_synsets_that_nltk_finds(reader):
    lemmas = set(reader.all_lemma_names())
    assert len(lemmas) > 147_000
    assert words_that_differ(reader, lemmas) == []


def test_every_exception_form_leads_to_the_synsets_that_nltk_finds(reader, folder):
    forms = {line.split()[0] for path in folder.glob("*.exc") for line in path.read_text().splitlines()}
    assert len(forms) > 5_000
    assert words_that_differ(reader, forms) == []


def test_inflections_and_stems_lead_to_the_synsets_that_nltk_finds(reader):
    stem = nltk.PorterStemmer().stem
    lemmas = sorted(set(reader.all_lemma_names()))[::5]
    endings = ("s", "es", "ses", "ches", "men", "ies", "ed", "ing", "er", "est", "'s", "X")
    words = {lemma + endings[at % len(endings)] for at, lemma in enumerate(lemmas)}
    words |= {word.upper() for word in lemmas[::7]} | {stem(lemma) for lemma in lemmas}
    assert words_that_differ(reader, words) == []
