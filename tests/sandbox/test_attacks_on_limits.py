"""A row that overruns a limit costs itself: the next row is graded rightly, and nothing is left."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from graders.sandbox import Failure, Level, Limits, Outcome

Strike = Callable[..., Outcome]


def headline(outcome: Outcome) -> str:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == "runtime", outcome
    return f"{outcome.cause}: {outcome.detail.splitlines()[0]}"


HANGS = {
    "a loop": "while True: pass",
    "a sleep": "time.sleep(1000)",
    "a pattern": "re.match('(a*)*b', 'a' * 40)",
    "a pause in C": "ctypes.CDLL(None).pause()",
    "stopping itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "a thread that never ends": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "deaf to signals": """
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True:
        try:
            while True: pass
        except BaseException: pass""",
    "a float that never comes": """
    class F(float):
        def __float__(self): time.sleep(1000)
    return F(1)""",
    "an exception that never prints": """
    class E(Exception):
        def __str__(self): time.sleep(1000)
    raise E""",
    "an endless number": "return 10 ** 10 ** 10",
}


@pytest.mark.parametrize("body", HANGS.values(), ids=HANGS)
def test_a_row_that_hangs_is_ended_by_its_clock(strike: Strike, small: Limits, body: str) -> None:
    started = time.monotonic()
    outcome = strike(f"import ctypes, os, re, signal, threading, time\ndef attack(item):\n    {body.strip()}")
    assert headline(outcome) == f"timeout: Execution exceeded the {small.seconds} second limit."
    assert time.monotonic() - started < small.seconds + 3


def test_a_module_that_hangs_is_ended_by_the_clock_of_the_row(strike: Strike, small: Limits) -> None:
    outcome = strike("""
import inspect, json
def attack(item): pass
row = inspect.currentframe().f_back
while row and "row" not in row.f_locals: row = row.f_back
while row and b'"attack":true' in row.f_locals["row"]: pass
""")
    assert headline(outcome) == f"timeout: Execution exceeded the {small.seconds} second limit."


MEMORY = {
    "at once": "return len(bytearray(10 << 30))",
    "bit by bit": "kept = []\n    while True: kept.append(bytearray(1 << 20))",
    "in an arena": "return len(mmap.mmap(-1, 10 << 30))",
    "as a number": "return len(str(1 << (1 << 36)))",
}


@pytest.mark.parametrize("body", MEMORY.values(), ids=MEMORY)
def test_memory_is_bounded(strike: Strike, small: Limits, body: str) -> None:
    outcome = strike(f"import mmap\ndef attack(item):\n    {body}", replace(small, seconds=20))
    assert headline(outcome) in (
        "memory: Execution exceeded the 512 MB memory limit.",
        "exception: Traceback (most recent call last):",  # mmap raises an OSError
    )


def test_memory_that_no_limit_counts_is_refused(contained: Callable[..., None]) -> None:
    contained("""
import os
from multiprocessing import shared_memory
def attack(item):
    refused(os.memfd_create, "x")
    refused(shared_memory.SharedMemory, create=True, size=1 << 20)
    return refused(open, "/dev/shm/x", "wb")
""")


def test_threads_are_bounded(strike: Strike, level: Level, small: Limits) -> None:
    outcome = strike("""
import threading
def attack(item):
    threading.stack_size(32 << 10)
    done = threading.Event()
    try:
        for number in range(100_000):
            threading.Thread(target=done.wait, daemon=True).start()
    except RuntimeError:
        return number
    return -1
""")
    assert isinstance(outcome, float)
    assert 0 <= outcome < small.threads
    assert (outcome > 0) == (level == "full")


def test_output_is_swallowed(strike: Strike, small: Limits) -> None:
    outcome = strike(
        """
import os, sys
def attack(item):
    text = "x" * (16 << 20)
    for _ in range(64):
        sys.stdout.write(text); sys.stderr.write(text)
        os.write(1, text.encode()); os.write(2, text.encode())
    return 1
""",
        replace(small, seconds=20),
    )
    assert outcome == 1.0


ENDS = {
    "exit": ("sys.exit(0)", "exception: Traceback (most recent call last):"),
    "exit at once": ("os._exit(0)", "crash: The process ended with status 0 before grade returned."),
    "exit with our status": (
        "os._exit(70)",
        "crash: The process ended with status 70 before grade returned.",
    ),
    "a wrong address": (
        "ctypes.string_at(0)",
        "crash: The process was ended by SIGSEGV before grade returned.",
    ),
    "abort": ("os.abort()", "crash: The process was ended by SIGABRT before grade returned."),
    "killing itself": ("os.kill(os.getpid(), 9)", "crash: The process ended before grade returned."),
    "recursion": ("f = lambda: f(); f()", "exception: Traceback (most recent call last):"),
    "an interrupt": ("signal.raise_signal(signal.SIGINT)", "exception: Traceback (most recent call last):"),
}


@pytest.mark.parametrize(("body", "expected"), ENDS.values(), ids=ENDS)
def test_a_row_that_ends_its_process_costs_itself(strike: Strike, body: str, expected: str) -> None:
    outcome = strike(f"import ctypes, os, signal, sys\ndef attack(item):\n    {body}")
    assert headline(outcome) == expected


def test_recursion_to_the_end_of_the_stack_of_c_costs_the_row(strike: Strike) -> None:
    outcome = strike("""
import sys
class Deep:
    def __getattr__(self, name): return getattr(self, name)
def attack(item):
    sys.setrecursionlimit(10**9)
    getattr(Deep(), "x")
""")
    assert headline(outcome).startswith(("crash", "timeout", "memory"))
