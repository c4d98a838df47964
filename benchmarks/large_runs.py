"""A million short rows in one process: the memory of a run, and what a row costs among many and among few."""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.processes import interpreter_cost
from benchmarks.short_rows import GRADER, write_rows
from graders import evaluate, load_grader
from graders.analysis.measure import Ratio
from graders.metrics.tokens import forget_tokens

ROWS, FEW = 1_000_000, 10_000
ROUNDS = 3


def ratios() -> Iterator[Ratio]:
    """Write the rows into a folder that is removed afterwards (0.4 GB with their results), and grade them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many, few = folder / "many.jsonl", folder / "few.jsonl"
        write_rows(many, ROWS)
        with many.open("rb") as lines, few.open("wb") as file:
            file.writelines(islice(lines, FEW))
        yield from _memory(folder, many)
        yield _cost(folder, few, many)


def _memory(folder: Path, data: Path) -> Iterator[Ratio]:
    document = folder / "grader.json"
    document.write_text(json.dumps(GRADER))
    options = ["--slim", "--quiet", "--overwrite", "--workers", "1", "--out", str(folder / "run")]
    cost = interpreter_cost(["-m", "graders", "run", str(document), str(data), *options])
    yield Ratio("graders run --slim, 1,000,000 rows: peak memory in MiB", cost.peak, 120, at_most=True)
    yield Ratio("graders run --slim, 1,000,000 rows: thousand rows a second", ROWS / cost.seconds / 1000)


def _cost(folder: Path, few: Path, many: Path) -> Ratio:
    grader = load_grader(GRADER)

    def seconds_a_row(data: Path, rows: int, times: int) -> float:
        started = time.process_time()
        for _ in range(times):
            forget_tokens()
            evaluate(grader, data, out=folder / "scaling", overwrite=True, slim=True, workers=1)
        return (time.process_time() - started) / rows / times

    seconds_a_row(few, FEW, 1)
    pairs = [(seconds_a_row(few, FEW, 10), seconds_a_row(many, ROWS, 1)) for _ in range(ROUNDS)]
    ratio = statistics.median(pair[1] for pair in pairs) / statistics.median(pair[0] for pair in pairs)
    return Ratio("a row of 1,000,000 / a row of 10,000", ratio, 1.25, at_most=True)
