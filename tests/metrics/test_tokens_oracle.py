"""The hosted tokeniser against NLTK 3.9.1 itself, in the interpreter that GRADERS_NLTK391_PYTHON names.

`tools/oracles.sh` makes that interpreter.
"""

import json
import os
import subprocess
from itertools import pairwise, product
from pathlib import Path

import pytest

from graders.metrics.hosted_tokenizer import HostedTokenizer
from graders.metrics.tokens import hosted_tokens

pytestmark = pytest.mark.outside


def nltk391_tokens(texts: list[str]) -> list[list[str]]:
    script = Path(__file__).with_name("nltk391_tokens.py")
    finished = subprocess.run(
        [os.environ["GRADERS_NLTK391_PYTHON"], script],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


def batch_tokens(texts: list[str]) -> list[list[str]]:
    columns = HostedTokenizer().tokens(texts)
    words = [columns.words[word] for word in columns.ids.tolist()]
    return [words[start:stop] for start, stop in pairwise(columns.offsets.tolist())]


def texts_that_differ(texts: list[str]) -> list[str]:
    each = zip(texts, map(hosted_tokens, texts), batch_tokens(texts), nltk391_tokens(texts), strict=True)
    return [text for text, alone, batched, theirs in each if not alone == batched == theirs]


def test_every_single_latin_character_and_pair_of_marks_is_split_as_by_nltk_391():
    marks = [".", "!", "?", "'", '"', "''", "``", "»", "«", ")", "(", ",", ":", "-", "--", "..", "²", "½"]
    words = ["a", "A", "1", "é", ""]
    texts = [chr(code) for code in range(0x250)]
    texts += [
        f"{word}{mark}{blank}{other}{end}"
        for word in words
        for mark in marks
        for blank in ("", " ")
        for other in marks + words
        for end in ("", " b", "b.")
    ]
    assert texts_that_differ(texts) == []


def test_hostile_texts_are_split_as_by_nltk_391(hostile_texts):
    assert texts_that_differ(hostile_texts(391, 30_000)) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_many_hostile_texts_are_split_as_by_nltk_391(hostile_texts, seed):
    assert texts_that_differ(hostile_texts(seed, 30_000)) == []


@pytest.mark.soak
@pytest.mark.parametrize("first", ["a", "A", ".", "!", "'", '"', ")", "-", " ", "1", ",", "»", "\xa0"])
def test_every_short_text_of_telling_characters_is_split_as_by_nltk_391(first):
    texts = [first + "".join(rest) for rest in product("aA.!'\")- 1,»\xa0", repeat=4)]
    assert texts_that_differ(texts) == []
