"""Blocks of rows whose judge is asked already while earlier ones are still being scored.

Design: whoever waits for a judge has nothing to compute, so its blocks are small (a killed process loses
little) and several are on their way at once; they are scored in their order. A grader that asks no judge is
given the blocks as they are read.
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


def begun(grader: Grader, blocks: Iterator[Block]) -> Iterator[tuple[Block, Batch]]:
    """Give blocks with the batches of them, a while after their judge was first asked."""
    if grader.pool is None:
        yield from ((block, block.batch) for block in blocks)
        return
    pool = grader.pool
    ahead = max(_ROWS_AHEAD, _ROWS_AHEAD_PER_CALL * pool.concurrency) // ROWS
    waiting: deque[tuple[Block, Batch]] = deque()
    for block in _small(blocks):
        batch = block.batch
        grader.begin(batch)
        waiting.append((block, batch))
        while len(waiting) > ahead or (waiting and pool.waiting_bytes > _BYTES_AHEAD):
            yield waiting.popleft()
    yield from waiting


def _small(blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        for start in range(0, len(block.rows), ROWS):
            yield Block(block.rows[start : start + ROWS], block.position)
