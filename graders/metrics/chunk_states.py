"""What word_tokenize makes of single chunks, a chunk being a run of characters without white space.

Design: apart from its sentence a chunk decides its tokens alone. The sentence matters in two ways only: it
may begin with the chunk, and the chunk may be followed by a blank, by the end of its sentence or by the end
of the text. That makes six states of a chunk, and each chunk is worked out for all of them. Words, and words
with one mark behind them, are most of a text and are done without the rules.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from graders.metrics.sentence_breaks import ChunkBreaks, chunk_breaks, ends_plainly
from graders.metrics.word_rules import CONTRACTIONS, words_of_lines

BLANK_FOLLOWS, SENTENCE_ENDS, TEXT_ENDS, SENTENCE_BEGINS = 0, 1, 2, 3
"""A state is one of the first three, plus the last if the sentence begins with the chunk."""
STATES = 6

ENDS, MAY_END, CLOSED, CLOSERS, CLOSERS_FIRST, FAR = (1 << bit for bit in range(6))
"""The traits of a chunk, as bits: a sentence ends with it; or it depends on the next chunk; closing marks
stand behind that end; it is closing marks only; it begins with closing marks that may belong to the sentence
before; only the whole text can tell."""

_ONLY_CLOSERS = re.compile(r"[\])}>\"'»]+")
_CLOSERS_FIRST = re.compile(r"[\"')\]}]+?(?:--|$)")
_NEXT_CHUNK = "\0"  # stands for any; no text of printable Latin-1 holds it


class ChunkStates:
    """The tokens and traits of some chunks."""

    def __init__(self, chunks: Sequence[str]) -> None:
        self.sequences: list[Sequence[str]] = [()]
        """The different sequences of tokens; the first, an empty one, is that of chunks that are `FAR`."""
        self.states: NDArray[np.int64] = np.zeros((len(chunks), STATES), np.int64)
        """Which of the sequences a chunk gives in each state, `(n, 6)`."""
        self.traits: NDArray[np.int8] = np.zeros(len(chunks), np.int8)
        """The traits of every chunk, `(n,)`."""
        words, marked, others = _by_form(chunks)
        self.states[words] = self._added((chunks[at],) for at in words)[:, None]
        self.states[marked] = self._added((chunks[at][:-1], chunks[at][-1]) for at in marked)[:, None]
        self._add_marked(chunks, marked)
        self._add_others(chunks, others)

    def _added(self, sequences: Iterable[Sequence[str]]) -> NDArray[np.int64]:
        first = len(self.sequences)
        self.sequences.extend(sequences)
        return np.arange(first, len(self.sequences))

    def _add_marked(self, chunks: Sequence[str], marked: Sequence[int]) -> None:
        periods = [at for at in marked if chunks[at][-1] == "."]
        whole = self._added((chunks[at],) for at in periods)
        self.states[periods, BLANK_FOLLOWS] = whole
        self.states[periods, SENTENCE_BEGINS + BLANK_FOLLOWS] = whole
        for at in marked:
            if chunks[at][-1] in "?!":
                self.traits[at] = ENDS
        for at in periods:
            word = chunks[at][:-1]
            self.traits[at] = ENDS if ends_plainly(word) else MAY_END

    def _add_others(self, chunks: Sequence[str], others: Sequence[int]) -> None:
        numbers: dict[tuple[str, ...], int] = {}
        before = len(self.sequences)
        for at in others:
            breaks = chunk_breaks(chunks[at])
            self.traits[at] = _traits(chunks[at], breaks)
            if breaks.by_itself:
                lines = _lines_of_states(chunks[at], breaks)
                self.states[at] = [before + numbers.setdefault(pieces, len(numbers)) for pieces in lines]
        words = iter(words_of_lines(list(chain.from_iterable(numbers))))
        for pieces in numbers:
            tokens = chain.from_iterable(islice(words, len(pieces)))
            self.sequences.append([token for token in tokens if token != _NEXT_CHUNK])


def _by_form(chunks: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Return where words stand, where words with one mark behind them, and where anything else."""
    words: list[int] = []
    marked: list[int] = []
    others: list[int] = []
    for at, chunk in enumerate(chunks):
        word = chunk[:-1] if chunk[-1] in ".,:;?!" else chunk
        if not word.isalnum() or word.lower() in CONTRACTIONS:
            others.append(at)
        elif word is chunk:
            words.append(at)
        else:
            marked.append(at)
    return words, marked, others


def _traits(chunk: str, breaks: ChunkBreaks) -> int:
    if not breaks.by_itself:
        return FAR
    traits = MAY_END if breaks.ends is None else ENDS if breaks.ends else 0
    if breaks.closed:
        traits |= CLOSED
    if _ONLY_CLOSERS.fullmatch(chunk):
        traits |= CLOSERS
    if _CLOSERS_FIRST.match(chunk):
        traits |= CLOSERS_FIRST
    return traits


def _lines_of_states(chunk: str, breaks: ChunkBreaks) -> list[tuple[str, ...]]:
    """Return the sentences to which the word rules are applied in each state."""
    before = " " if chunk[0] in "\"'." else ""
    after = f" {_NEXT_CHUNK}" if any(mark in chunk for mark in ".',:") else ""
    lines: list[tuple[str, ...]] = []
    for head in (before + chunk, chunk):
        for cut, tail in ((breaks.cut, after), (breaks.cut, ""), (breaks.last_cut, "")):
            at = cut + len(head) - len(chunk)
            lines.append((head[:at], head[at:] + tail) if cut else (head + tail,))
    return lines
