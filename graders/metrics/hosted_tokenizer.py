"""The hosted tokeniser for batches: it remembers the chunks that it has seen.

Design: words repeat, so each chunk between white space is tokenised once, and a batch becomes table look-ups
and array operations. What is remembered never shows in a result: see `latin_chunks` for why a text may be put
together from chunks, and for the few texts that may not, which are split as a whole. The memory is bounded;
when it is full it is emptied before the next batch, and ids of tokens are never compared across that.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np

from graders.metrics.latin_chunks import LatinChunks
from graders.metrics.nist_chunks import NistChunks
from graders.metrics.nist_tokens import international_tokens
from graders.metrics.sentence_breaks import sentences
from graders.metrics.token_columns import TokenColumns
from graders.metrics.token_tables import RowTokens, Words, gather
from graders.metrics.word_rules import words_of_lines

_NOT_LATIN = re.compile("[^\x20-\x7e\xa0-\xff]")
_NO_IDS = np.zeros(0, np.int64)
_BLOCK_CHARACTERS = 1 << 18
"""Arrays of a block stay in the processor's cache, and one long text costs only itself."""


def text_tokens(text: str) -> list[str]:
    """Split one text as the hosted graders do; an empty text gives no tokens."""
    if _NOT_LATIN.search(text) is None:
        return [word for words in words_of_lines(sentences(text)) for word in words]
    return international_tokens(text)


class HostedTokenizer:
    """Splits batches of texts as the hosted graders do; threads may share one, and take turns."""

    def __init__(self, most_chunks: int = 1 << 16, most_characters: int = 1 << 23) -> None:
        """Remember at most so many chunks, and words of at most so many characters, from batch to batch."""
        self._most_chunks = most_chunks
        self._most_characters = most_characters
        self._lock = threading.Lock()
        self._forget()

    def tokens(self, texts: Sequence[str]) -> TokenColumns:
        """Return the tokens of every text, as `text_tokens` gives them."""
        with self._lock:
            if self._is_full():
                self._forget()
            try:
                blocks = [self._block(block) for block in _blocks(texts)]
                return _joined(blocks, self._words.strings)
            except BaseException:
                self._forget()  # what was interrupted may be half learned
                raise

    def _is_full(self) -> bool:
        chunks = len(self._latin) + len(self._nist)
        return chunks > self._most_chunks or self._words.characters > self._most_characters

    def _forget(self) -> None:
        self._words = Words()
        self._latin = LatinChunks(self._words)
        self._nist = NistChunks(self._words)

    def _block(self, texts: Sequence[str]) -> RowTokens:
        latin, nist, unsolved = _by_branch(texts)
        parts = []
        for rows, chunks in ((latin, self._latin), (nist, self._nist)):
            if rows:
                part = chunks.tokens([texts[row] for row in rows])
                unsolved += [rows[at] for at in part.unsolved]
                parts.append((rows, part))
        if unsolved:
            parts.append((unsolved, self._whole([texts[row] for row in unsolved])))
        return parts[0][1] if len(parts) == 1 else _merged(len(texts), parts)

    def _whole(self, texts: Sequence[str]) -> RowTokens:
        rows = [text_tokens(text) for text in texts]
        offsets = np.cumsum([0, *map(len, rows)])
        return RowTokens(self._words.ids_of(chain.from_iterable(rows), int(offsets[-1])), offsets, [])


def _by_branch(texts: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Return the rows for word_tokenize, for the NIST tokeniser, and those to be split as wholes."""
    latin, nist, unsolved = [], [], []
    for row, text in enumerate(texts):
        if text.isascii() and text.isprintable():
            latin.append(row)
        elif _NOT_LATIN.search(text):
            nist.append(row)
        elif "\xa0" in text:
            unsolved.append(row)
        else:
            latin.append(row)
    return latin, nist, unsolved


def _merged(size: int, parts: Sequence[tuple[Sequence[int], RowTokens]]) -> RowTokens:
    """Put the tokens of rows in the order of the rows; where parts give a row twice, the last one holds."""
    starts, lengths, before = np.zeros(size, np.int64), np.zeros(size, np.int64), 0
    for rows, part in parts:
        starts[rows] = before + part.offsets[:-1]
        lengths[rows] = np.diff(part.offsets)
        before += len(part.ids)
    ids = gather(np.concatenate([part.ids for _, part in parts]), starts, lengths)
    return RowTokens(ids, np.append(0, np.cumsum(lengths)), [])


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    characters = np.cumsum(list(map(len, texts)), dtype=np.int64)
    cuts = np.flatnonzero(np.diff(characters // _BLOCK_CHARACTERS)) + 1
    for start, stop in pairwise([0, *cuts.tolist(), len(texts)] if len(texts) else []):
        yield texts[start:stop]


def _joined(blocks: Sequence[RowTokens], words: Sequence[str]) -> TokenColumns:
    lengths = [np.diff(block.offsets) for block in blocks]
    offsets = np.append(0, np.cumsum(np.concatenate([[], *lengths]), dtype=np.int64))
    return TokenColumns(np.concatenate([_NO_IDS, *(block.ids for block in blocks)]), offsets, words)
