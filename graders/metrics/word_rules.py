r"""The word rules of `nltk.word_tokenize` in NLTK 3.9.1, applied to lines.

Design: the rules are written anew for the standard `re`, so no NLTK is imported and a newer one cannot change
a score. NLTK 3.10 for instance splits an opening single quote by another rule and counts ² ³ ¹ ¼ ½ ¾ as no
part of a word. No rule looks beyond its line, so the sentences of many texts are split in one pass. The rules
hold for printable Latin-1, the only texts that the hosted tokeniser sends here; white space in these is the
blank and U+00A0.

Source: `NLTKWordTokenizer` of NLTK 3.9.1, order of the rules kept.
"""

import re
from collections.abc import Sequence

_Rule = tuple[str | re.Pattern[str], str]


def words_of_lines(sentences: Sequence[str]) -> list[list[str]]:
    """Split sentences into words; a blank sentence gives none. No sentence may hold a newline."""
    text = "\n".join(sentences)
    for rules in (_OPENING, _PUNCTUATION):
        text = _apply(rules, text)
    text = _apply(_CLOSING, f" {text} ".replace("\n", " \n "))
    text = _split_contractions(text)
    return [line.split() for line in text.split("\n")]


def _apply(rules: Sequence[_Rule], text: str) -> str:
    for old, new in rules:
        text = text.replace(old, new) if isinstance(old, str) else old.sub(new, text)
    return text


def _split_contractions(text: str) -> str:
    lower = text.lower()
    for contraction, pattern in CONTRACTIONS.items():
        if contraction in lower:
            text = pattern.sub(r" \1 \2 ", text)
    return text


def _padded(marks: str) -> list[_Rule]:
    return [(mark, f" {mark} ") for mark in marks]


_OPENING: list[_Rule] = [
    *_padded("«"),
    (re.compile("(`+)"), r" \1 "),
    (re.compile('^"', re.MULTILINE), "``"),
    ("``", " `` "),
    (re.compile("([ ([{<])(?:\"|'')"), r"\1 `` "),
    (re.compile(r"'(?!re|ve|ll|m|t|s|d|n)(\w)\b", re.IGNORECASE), r"' \1"),
]
# A look-behind stands behind its first character, where `re` still finds that character fast.
_PUNCTUATION: list[_Rule] = [
    (re.compile(r"\.(?<=[^.\n]\.)([])}>\"'» ]*+)[ \xa0]*+$", re.MULTILINE), r" . \1 "),
    (re.compile(r"([:,])([^\d\n])"), r" \1 \2"),
    (re.compile("([:,])$", re.MULTILINE), r" \1 "),
    (re.compile(r"(\.{2,})"), r" \1 "),
    *_padded(";@#$%&"),
    (re.compile(r"\.(?<=[^.\n]\.)([])}>\"']*+)[ \xa0]*+$", re.MULTILINE), r" .\1 "),
    *_padded("?!"),
    (re.compile(r"'(?<=[^'\n]') "), " ' "),
    *_padded("*[](){}<>"),
    ("--", " -- "),
]
_CLOSING: list[_Rule] = [
    *_padded("»"),
    ("''", " '' "),
    ('"', " '' "),
    (re.compile("[ \xa0]{2,}|\xa0"), " "),
    (re.compile(r"('(?<=[^' \n]')[sSmMdD]?) "), r" \1 "),
    (re.compile(r"('(?<=[^' \n]')(?:ll|LL|re|RE|ve|VE)|n(?<=[^' \n]n)'t|N(?<=[^' \n]N)'T) "), r" \1 "),
]
CONTRACTIONS = {
    head + tail: re.compile(rf"{start}({head})({tail}){end}", re.IGNORECASE)
    for start, head, tail, end in (
        (r"\b", "can", "not", r"\b"),
        (r"\b", "d", "'ye", r"\b"),
        (r"\b", "gim", "me", r"\b"),
        (r"\b", "gon", "na", r"\b"),
        (r"\b", "got", "ta", r"\b"),
        (r"\b", "lem", "me", r"\b"),
        (r"\b", "more", "'n", r"\b"),
        (r"\b", "wan", "na", r"(?=\s)"),
        (" ", "'t", "is", r"\b"),
        (" ", "'t", "was", r"\b"),
    )
}
"""What is split inside a word: the contraction in small letters, and the pattern that finds its two parts."""
