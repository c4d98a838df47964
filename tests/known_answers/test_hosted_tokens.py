"""Tokens that NLTK 3.9.1 itself gives, so that a newer NLTK whose rules moved is noticed at once.

Source: nltk 3.9.1 with Punkt English and the character sets of sacremoses 0.2.0; word_tokenize for texts of
printable Latin-1, `NISTTokenizer().international_tokenize` for all others.
"""

import json
from pathlib import Path

import pytest

from graders.metrics.tokens import hosted_tokens

LINES = Path(__file__).with_name("hosted_tokens.jsonl").read_text("utf-8").split("\n")[:-1]
CASES = list(map(json.loads, LINES))


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_text_is_split_as_by_nltk_391(case):
    assert hosted_tokens(case["text"]) == case["tokens"]
