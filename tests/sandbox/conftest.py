"""What the tests of the sandbox share: the levels that this machine gives, and how an attack is judged."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graders.sandbox import LEVELS, Failure, Level, Limits, Outcome, Probe, Sandbox, probe

PROBES: dict[Level, Probe] = {level: probe(level) for level in LEVELS}
CONFINED: list[Level] = [level for level in ("full", "reduced") if PROBES[level]]
SECONDS = 0.5
SMALL = Limits(seconds=SECONDS, memory=512 << 20, disk=8 << 20, files=200, threads=16)
CALM = ({}, {"attack": False})
HARNESS = """

def grade(sample, item):
    if not item["attack"]:
        return 0.5
    return attack(item)

def refused(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except (OSError, RuntimeError, ImportError):
        return True
    raise AssertionError(f"{call} was not refused")
"""


def pytest_report_header() -> list[str]:
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    lines = [f"{p.level}: {'holds' if p else p.reason}" for p in PROBES.values()]
    return [f"sandbox, as {who}: tested at {', '.join(CONFINED) or 'none'}", *lines]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "level" in metafunc.fixturenames:
        metafunc.parametrize("level", CONFINED or ["none"])


def workers_left() -> set[int]:
    """The workers that belong to this process, or to nobody any more."""
    return {pid for pid, parent in _workers() if parent in (1, os.getpid())}


def _workers() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if b"graders.sandbox.inside.zygote" in command and state != "Z":
                yield int(folder.name), int(parent)


@pytest.fixture
def no_worker_is_left() -> Iterator[None]:
    before = workers_left()
    yield
    deadline = time.monotonic() + 5
    while (left := workers_left() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == set()


Strike = Callable[..., Outcome]


@pytest.fixture
def strike(level: Level, no_worker_is_left: None) -> Strike:
    """Grade an attack between two calm rows, which must come out right, and give what became of it."""

    def strike(attack: str, limits: Limits = SMALL, **item: object) -> Outcome:
        with Sandbox(attack + HARNESS, level=level, limits=limits) as sandbox:
            rows = [CALM, ({}, {"attack": True, **item}), CALM]
            before, outcome, after = sandbox.grade_rows(rows)
        assert (before, after) == (0.5, 0.5)
        return outcome

    return strike


@pytest.fixture
def small() -> Limits:
    return SMALL


@pytest.fixture
def contained(strike: Strike) -> Callable[..., None]:
    """Grade an attack that says 1.0 when everything that it tried was refused."""

    def contained(attack: str, **item: object) -> None:
        outcome = strike(attack, **item)
        assert outcome == 1.0, outcome.detail if isinstance(outcome, Failure) else outcome

    return contained
