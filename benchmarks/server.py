"""Requests that `/graders/run` answers in a second, beside a FastAPI route that does nothing.

Design: both are served in two processes with the same options of uvicorn, and are put under load by wrk in
turn; a machine of two cores shares them with wrk, for either side alike.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.empty_route import ROUTE
from graders.analysis.measure import Ratio

ROUNDS, SECONDS, CONNECTIONS, MANY = 5, 3, 64, 1000
RUN = "/fine_tuning/alpha/graders/run"
GIVEN = {
    "grader": {
        "type": "string_check",
        "name": "exact",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "operation": "eq",
    },
    "model_sample": "Paris",
    "item": {"answer": "Paris"},
}
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Load(NamedTuple):
    """What wrk saw: answers in a second, the slowest of 99 in 100 in milliseconds, and how many failed."""

    per_second: float
    p99: float
    answered: int
    failed: int


def ratios() -> Iterator[Ratio]:
    """Compare the two routes, and let a thousand clients ask at once."""
    if shutil.which("wrk") is None:
        print("server: there is no wrk here; tools/wrk.sh installs it", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder, _ours(folder) as ours, _empty() as empty:
        for url in (ours, empty):  # the second process of either may still be starting
            _load(url, folder)
        pairs = [(_load(ours, folder), _load(empty, folder)) for _ in range(ROUNDS)]
        many = _load(ours, folder, connections=MANY)
    mine, theirs = (_median(side) for side in zip(*pairs, strict=True))
    yield Ratio(
        "requests/s of /graders/run (string_check) / of an empty FastAPI route, two processes each",
        mine.per_second / theirs.per_second,
        0.5,
        note=f"{_shown(mine)}; empty: {_shown(theirs)}; {CONNECTIONS} connections",
    )
    yield Ratio(
        f"requests of {MANY} connections at once that are answered",
        many.answered / (many.answered + many.failed),
        1.0,
        note=_shown(many),
    )


def _shown(load: Load) -> str:
    return f"{load.per_second:,.0f} requests/s, p99 {load.p99:.1f} ms"


def _median(loads: Sequence[Load]) -> Load:
    return sorted(loads)[len(loads) // 2]


def _load(url: str, folder: str, *, connections: int = CONNECTIONS) -> Load:
    """Put a load on a URL."""
    script = Path(folder) / "request.lua"
    body = json.dumps(json.dumps(GIVEN))
    script.write_text(
        f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = {body}\n'
    )
    options = ["-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", "--latency", "-s", str(script)]
    said = subprocess.run(["wrk", *options, url], check=True, capture_output=True, text=True).stdout
    per_second, answered = _number(r"Requests/sec: +([\d.]+)", said), _number(r"(\d+) requests in", said)
    slow = re.search(r"99% +([\d.]+)(us|ms|s)", said)
    p99 = float(slow[1]) * _UNITS[slow[2]] if slow else float("nan")
    refused = _number(r"Non-2xx or 3xx responses: (\d+)", said)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    lost = sum(map(int, errors.groups())) if errors else 0
    return Load(per_second, p99, int(answered - refused), int(refused + lost))


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


@contextmanager
def _ours(folder: str) -> Iterator[str]:
    command = ["-m", "graders", "serve", "--port", "0", "--workers", "2", "--store", f"{folder}/store"]
    with _serving(command) as url:
        yield url + RUN


@contextmanager
def _empty() -> Iterator[str]:
    with _serving(["-m", "benchmarks.empty_route"]) as url:
        yield url + ROUTE


@contextmanager
def _serving(command: Sequence[str]) -> Iterator[str]:
    """Run a server that says its URL."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, *command], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()
