"""Workers end with what they belong to: a call, a sandbox, an interpreter, a machine's patience."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graders.sandbox import ISOLATIONS, Failure, Isolation, Level, Sandbox

HANG = "import time\ndef grade(sample, item):\n    time.sleep(item['seconds'])\n    return 1"
PROGRAM = """
import os, sys
from graders.sandbox import Sandbox
source = "import time\\ndef grade(sample, item):\\n    time.sleep(item['seconds'])\\n    return 1"
sandbox = Sandbox(source, level=sys.argv[1], isolation=sys.argv[2])
assert sandbox.grade_rows([({}, {"seconds": 0})]) == [1.0]
print("started", flush=True)
"""


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def descendants(pid: int) -> set[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: set[int]) -> bool:
    return not any(map(is_alive, pids))


def start(program: str, level: Level, isolation: Isolation) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(program), level, isolation]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("busy", [True, False])
def test_nothing_outlives_a_supervisor_that_is_killed(level: Level, isolation: Isolation, busy: bool) -> None:
    rest = "sandbox.grade_rows([({}, {'seconds': 60})])" if busy else "import time; time.sleep(60)"
    process = start(PROGRAM + rest, level, isolation)
    workers = descendants(process.pid)
    assert workers
    if busy:
        time.sleep(0.2)  # until the row runs; there is no event for that outside
        workers = descendants(process.pid)
    process.kill()
    process.communicate()
    assert until(lambda: gone(workers))


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError", "os._exit(4)", "del sandbox"])
def test_nothing_outlives_an_interpreter(level: Level, isolation: Isolation, end: str) -> None:
    process = start(PROGRAM + end, level, isolation)
    process.communicate(timeout=30)
    assert until(lambda: gone(descendants(process.pid)))


def test_a_sandbox_that_is_forgotten_ends_its_workers(level: Level) -> None:
    sandbox = Sandbox("def grade(sample, item): return 1", level=level, workers=2)
    before = descendants(os.getpid())
    sandbox.grade_rows([({}, {})] * 64)
    workers = descendants(os.getpid()) - before
    assert workers
    del sandbox
    gc.collect()
    assert until(lambda: gone(workers))


@pytest.fixture(params=["as ever", "begun anew"])
def calls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Interrupted system calls return, or are begun anew, as libraries such as Polars have it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.siginterrupt(signal.SIGINT, request.param == "as ever")
    yield
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_an_interrupt_ends_the_workers_of_the_call(level: Level, isolation: Isolation) -> None:
    before = descendants(os.getpid())
    sandbox = Sandbox(HANG, level=level, isolation=isolation, workers=2)
    main = threading.main_thread().ident
    timer = threading.Timer(0.5, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sandbox.grade_rows([({}, {"seconds": 60})] * 8)
    assert time.monotonic() - started < 10
    assert until(lambda: gone(descendants(os.getpid()) - before))
    assert sandbox.grade_rows([({}, {"seconds": 0})]) == [1.0]


def test_closing_from_another_thread_ends_the_rows_that_run(level: Level) -> None:
    sandbox = Sandbox(HANG, level=level)
    timer = threading.Timer(0.5, sandbox.close)
    timer.start()
    started = time.monotonic()
    outcomes = sandbox.grade_rows([({}, {"seconds": 60})] * 3)
    assert time.monotonic() - started < 10
    assert all(isinstance(outcome, Failure) and outcome.kind == "server" for outcome in outcomes)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_worker_that_is_killed_from_outside_costs_one_row(level: Level, victim: int) -> None:
    with Sandbox(HANG, level=level) as box:
        before = descendants(os.getpid())
        box.grade_rows([({}, {"seconds": 0})])
        workers = sorted(descendants(os.getpid()) - before)
        timer = threading.Timer(0.3, os.kill, [workers[min(victim, len(workers) - 1)], signal.SIGKILL])
        timer.start()
        outcomes = box.grade_rows([({}, {"seconds": 0}), ({}, {"seconds": 1}), ({}, {"seconds": 0})])
    assert outcomes[0] == outcomes[2] == 1.0
    assert outcomes[1] == 1.0 or isinstance(outcomes[1], Failure)
