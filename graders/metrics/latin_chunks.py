"""word_tokenize for many texts at once, chunk by chunk.

Design: see `chunk_states` for what a chunk decides alone; where a sentence ends is decided by a chunk and the
one that follows it. A few texts show something that reaches further. They are reported, and the caller splits
them as a whole:

- a period that is followed by chunks of closing marks only, at the end of a sentence;
- a sentence that begins with closing marks, as these belong to the sentence before;
- a chunk that begins with a candidate for the end of a sentence and holds another one.

U+00A0 is white space inside some rules, but separates no chunks: texts that hold it must not come here.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics import chunk_states
from graders.metrics.chunk_states import ChunkStates
from graders.metrics.sentence_breaks import contains_break
from graders.metrics.token_tables import GrowingArray, Numbering, RowTokens, TokenSequences, Words

_TEXT_END = "\0"  # a chunk of its own behind every text; no text of printable Latin-1 holds it


class LatinChunks:
    """The chunks seen so far in texts of printable Latin-1."""

    def __init__(self, words: Words) -> None:
        self._numbering = Numbering()
        self._sequences = TokenSequences(words)
        self._states = GrowingArray(np.int32, chunk_states.STATES)
        self._traits = GrowingArray(np.int8)
        self._pairs: dict[tuple[int, int], bool] = {}
        self._numbering.number([_TEXT_END], 1)
        self._sequences.add([()])
        self._states.extend(np.zeros((1, chunk_states.STATES), np.int64))
        self._traits.extend(np.zeros(1, np.int8))

    def __len__(self) -> int:
        return len(self._states) + len(self._pairs)

    def tokens(self, texts: Sequence[str]) -> RowTokens:
        """Split texts of printable Latin-1 without U+00A0; `unsolved` names those to split as wholes."""
        chunks = f" {_TEXT_END} ".join([*texts, ""]).split()
        ids = self._ids_of(chunks)
        traits = self._traits.values[ids]
        text_end = ids == 0
        text_ends = np.flatnonzero(text_end)
        last = np.append(text_end[1:], False)
        ends = self._sentence_ends(chunks, ids, np.where(last, 0, traits))
        begins = np.append(True, ends[:-1] | text_end[:-1])
        begins[np.append(0, text_ends[:-1] + 1)] = [text[:1] != " " for text in texts]
        states = chunk_states.SENTENCE_BEGINS * begins + ends + chunk_states.TEXT_ENDS * last
        sequences = self._states.values.reshape(-1)[ids * chunk_states.STATES + states]
        tokens, token_ends = self._sequences.expand(sequences)
        unsolved = np.searchsorted(text_ends, _reaching_far(traits, begins, ends, last))
        return RowTokens(tokens, np.append(0, token_ends[text_ends]), np.unique(unsolved).tolist())

    def _sentence_ends(
        self, chunks: Sequence[str], ids: NDArray[np.int64], traits: NDArray[np.int8]
    ) -> NDArray[np.bool_]:
        ends = (traits & chunk_states.ENDS).astype(np.bool_)
        undecided = np.flatnonzero(traits & chunk_states.MAY_END)
        pairs = list(zip(ids[undecided].tolist(), ids[undecided + 1].tolist(), strict=True))
        for at, pair in zip(undecided.tolist(), pairs, strict=True):
            if pair not in self._pairs:
                self._pairs[pair] = contains_break(f"{chunks[at]} {chunks[at + 1]}")
        ends[undecided] = [self._pairs[pair] for pair in pairs]
        return ends

    def _ids_of(self, chunks: Sequence[str]) -> NDArray[np.int64]:
        ids, added = self._numbering.number(chunks, len(chunks))
        if added:
            learned = ChunkStates(added)
            self._states.extend(learned.states + self._sequences.add(learned.sequences))
            self._traits.extend(learned.traits)
        return ids


def _reaching_far(
    traits: NDArray[np.int8], begins: NDArray[np.bool_], ends: NDArray[np.bool_], last: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return the positions of the chunks for which their text has to be split as a whole."""
    special = np.flatnonzero(traits & (chunk_states.CLOSERS | chunk_states.CLOSERS_FIRST | chunk_states.FAR))
    mine, before = traits[special], special - 1
    closes = (mine & chunk_states.CLOSERS > 0) & (ends | last)[special] & ~begins[special]
    opens = (
        (mine & chunk_states.CLOSERS_FIRST > 0) & ends[before] & (traits[before] & chunk_states.CLOSED == 0)
    )
    found: NDArray[np.intp] = special[closes | opens | (mine & chunk_states.FAR > 0)]
    return found
