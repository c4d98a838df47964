"""Cuts two columns of text into blocks of rows that fit into a processor's cache."""

from collections.abc import Iterator, Sequence

import numpy as np

PAIRS = 1000
CHARACTERS = 500_000
_REUSED = 1 << 24


def blocks(hypotheses: Sequence[str], references: Sequence[str]) -> Iterator[slice]:
    """Give the rows of each block: at most `PAIRS`, and at most `CHARACTERS` unless it is one row."""
    _keep_freed_memory()
    lengths = np.fromiter(map(len, hypotheses), dtype=np.int64, count=len(hypotheses))
    lengths += np.fromiter(map(len, references), dtype=np.int64, count=len(references))
    ends = np.cumsum(lengths)
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        fitting = int(np.searchsorted(ends, before + CHARACTERS, "right"))
        stop = max(start + 1, min(start + PAIRS, fitting))
        yield slice(start, stop)
        start = stop


def _keep_freed_memory() -> None:
    """Free a large array that was never touched.

    The allocator of glibc takes the size of the largest block that was freed for what is worth keeping.
    Without this it gives the arrays of every block back to the system, and getting the pages again costs more
    than the arithmetic on them.
    """
    np.empty(_REUSED, dtype=np.uint8)
