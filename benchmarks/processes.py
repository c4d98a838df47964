"""What a fresh process costs: CPU time and memory."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

_WATCHER = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime, used.ru_maxrss]))
"""
_MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10  # in the units of ru_maxrss


class Cost(NamedTuple):
    """User CPU time, and the most memory that was resident at once in MiB."""

    seconds: float
    peak: float


def interpreter_cost(arguments: Sequence[str]) -> Cost:
    """Run a fresh interpreter, and wait for it."""
    command = [sys.executable, "-c", _WATCHER, sys.executable, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    return Cost(seconds, peak / _MEBIBYTE)
