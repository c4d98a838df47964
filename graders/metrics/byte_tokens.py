"""Tokens of many texts as slices of one run of bytes, and keys that tell them apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.metrics.ngrams import NO_KEY

WHOLE = 16
"""Tokens of up to so many bytes are their own key; longer ones are numbered."""
PADDING = " " * WHOLE
_WORD = 8


@dataclass(frozen=True, slots=True)
class ByteTokens:
    """The tokens of `n` texts, text after text. None is empty or holds the byte 0 or 255."""

    content: NDArray[np.uint8]
    """The bytes of all tokens, anything between, and `WHOLE` bytes of anything after the last."""
    starts: NDArray[np.int64]
    """`(total,)`"""
    lengths: NDArray[np.int64]
    """`(total,)`"""
    offsets: NDArray[np.int64]
    """Text `i` has the tokens `offsets[i]` to `offsets[i + 1]`; `(n + 1,)`."""

    def words(self, rows: NDArray[np.int64]) -> list[bytes]:
        """Return some of the tokens."""
        content = self.content.tobytes()
        starts = self.starts[rows]
        ends = starts + self.lengths[rows]
        return [content[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

    def key_columns(self) -> list[NDArray[np.uint64]]:
        """Return two columns that are equal where the tokens are, closed by `NO_KEY`: each `(total + 1,)`.

        The number of a long token means something inside these columns only.
        """
        # The 8 bytes from every place on; what does not belong to the token is shifted out.
        words = np.ndarray((len(self.content) - _WORD + 1,), "<u8", self.content, 0, (1,))
        first = np.empty(len(self.starts) + 1, dtype=np.uint64)
        first[:-1] = words[self.starts] << _excess_bits(self.lengths)
        first[-1] = NO_KEY
        second = np.zeros_like(first)
        longer = np.flatnonzero(self.lengths > _WORD)
        rest = words[self.starts[longer] + _WORD] << _excess_bits(self.lengths[longer] - _WORD)
        second[longer] = rest
        longest = longer[self.lengths[longer] > WHOLE]
        if len(longest):
            numbers: dict[bytes, int] = {}
            # The top byte of any other key is the last byte of a token, so a number is never one.
            first[longest] = [numbers.setdefault(word, len(numbers)) for word in self.words(longest)]
            second[longest] = 0
        return [first, second]


def _excess_bits(lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    bits = np.minimum(lengths, _WORD)
    bits *= -8
    bits += 8 * _WORD
    return bits.view(np.uint64)
