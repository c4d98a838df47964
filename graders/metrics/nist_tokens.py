"""The tokeniser of NIST's mteval for any language, as NLTK has it.

Source: NLTK `nltk.tokenize.nist`, after mteval-v14.pl, with the character sets that NLTK loads.
"""

import re
from collections.abc import Sequence
from functools import cache

from graders.metrics.data_files import read_json

_ASCII_RUN = re.compile("([\x00-\x7f]+)")
_ENTITIES = (
    ("&gt;", ">"),
    ("&lt;", "<"),
    ("&apos;", "'"),
    ("&quot;", '"'),
    ("&#124;", "|"),
    ("&#91;", "["),
    ("&#93;", "]"),
    ("&amp;", "&"),  # last, so that `&amp;lt;` becomes `&lt;`
)


def international_tokens(text: str) -> list[str]:
    """Split a text as NLTK's `NISTTokenizer().international_tokenize` does, case kept.

    Runs of ASCII are set apart from the rest, then punctuation beside a "number", then symbols. The set
    called Number lists some 14,700 characters that are mostly no numbers, and no blank, so `5%` and `18.`
    before a blank stay whole while `naïve` becomes `na ï ve`: this is not the `intl` tokeniser of sacrebleu.
    """
    return _spaced(text).split()


def international_tokens_of_chunks(chunks: Sequence[str]) -> list[list[str]]:
    """Split many texts without white space at once; no rule looks beyond white space."""
    return [line.split() for line in _spaced("\n".join(chunks)).split("\n")]


def _spaced(text: str) -> str:
    text = text.replace("<skipped>", "").replace("\u2028", " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = _ASCII_RUN.sub(r" \1 ", text)
    for pattern, replacement in _rules():
        text = pattern.sub(replacement, text)
    return text


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    sets = {name: _character_class(spans) for name, spans in read_json("nist_characters.json").items()}
    number, punctuation, symbol = sets["number"], sets["punctuation"], sets["symbol"]
    return (
        (re.compile(f"({number})({punctuation})"), r"\1 \2 "),
        (re.compile(f"({punctuation})({number})"), r" \1 \2"),
        (re.compile(f"({symbol})"), r" \1 "),
    )


def _character_class(spans: list[tuple[int, int]]) -> str:
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans) + "]"
