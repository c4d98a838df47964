"""Run the benchmarks and print their ratios: `python -m benchmarks [SUBJECT ...]`, without a name all."""

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
    server,
    start_up,
    tokens,
    workers,
)
from graders.analysis import LIBRARIES, library_versions
from graders.cli.bench import print_ratios
from graders.cli.console import out

MODULES = (
    start_up,
    metrics,
    tokens,
    rendering,
    end_to_end,
    scaling,
    large_runs,
    judges,
    sandbox,
    workers,
    server,
)
SUBJECTS = {module.__name__.rpartition(".")[2]: module for module in MODULES}
PEERS = ("rouge-score-rs", "bleuscore")


def main() -> None:
    """Print one table with the ratios of the named subjects, their goals, and whether they hold."""
    names = sys.argv[1:] or list(SUBJECTS)
    if unknown := [name for name in names if name not in SUBJECTS]:
        sys.exit(f"no such subject: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    os.environ["RAYON_NUM_THREADS"] = "1"  # read by the libraries in Rust when they start their threads
    measured = []
    for name in names:
        for ratio in SUBJECTS[name].ratios():
            measured.append(ratio)
            print(f"{ratio.subject}: {ratio.ratio:.2f}", file=sys.stderr, flush=True)
    print_ratios(out(), measured, library_versions((*LIBRARIES, *PEERS)))


if __name__ == "__main__":
    main()
