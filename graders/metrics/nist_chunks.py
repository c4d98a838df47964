"""The NIST tokeniser for many texts at once, chunk by chunk.

Design: no rule of the tokeniser looks beyond white space, so a chunk (a run of characters without white
space) gives the same tokens wherever it stands.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.nist_tokens import international_tokens_of_chunks
from graders.metrics.token_tables import Numbering, RowTokens, TokenSequences, Words

_TEXT_END = "\0"  # a chunk of its own behind every text; texts that hold it are reported as unsolved


class NistChunks:
    """The chunks seen so far in texts for the NIST tokeniser; a chunk shares its id with its tokens."""

    def __init__(self, words: Words) -> None:
        self._numbering = Numbering()
        self._sequences = TokenSequences(words)
        self._numbering.number([_TEXT_END], 1)
        self._sequences.add([()])

    def __len__(self) -> int:
        return len(self._numbering)

    def tokens(self, texts: Sequence[str]) -> RowTokens:
        """Split any texts; `unsolved` names those that hold NUL, which are to be split as a whole."""
        solved = [text if _TEXT_END not in text else "" for text in texts]
        chunks = f" {_TEXT_END} ".join([*solved, ""]).split()
        ids = self._ids_of(chunks)
        tokens, token_ends = self._sequences.expand(ids)
        offsets = np.append(0, token_ends[ids == 0])
        return RowTokens(tokens, offsets, [at for at, text in enumerate(texts) if _TEXT_END in text])

    def _ids_of(self, chunks: Sequence[str]) -> NDArray[np.int64]:
        ids, added = self._numbering.number(chunks, len(chunks))
        if added:
            self._sequences.add(international_tokens_of_chunks(added))
        return ids
