"""Porter's stems of the words of ROUGE, remembered between batches.

Design: a table of two million bytes holds the keys of words and of their stems, one word a slot, so that a
whole batch is looked up at once and memory is bounded; behind it stands a dictionary, emptied when it is
full, for the words that lost their slot.
"""

from collections.abc import Callable
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from graders.metrics.byte_tokens import PADDING, WHOLE, ByteTokens
from graders.metrics.meteor import stem_of
from graders.metrics.ngrams import NO_KEY

SHORT = 3
"""Words of up to so many characters stay as they are."""
_SLOT_BITS = 16
_WORDS = 1 << 17
_MULTIPLIERS = np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xC2B2_AE3D_27D4_EB4F)


class Stems:
    """Stems that were looked up before; safe to share between threads."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stem: Callable[[str], str] = PorterStemmer().stem
        self._known: dict[bytes, bytes] = {}
        self._words = np.full((2, 1 << _SLOT_BITS), NO_KEY)
        self._stems = np.zeros_like(self._words)
        self._lock = Lock()

    def key_columns(self, tokens: ByteTokens) -> list[NDArray[np.uint64]]:
        """Return what `tokens.key_columns()` would return if every token were its stem.

        Source: the tokeniser of rouge-score with `use_stemmer`, NLTK's `PorterStemmer` in its default mode.
        """
        keys = tokens.key_columns()
        rows = np.flatnonzero(tokens.lengths > SHORT)
        words = [column[rows] for column in keys]
        slots = (words[0] * _MULTIPLIERS[0] + words[1] * _MULTIPLIERS[1]) >> np.uint64(64 - _SLOT_BITS)
        slots = slots.view(np.int64)
        with self._lock:
            known = (self._words[0][slots] == words[0]) & (self._words[1][slots] == words[1])
            for column, stems in zip(keys, self._stems, strict=True):
                column[rows] = stems[slots]
            new = np.flatnonzero(~known)
            if len(new):
                for column, stems in zip(keys, self._new_keys(tokens, rows[new]), strict=True):
                    column[rows[new]] = stems
                new = np.flatnonzero(~known & (tokens.lengths[rows] <= WHOLE))  # the others have only numbers
                chosen, at = np.unique(slots[new], return_index=True)
                for side, columns in ((self._words, words), (self._stems, [column[rows] for column in keys])):
                    side[:, chosen] = [column[new[at]] for column in columns]
        return keys

    def _new_keys(self, tokens: ByteTokens, rows: NDArray[np.int64]) -> list[NDArray[np.uint64]]:
        stems = [self._known.get(word) or self._learn(word) for word in tokens.words(rows)]
        lengths = np.fromiter(map(len, stems), dtype=np.int64, count=len(stems))
        content = np.frombuffer(b"".join([*stems, PADDING.encode()]), dtype=np.uint8)
        all_stems = ByteTokens(content, np.cumsum(lengths) - lengths, lengths, np.array([0, len(stems)]))
        return [column[:-1] for column in all_stems.key_columns()]

    def _learn(self, word: bytes) -> bytes:
        if len(self._known) >= _WORDS:
            self._known.clear()
        stem = self._known[word] = stem_of(word.decode("ascii"), self._stem).encode("ascii")
        return stem


@cache
def load_stems() -> Stems:
    """Return the stems that this process remembers."""
    return Stems()
