"""Blocks of rows that are begun already while earlier ones are still being scored.

Design: whoever waits for a judge or a sandbox computes nothing, so its blocks are small (a killed process
loses little) and several are on their way at once; they are scored in their order. A grader that waits for
nobody is given the blocks as they are read.
"""

from collections import deque
from collections.abc import Iterator

from graders.batch import Batch
from graders.compile import Grader
from graders.dataset import Block

ROWS = 64
_ROWS_AHEAD, _ROWS_AHEAD_PER_CALL = 1024, 32
"""Rows that may wait for their turn, so that a few slow replies, and calls made again, hold nobody up."""
_BYTES_AHEAD = 64 * 2**20
"""Requests, in bytes, that may wait for their reply; pictures are large."""


def waits(grader: Grader) -> bool:
    """Tell whether a grader waits for others: it is graded in this process, which they know."""
    return not (grader.pool is None and grader.confinement is None and grader.embedder is None)


def begun(grader: Grader, blocks: Iterator[Block]) -> Iterator[tuple[Block, Batch]]:
    """Give blocks with the batches of them, a while after they were begun."""
    if grader.pool is None and grader.confinement is None:
        yield from ((block, block.batch) for block in blocks)
        return
    rows_ahead = _rows_ahead(grader)
    waiting: deque[tuple[Block, Batch]] = deque()
    for block in _small(blocks):
        batch = block.batch
        grader.begin(batch)
        waiting.append((block, batch))
        while len(waiting) * ROWS > rows_ahead or (waiting and _holds_much(grader)):
            yield waiting.popleft()
    yield from waiting


def _rows_ahead(grader: Grader) -> int:
    if grader.pool is not None:
        return max(_ROWS_AHEAD, _ROWS_AHEAD_PER_CALL * grader.pool.concurrency)
    return 4 * ROWS


def _holds_much(grader: Grader) -> bool:
    return grader.pool is not None and grader.pool.waiting_bytes > _BYTES_AHEAD


def _small(blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        for start in range(0, len(block.rows), ROWS):
            yield block.part(start, start + ROWS)
