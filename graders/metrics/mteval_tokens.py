"""The tokeniser 13a of sacrebleu, for many texts at once.

Design: its four rules look at a character and its neighbours only, so they become a map of where to cut.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.byte_tokens import PADDING, ByteTokens

_BLANK, _OTHER, _DIGIT, _MARK, _POINT, _DASH = range(6)
_BORDER = "\x1e"  # white space that stands between texts
_KINDS = bytes(
    _BLANK if chr(byte).isspace() and byte < 128
    else _DIGIT if chr(byte) in "0123456789"
    else _MARK if chr(byte) in "{|}~[\\]^_`!\"#$%&()*+:;<=>?@/"
    else _POINT if chr(byte) in ".,"
    else _DASH if chr(byte) == "-"
    else _OTHER
    for byte in range(256)
)  # fmt: skip
_OTHER_BLANKS = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_NUL = bytes.maketrans(b"\x00", b"\xfe")  # a byte that UTF-8 does not have
_SKIPPED, _HYPHENATION = "<skipped>", "-\n"
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def mteval_tokens(texts: Sequence[str]) -> ByteTokens:
    """Split texts as sacrebleu does by default; a text of white space has no tokens.

    Source: sacrebleu's `Tokenizer13a`, after mteval-v13a.pl, on texts without white space at their ends.
    """
    content = _joined(texts).encode("utf-8", "surrogatepass")
    if b"\x00" in content:
        content = content.translate(_NUL)
    characters = np.frombuffer(content, dtype=np.uint8)
    kinds = np.frombuffer(content.translate(_KINDS), dtype=np.uint8)
    cuts, solid = _cuts(kinds), kinds != _BLANK
    starts = np.flatnonzero(cuts & solid)
    cuts[1:] &= solid[:-1]
    ends = np.flatnonzero(cuts)
    offsets = np.searchsorted(starts, np.flatnonzero(characters == ord(_BORDER)))
    return ByteTokens(characters, starts, ends - starts, offsets)


def without_tokens(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which texts are more than white space, but have no tokens: `(n,)`."""
    # Nothing but this mark is ever removed from a text without leaving another character.
    flags = (_SKIPPED in text and not _without_marks(text).split() for text in texts)
    return np.fromiter(flags, dtype=np.bool_, count=len(texts))


def _joined(texts: Sequence[str]) -> str:
    """Return all texts with a border before, between and after, as the rules for characters want them."""
    joined = _BORDER.join(["", *texts, PADDING])
    if joined.count(_BORDER) > len(texts) + 1:
        texts = [text.replace(_BORDER, " ") for text in texts]
        joined = _BORDER.join(["", *texts, PADDING])
    if _SKIPPED in joined or _HYPHENATION in joined:
        joined = _BORDER.join(["", *map(_without_marks, texts), PADDING])
    if "&" in joined:
        for entity, character in _ENTITIES:
            joined = joined.replace(entity, character)
    if not joined.isascii():
        for blank in _OTHER_BLANKS:
            joined = joined.replace(blank, " ")
    return joined


def _without_marks(text: str) -> str:
    return text.rstrip().replace(_SKIPPED, "").replace(_HYPHENATION, "")


def _cuts(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether a token or white space begins at each byte: `(n,)`; the first and last are blank."""
    blank = kinds == _BLANK
    alone = (kinds == _MARK) | (kinds == _POINT)
    alone[1:] |= (kinds[1:] == _DASH) & (kinds[:-1] == _DIGIT)
    cuts: NDArray[np.bool_] = alone.copy()
    cuts[1:] |= alone[:-1]
    cuts[1:] |= blank[1:] != blank[:-1]
    _join_numbers(kinds, cuts)
    return cuts


def _join_numbers(kinds: NDArray[np.uint8], cuts: NDArray[np.bool_]) -> None:
    """Take back the cuts around points and commas that belong to the digit after them.

    The rules pair characters from left to right, so whether the last point of a run stays with the digit
    depends on how many there are, and on a digit before them.
    """
    digits = np.flatnonzero((kinds[1:] == _DIGIT) & (kinds[:-1] == _POINT)) + 1
    before = digits - 2  # the character before the run
    if (kinds[before] == _POINT).any():
        others = np.flatnonzero(kinds != _POINT)
        before = others[np.searchsorted(others, digits - 1) - 1]
    after_digit = kinds[before] == _DIGIT
    points = digits - 1 - before
    cuts[digits[after_digit == (points % 2 == 1)]] = False
    cuts[digits[after_digit & (points == 1)] - 1] = False
