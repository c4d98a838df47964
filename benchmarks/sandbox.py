"""Python graders: rows a second by row, by worker, and in a fresh sandbox each, on one core; their start."""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from graders.analysis.measure import Ratio
from graders.sandbox import Isolation, Sandbox

TRIVIAL = "def grade(sample, item):\n    return float(sample['output_text'] == item['answer'])\n"
NUMPY = "import numpy\n" + TRIVIAL
ROUNDS = 3
_ROW = ({"output_text": "Paris " * 40}, {"answer": "Paris", "topic": "geography " * 20})


def ratios() -> Iterator[Ratio]:
    """Grade rows of 500 bytes; all but the two workers on one core."""
    with _one_core():
        pairs = [(_rate(TRIVIAL, "row", 400), _fresh(20)) for _ in range(ROUNDS)]
        by_row = statistics.median(row for row, _ in pairs)
        yield _ratio("sandbox: by row / a fresh sandbox a row", pairs, 12, f"{by_row:.0f} rows/s")
        pairs = [(_rate(TRIVIAL, "worker", 20_000), _rate(TRIVIAL, "row", 400)) for _ in range(ROUNDS)]
        by_worker = statistics.median(worker for worker, _ in pairs)
        yield _ratio("sandbox: by worker / by row", pairs, 15, f"{by_worker:.0f} rows/s")
        pairs = [(_rate(NUMPY, "row", 300), _rate(TRIVIAL, "row", 300)) for _ in range(ROUNDS)]
        with_numpy = statistics.median(row for row, _ in pairs)
        yield _ratio("sandbox: by row with numpy / without", pairs, None, f"{with_numpy:.0f} rows/s")
        first = statistics.median(1 / _fresh(1) for _ in range(5))
        yield Ratio("sandbox: seconds to the first row", first, 0.3, at_most=True)
    pairs = [(_rate(TRIVIAL, "row", 800, 2), _rate(TRIVIAL, "row", 400)) for _ in range(ROUNDS)]
    yield _ratio("sandbox: two workers / one, by row", pairs, None, f"{len(os.sched_getaffinity(0))} cores")
    hosted = 5.0  # seconds a row, observed of the hosted grader
    yield Ratio("sandbox: by row / the hosted grader's 5 s a row", by_row * hosted)


def _ratio(subject: str, pairs: list[tuple[float, float]], goal: float | None, note: str) -> Ratio:
    return Ratio(subject, statistics.median(one / other for one, other in pairs), goal, note=note)


def _rate(source: str, isolation: Isolation, rows: int, workers: int = 1) -> float:
    """Give the rows a second of warm workers."""
    with Sandbox(source, isolation=isolation, workers=workers) as sandbox:
        sandbox.grade_rows([_ROW] * 20 * workers)
        started = time.perf_counter()
        outcomes = sandbox.grade_rows([_ROW] * rows)
        seconds = time.perf_counter() - started
    if set(outcomes) != {0.0}:
        raise RuntimeError(f"a row failed: {outcomes[0]}")
    return rows / seconds


def _fresh(rows: int) -> float:
    """Give the rows a second where each has a sandbox of its own."""
    started = time.perf_counter()
    for _ in range(rows):
        with Sandbox(TRIVIAL) as sandbox:
            (outcome,) = sandbox.grade_rows([_ROW])
        if outcome != 0.0:
            raise RuntimeError(f"the row failed: {outcome}")
    return rows / (time.perf_counter() - started)


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, and what it starts, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
