"""Run every benchmark and print its ratios: `python -m benchmarks`."""

import os
import sys

from benchmarks import (
    end_to_end,
    judges,
    large_runs,
    metrics,
    rendering,
    sandbox,
    scaling,
    start_up,
    tokens,
    workers,
)
from graders.analysis import LIBRARIES, library_versions
from graders.cli.bench import print_ratios
from graders.cli.console import out

SUBJECTS = (start_up, metrics, tokens, rendering, end_to_end, scaling, large_runs, judges, sandbox, workers)
PEERS = ("rouge-score-rs", "bleuscore")


def main() -> None:
    """Print one table with every ratio, its goal, and whether it holds."""
    os.environ["RAYON_NUM_THREADS"] = "1"  # read by the libraries in Rust when they start their threads
    measured = []
    for subject in SUBJECTS:
        for ratio in subject.ratios():
            measured.append(ratio)
            print(f"{ratio.subject}: {ratio.ratio:.2f}", file=sys.stderr, flush=True)
    print_ratios(out(), measured, library_versions((*LIBRARIES, *PEERS)))


if __name__ == "__main__":
    main()
