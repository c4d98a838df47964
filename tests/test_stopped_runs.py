"""Runs that are stopped at any moment, and gone on with."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graders import DataError, RunStoppedError, evaluate, load_grader
from graders.errors import DataWarning

EXACT = {
    "type": "string_check",
    "name": "exact match!",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
METEOR = {
    "type": "text_similarity",
    "name": "meteor",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "meteor",
}


@pytest.fixture
def exact():
    return load_grader(EXACT)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_rows(name, rows):
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def test_data_that_break_off_leave_what_was_graded_before(exact):
    rows = ["answer,sample", *["a,a"] * 1500, '"a']
    Path("rows.csv").write_text("\n".join(rows))
    with pytest.raises(DataError, match="line 1502: malformed CSV"):
        evaluate(exact, "rows.csv", out="run")
    assert len(Path("run/results.jsonl").read_bytes().splitlines()) == 1000
    assert json.loads(Path("run/run.json").read_text())["status"] == "failed"


def test_an_interrupt_is_noted_with_the_way_on(exact):
    def interrupt(_):
        raise KeyboardInterrupt

    rows = [{"item": {"answer": "a"}, "sample": "a"}]
    with pytest.raises(KeyboardInterrupt, match="run: what is done is safe; --resume goes on"):
        evaluate(exact, rows, out="run", on_progress=interrupt)
    assert json.loads(Path("run/run.json").read_text())["status"] == "interrupted"
    assert evaluate(exact, rows, out="run", resume=True).about["status"] == "complete"


def test_a_full_disk_stops_the_run_and_it_can_go_on(exact, monkeypatch):
    write_rows("rows.jsonl", [{"item": {"answer": "a"}, "sample": "a"}] * 2500)
    evaluate(exact, "rows.jsonl", out="whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
        with pytest.raises(RunStoppedError, match="run: no space left to write; --resume goes on"):
            evaluate(exact, "rows.jsonl", out="run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert Path("run/results.jsonl").stat().st_size > 100_000
    assert json.loads(Path("run/run.json").read_text())["status"] == "interrupted"
    evaluate(exact, "rows.jsonl", out="run", resume=True)
    assert Path("run/results.jsonl").read_bytes() == Path("whole/results.jsonl").read_bytes()


LIMITED = (
    "import resource, signal, sys\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "size = int(sys.argv.pop(1))\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
    "from graders.cli import main\n"
    "main()"
)


def command(*arguments):
    return [sys.executable, "-m", "graders", "run", "grader.json", "rows.jsonl", "--quiet", *arguments]


def run(arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("size", "expected"), [(10, 1), (1200, 5), (60_000, 5)])
def test_on_a_full_disk_the_command_ends_and_resumes(size, expected):
    Path("grader.json").write_text(json.dumps(EXACT))
    write_rows("rows.jsonl", [{"item": {"answer": "a"}, "sample": "a"}] * 1500)
    arguments = command("-o", "run")[3:]
    stopped = run([sys.executable, "-c", LIMITED, str(size), *arguments])
    assert stopped.returncode == expected
    assert "Traceback" not in stopped.stderr
    assert len(stopped.stderr.splitlines()) == 1
    assert run(command("-o", "run", "--resume")).returncode == 0
    assert run(command("-o", "whole")).returncode == 0
    assert Path("run/results.jsonl").read_bytes() == Path("whole/results.jsonl").read_bytes()
    assert Path("run/summary.json").read_bytes() == Path("whole/summary.json").read_bytes()


WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "seven",
    "cats",
    "sleep",
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A complete run that takes seconds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "grader.json").write_text(json.dumps(METEOR))
    texts = [" ".join(WORDS[(n * step) % 13] for n in range(40)) for step in (3, 5, 7, 11)]
    rows = [
        {"item": {"answer": f"{texts[n % 4]} {n}"}, "sample": f"{texts[(n + 1) % 4]} {n}"}
        for n in range(4000)
    ]
    write_rows(folder / "rows.jsonl", rows)
    evaluate(load_grader(METEOR), folder / "rows.jsonl", out=folder / "run")
    return folder


def hear_interrupts():
    """A suite that runs in the background of a shell hands down that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def stop_in_the_middle(with_signal):
    """Start a run, wait until a block of it is on disk, and send a signal."""
    process = subprocess.Popen(
        command("-o", "run"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    )
    rows = Path("run/results.jsonl")
    while process.poll() is None and not (rows.exists() and rows.stat().st_size):
        os.sched_yield()
    process.send_signal(with_signal)
    _, messages = process.communicate()
    return process.returncode, messages, rows.read_bytes()


@pytest.mark.parametrize(
    ("with_signal", "code", "status"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGKILL, -9, "running")]
)
def test_a_run_that_was_stopped_goes_on_and_equals_an_undisturbed_one(undisturbed, with_signal, code, status):
    for name in ("grader.json", "rows.jsonl"):
        Path(name).write_bytes((undisturbed / name).read_bytes())
    stopped_with, messages, rows = stop_in_the_middle(with_signal)
    assert stopped_with == code
    assert 0 < rows.count(b"\n") < 4000
    assert json.loads(Path("run/run.json").read_text())["status"] == status
    expected = "interrupted: run: what is done is safe; --resume goes on\n"
    assert messages == (expected if with_signal == signal.SIGINT else "")
    evaluate(load_grader(METEOR), "rows.jsonl", out="run", resume=True)
    assert Path("run/results.jsonl").read_bytes().startswith(rows)
    for name in ("results.jsonl", "summary.json"):
        assert Path("run", name).read_bytes() == (undisturbed / "run" / name).read_bytes()


UNSEEN = {**METEOR, "evaluation_metric": "rouge_l"}


def cautions():
    return list(json.loads(Path("run/run.json").read_text())["cautions"].values())


def test_what_was_doubtful_before_a_stop_is_said_when_the_run_has_gone_on(exact):
    def interrupt(progress):
        raise KeyboardInterrupt

    rows = write_rows("rows.jsonl", [{"item": {"answer": "橋"}, "sample": "橋"}] * 2500)
    grader = load_grader(UNSEEN)
    with pytest.raises(KeyboardInterrupt):
        evaluate(grader, rows, out="run", on_progress=interrupt)
    assert cautions() == [1000]
    with pytest.warns(DataWarning, match=r"rouge_l sees no text.*\(rows: 2,500\)"):
        evaluate(grader, rows, out="run", resume=True)
    assert cautions() == [2500]


def test_a_complete_run_that_goes_on_still_says_what_is_doubtful():
    rows = [{"item": {"answer": "橋"}, "sample": "橋"}] * 3
    for resume in (False, True):
        with pytest.warns(DataWarning, match=r"\(rows: 3\)"):
            evaluate(load_grader(UNSEEN), rows, out="run", resume=resume)
        assert cautions() == [3]
