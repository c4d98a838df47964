"""Growing tables that turn repeated pieces of text into arrays of token ids.

Design: a table is only ever added to, so ids stay valid for as long as the table lives. Nothing here is
locked; `HostedTokenizer` owns the tables and lets one thread in at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """An array that is extended at its end without being copied each time."""

    def __init__(self, dtype: type[np.signedinteger[Any]], width: int | None = None) -> None:
        self._array: NDArray[Any] = np.empty((1024,) if width is None else (1024, width), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """What has been added so far; a view that a later `extend` may leave behind."""
        return self._array[: self._size]

    def extend(self, values: NDArray[Any]) -> None:
        """Add rows at the end."""
        size = self._size + len(values)
        if size > len(self._array):
            larger = np.empty((max(size, 2 * len(self._array)), *self._array.shape[1:]), self._array.dtype)
            larger[: self._size] = self.values
            self._array = larger
        self._array[self._size : size] = values
        self._size = size


class Numbering:
    """Numbers strings in the order of their first appearance."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, int] = defaultdict(count().__next__)

    def __len__(self) -> int:
        return len(self._ids)

    def number(self, strings: Iterable[str], size: int) -> tuple[NDArray[np.int64], list[str]]:
        """Return the id of every one of `size` strings, and the new strings in order of their ids."""
        known = len(self._ids)
        ids = np.fromiter(map(self._ids.__getitem__, strings), np.int64, size)
        added = list(islice(reversed(self._ids), len(self._ids) - known))
        added.reverse()
        return ids, added


class Words:
    """The words that ids of tokens stand for."""

    def __init__(self) -> None:
        self._numbering = Numbering()
        self.strings: list[str] = []
        """The words by their ids; only ever added to."""
        self.characters = 0
        """How many characters all words have."""

    def ids_of(self, words: Iterable[str], size: int) -> NDArray[np.int64]:
        """Return the id of every one of `size` words."""
        ids, added = self._numbering.number(words, size)
        self.strings.extend(added)
        self.characters += sum(map(len, added))
        return ids


@dataclass(frozen=True, slots=True)
class RowTokens:
    """The tokens of some texts, by their ids."""

    ids: NDArray[np.int64]
    """The tokens of all texts, `(total,)`."""
    offsets: NDArray[np.int64]
    """Text `i` has the tokens `ids[offsets[i]:offsets[i + 1]]`; `(n + 1,)`."""
    unsolved: list[int]
    """The texts that have to be split as a whole; what stands here for them is wrong."""


class TokenSequences:
    """Sequences of token ids, one after the other in one array."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._tokens = GrowingArray(np.int64)
        self._starts = GrowingArray(np.int64)
        self._lengths = GrowingArray(np.int64)

    def add(self, sequences: Sequence[Sequence[str]]) -> int:
        """Add sequences of tokens; they get consecutive ids, of which the first is returned."""
        first = len(self._lengths)
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
        self._starts.extend(len(self._tokens) + np.cumsum(lengths) - lengths)
        self._lengths.extend(lengths)
        self._tokens.extend(self._words.ids_of(chain.from_iterable(sequences), int(lengths.sum())))
        return first

    def expand(self, sequences: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the tokens of the sequences one after the other, and where each sequence ends in them."""
        lengths = self._lengths.values[sequences]
        ends = np.cumsum(lengths)
        return gather(self._tokens.values, self._starts.values[sequences], lengths), ends


def gather(
    values: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return `values[start : start + length]` for every start and length, joined."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return values[np.repeat(starts - ends + lengths, lengths) + np.arange(total)]
