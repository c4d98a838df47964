"""Measure two ways of doing one thing in turn, in CPU time, and compare their medians.

Design: machines are shared and noisy, so the two sides alternate inside one run and only their ratio is
reported.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """How ours compares with theirs; `goal` is what the ratio should reach (`at_most`: stay below)."""

    subject: str
    ratio: float
    goal: float | None
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether the goal is reached; True where there is none."""
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def interleaved(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 5) -> float:
    """Give the CPU time of theirs divided by that of ours: above 1 where ours is faster."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, run in zip(times, (ours, theirs), strict=True):
            started = time.process_time()
            run()
            side.append(time.process_time() - started)
    return statistics.median(times[1]) / statistics.median(times[0])


def interpreter_seconds(arguments: Sequence[str]) -> float:
    """Give the user CPU time of a fresh interpreter."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime)"
    )
    command = [sys.executable, "-c", program, sys.executable, *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def start_up_ratio(ours: Sequence[str], theirs: Sequence[str], rounds: int = 7) -> float:
    """Give the start-up time of ours divided by that of theirs, both in fresh interpreters."""
    pairs = [(interpreter_seconds(ours), interpreter_seconds(theirs)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs) / statistics.median(pair[1] for pair in pairs)
