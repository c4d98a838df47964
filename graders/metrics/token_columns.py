"""The tokens of many texts as two arrays and a table of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """Tokens of `n` texts, text after text; ids mean the same in all texts of one such object only."""

    ids: NDArray[np.int64]
    """The id of every token, `(total,)`."""
    offsets: NDArray[np.int64]
    """Text `i` has the tokens `ids[offsets[i]:offsets[i + 1]]`; `(n + 1,)`."""
    words: Sequence[str]
    """`words[id]` is the token."""

    def __len__(self) -> int:
        return len(self.offsets) - 1
