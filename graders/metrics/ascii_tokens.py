"""The words of ROUGE, for many texts at once: runs of `[a-z0-9]` after lower-casing.

Design: one character becomes one byte, so the borders of the texts are sums of lengths.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.byte_tokens import PADDING, ByteTokens

_SMALL = np.uint8(
    0x20
)  # the bit that makes a capital letter small and leaves a small one or a digit as it is
_LENGTHENED = ("\u0130", "i\u0307")  # the only character that becomes longer in lower case
_KELVIN = ("\u212a", "k")  # the only other one beyond ASCII whose lower case is in ASCII
_WORD = re.compile("[A-Za-z0-9\u0130\u212a]")


def ascii_tokens(texts: Sequence[str]) -> ByteTokens:
    """Split texts as rouge-score does; a text without ASCII letters and digits has no words."""
    joined = "\n".join(["", *texts, PADDING])
    if not joined.isascii():
        if _LENGTHENED[0] in joined:
            texts = [text.replace(*_LENGTHENED) for text in texts]
            joined = "\n".join(["", *texts, PADDING])
        joined = joined.replace(*_KELVIN)
    characters = np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)
    content = characters | _SMALL
    inside = content - ord("a") < 26  # smaller bytes wrap around to large ones
    inside |= characters - ord("0") < 10
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts = edges[::2] + 1
    borders = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    borders += 1
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    offsets[1:] = np.searchsorted(starts, np.cumsum(borders))
    return ByteTokens(content, starts, edges[1::2] - edges[::2], offsets)


def without_words(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which texts are more than white space, but have no words: `(n,)`."""
    flags = (_WORD.search(text) is None and not text.isspace() and text != "" for text in texts)
    return np.fromiter(flags, dtype=np.bool_, count=len(texts))
