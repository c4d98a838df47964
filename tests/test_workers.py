"""Blocks graded in several processes: the same bytes, whatever becomes of the processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from graders import RunError, RunStoppedError, evaluate, load_grader
from graders.compile import Grader
from graders.dataset import Block, Row
from graders.engine import run as engine_run
from graders.engine import workers as engine_workers
from graders.engine.lines import LineWriter
from graders.results import Tally

MULTI = {
    "type": "multi",
    "name": "both",
    "graders": {
        "equal": {
            "type": "string_check",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "operation": "eq",
        },
        "near": {
            "type": "text_similarity",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "evaluation_metric": "rouge_l",
        },
    },
    "calculate_output": "(equal + near) / 2",
    "pass_threshold": 0.5,
}
WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "looked", "at", "its", "tail"]


def text_of(number):
    return " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 9))


def lines_of(n):
    for number in range(n):
        if number % 701 == 5:
            yield "{torn"
        elif number % 97 == 3:
            yield json.dumps({"item": {"topic": "none"}, "sample": "no answer"})
        elif number % 89 == 7:
            samples = [text_of(number), text_of(number + 1)]
            yield json.dumps({"item": {"answer": text_of(number), "topic": "two"}, "samples": samples})
        else:
            item = {"answer": text_of(number), "topic": f"t{number % 3}"}
            yield json.dumps({"item": item, "sample": text_of(number * 7 % 13)})


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(lines_of(6500)) + "\n")
    return path


def written(out):
    return [(Path(out) / name).read_bytes() for name in ("results.jsonl", "summary.json")]


def children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(number) for number in (task / "children").read_text().split()]
    return found


@pytest.mark.parametrize(
    "options", [{}, {"slim": True, "group_by": ["item.topic"]}, {"limit": 3456}], ids=str
)
def test_the_bytes_do_not_depend_on_the_number_of_workers(data, options):
    for workers in (1, 2, 3):
        evaluate(load_grader(MULTI), data, out=f"out{workers}", workers=workers, **options)
    assert written("out1") == written("out2") == written("out3")


def test_rows_in_memory_are_graded_by_workers_too(data):
    rows = [{"item": {"answer": text_of(number)}, "sample": text_of(number * 3)} for number in range(2500)]
    for workers in (1, 2):
        evaluate(load_grader(MULTI), rows, out=f"out{workers}", workers=workers)
    assert written("out1") == written("out2")


def test_a_run_goes_on_with_another_number_of_workers(data):
    evaluate(load_grader(MULTI), data, out="whole")
    evaluate(load_grader(MULTI), data, out="part")
    rows = Path("part/results.jsonl")
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:2222]) + b'{"row": 2')
    evaluate(load_grader(MULTI), data, out="part", workers=2, resume=True)
    assert written("part") == written("whole")


@pytest.mark.long
def test_a_worker_that_dies_is_replaced_and_its_block_done_again(data):
    evaluate(load_grader(MULTI), data, out="whole")
    before = set(children())
    killed = []

    def kill_two():
        while len(killed) < 2:
            for child in set(children()) - before - set(killed):
                time.sleep(0.1)  # while it starts, or is at work
                os.kill(child, signal.SIGKILL)
                killed.append(child)
                break

    killer = threading.Thread(target=kill_two, daemon=True)
    killer.start()
    with data.open("a") as file:
        file.write("\n".join(lines_of(200_000)))
    evaluate(load_grader(MULTI), data, out="killed", workers=2)
    killer.join(30)
    assert len(killed) == 2
    evaluate(load_grader(MULTI), data, out="undisturbed")
    assert written("killed") == written("undisturbed")
    assert set(children()) <= before


KILLER = """
import os, signal
import numpy as np
from graders.scores import Scores

PARENT = {parent}

class Killer:
    name, paths, signatures = "killer", (), {{}}

    def score_batch(self, batch):
        if os.getpid() != PARENT and 1500 in batch.numbers:
            os.kill(os.getpid(), signal.SIGKILL)
        return Scores.of(self.name, np.ones(len(batch)), {{}})
"""


def test_rows_that_end_every_worker_stop_the_run_resumably(data, tmp_path, monkeypatch):
    (tmp_path / "killing.py").write_text(KILLER.format(parent=os.getpid()))
    monkeypatch.syspath_prepend(str(tmp_path))
    import killing  # type: ignore[import-not-found]

    grader = Grader({"type": "killer"}, killing.Killer(), "killer", None)
    with pytest.raises(RunStoppedError, match="have ended 3 worker processes"):
        evaluate(grader, data, out="out", workers=2)
    done = len(Path("out/results.jsonl").read_bytes().splitlines())
    assert 1000 <= done <= 1500
    assert evaluate(grader, data, out="out", workers=1, resume=True).summary.rows > 6500


class Local:
    """A scorer that no other process can make."""

    name, paths, signatures = "local", (), {}

    def __init__(self):
        self.lock = threading.Lock()

    def score_batch(self, batch):
        return load_grader(MULTI).score_batch(batch)


def test_a_grader_that_cannot_leave_is_graded_here_unless_workers_are_asked_for(data, monkeypatch):
    monkeypatch.setattr(engine_run, "_SECONDS_ALONE", 0.0)
    monkeypatch.setattr(engine_run, "_SECONDS_WORTH", 1e-9)
    grader = Grader({"type": "local"}, Local(), "local", None)
    assert evaluate(grader, data, out="here").summary.rows > 6500
    with pytest.raises(
        RunError, match=r"the grader cannot go to another process: .*; --workers 1 does without"
    ):
        evaluate(grader, data, out="there", workers=2)


def test_a_run_that_proves_long_is_handed_to_workers(data, monkeypatch):
    started = []

    class Counted(engine_workers.Workers):
        def __init__(self, number, *more):
            started.append(number)
            super().__init__(number, *more)

    monkeypatch.setattr(engine_run, "Workers", Counted)
    monkeypatch.setattr(engine_run, "_cores", lambda: 2)
    evaluate(load_grader(MULTI), data, out="short")
    assert started == []
    monkeypatch.setattr(engine_run, "_SECONDS_ALONE", 0.0)
    monkeypatch.setattr(engine_run, "_SECONDS_WORTH", 1e-9)
    evaluate(load_grader(MULTI), data, out="long")
    assert started == [2]
    assert written("short") == written("long")


def test_no_more_blocks_are_read_than_the_workers_can_take(data):
    grader, taken = load_grader(MULTI), []

    def blocks():
        for number in range(40):
            taken.append(number)
            yield Block([Row(number, None, number, {"answer": "a"}, "a", None)])

    workers = engine_workers.Workers(2, LineWriter(grader), Tally(None))
    graded = workers.graded(blocks())
    done = [next(graded)]
    for child in children():
        os.kill(child, signal.SIGSTOP)
    reading = threading.Thread(target=lambda: done.extend(graded))
    reading.start()
    try:
        reading.join(0.5)
        assert reading.is_alive()
        assert len(taken) <= len(done) + 7
    finally:
        for child in children():
            os.kill(child, signal.SIGCONT)
        reading.join(30)
    assert [block.numbers[0] for block, _ in done] == list(range(40))


def test_what_a_grader_prints_in_a_worker_is_no_answer(data, tmp_path, monkeypatch, capfd):
    (tmp_path / "talking.py").write_text(
        KILLER.format(parent=0).replace("os.kill(os.getpid(), signal.SIGKILL)", "print('hello')")
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import talking  # type: ignore[import-not-found]

    grader = Grader({"type": "killer"}, talking.Killer(), "killer", None)
    assert evaluate(grader, data, out="out", workers=2).summary.mean == 1.0
    assert "hello" in capfd.readouterr().err


@pytest.mark.parametrize(("signal_sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_worker_outlives_its_run(data, signal_sent, code):
    Path("grader.json").write_text(json.dumps(MULTI))
    with data.open("a") as file:
        file.write("\n".join(lines_of(150_000)))
    words = [
        sys.executable,
        "-m",
        "graders",
        "run",
        "grader.json",
        "data.jsonl",
        "-o",
        "out",
        "--workers",
        "2",
    ]
    process = subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    found = set()
    while len(found) < 2:
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            found |= set((task / "children").read_text().split())
        time.sleep(0.02)
    while not Path("out/results.jsonl").exists() or not Path("out/results.jsonl").stat().st_size:
        time.sleep(0.02)
    process.send_signal(signal_sent)
    process.communicate(timeout=60)
    assert process.returncode == code
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in found):
        assert time.monotonic() < deadline
        time.sleep(0.05)
