"""A million short rows by one process and by two; beside it, two independent processes against one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.short_rows import GRADER, write_rows
from graders.analysis.measure import Ratio

ROWS = 1_000_000


def ratios() -> Iterator[Ratio]:
    """Grade the rows with one worker and with two; then half of them once, and twice at the same time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, document = folder / "data.jsonl", folder / "grader.json"
        write_rows(data, ROWS)
        document.write_text(json.dumps(GRADER))
        one, two = (_seconds([_words(folder, workers=workers, rows=ROWS)]) for workers in (1, 2))
        note = f"{ROWS / one:,.0f} and {ROWS / two:,.0f} rows/s; {len(os.sched_getaffinity(0))} cores"
        yield Ratio("two workers / one, 1,000,000 rows", one / two, 1.7, note=note)
        half = _words(folder, workers=1, rows=ROWS // 2)
        alone, both = _seconds([half]), _seconds([half, [*half[:-1], str(folder / "other")]])
        yield Ratio("control: two independent processes / one", 2 * alone / both)


def _words(folder: Path, *, workers: int, rows: int) -> list[str]:
    given = ["--workers", str(workers), "--limit", str(rows)] if rows < ROWS else ["--workers", str(workers)]
    run = [sys.executable, "-m", "graders", "run", str(folder / "grader.json"), str(folder / "data.jsonl")]
    return [*run, "--slim", "--quiet", "--overwrite", *given, "--out", str(folder / "run")]


def _seconds(commands: list[list[str]]) -> float:
    """Run commands at the same time, and wait for all."""
    started = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    if any(process.wait() for process in running):
        raise RuntimeError("a run failed")
    return time.perf_counter() - started
