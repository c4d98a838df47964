"""Exit codes and their precedence, and output that nobody can take."""

import json
import subprocess
from pathlib import Path

import pytest

from graders import engine
from graders.errors import RunStoppedError


def raising(error):
    def evaluate(*_, **__):
        raise error

    return evaluate


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        ("rows.jsonl", [], 0),
        ("failing.jsonl", [], 3),
        ("failing.jsonl", ["--allow-errors"], 0),
        ("rows.jsonl", ["--fail-under", "0.5"], 0),
        ("rows.jsonl", ["--fail-under", "0.50001"], 4),
        ("failing.jsonl", ["--fail-under", "0.9"], 4),
        ("failing.jsonl", ["--fail-under", "0.9", "--allow-errors"], 4),
        ("failing.jsonl", ["--fail-under", "0.5", "--allow-errors"], 0),
        ("failing.jsonl", ["--fail-under", "0.5"], 3),
        ("failing.jsonl", ["--on-error", "zero"], 3),
        ("failing.jsonl", ["--on-error", "zero", "--fail-under", "0.4"], 4),
        ("broken.jsonl", ["--fail-under", "0", "--allow-errors"], 4),
        ("none.jsonl", ["--fail-under", "0.9", "--allow-errors"], 1),
        ("rows.txt", [], 1),
        ("rows.jsonl", ["--limit", "0"], 2),
        ("rows.jsonl", ["--limit", "x"], 2),
        ("rows.jsonl", ["--on-error", "one"], 2),
        ("rows.jsonl", ["--nonsense"], 2),
        ("rows.jsonl", ["--fail-under", "nan"], 2),
        ("rows.jsonl", ["--fail-under", "inf"], 2),
        ("rows.jsonl", ["--pass-threshold", "nan"], 2),
        ("rows.jsonl", ["--pass-threshold", "-inf"], 2),
    ],
)
@pytest.mark.parametrize("shown", [[], ["--json"]])
def test_run_ends_with_its_code(graders, data, options, expected, shown):
    Path("broken.jsonl").write_text("x\n")
    assert graders("run", "grader.json", data, *options, *shown).exit_code == expected


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "grader.json"], ["nonsense"], ["grade"], ["templates", "copy"], []]
)
def test_usage_ends_with_2(graders, arguments):
    assert graders(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["templates", "--help"],
        *([name, "--help"] for name in ("run", "grade", "validate")),
    ],
)
def test_help_ends_with_0(graders, arguments):
    assert graders(*arguments).exit_code == 0


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RunStoppedError("out: no space left to write; --resume goes on"), 5, "stopped: out: no space left"),
        (KeyboardInterrupt("out: what is done is safe"), 130, "interrupted: out: what is done is safe"),
        (KeyboardInterrupt(), 130, "interrupted: by Ctrl-C"),
        (
            OSError(5, "Input/output error", "out/results.jsonl"),
            1,
            "error: out/results.jsonl: input/output error",
        ),
    ],
)
def test_what_stops_a_run_goes_before_its_result(graders, monkeypatch, error, code, message):
    monkeypatch.setattr(engine, "evaluate", raising(error))
    done = graders("run", "grader.json", "failing.jsonl", "--fail-under", "1")
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith(message)


def test_a_mistake_of_ours_is_not_hidden(graders, monkeypatch):
    monkeypatch.setattr(engine, "evaluate", raising(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError):
        graders("run", "grader.json", "rows.jsonl")


@pytest.mark.parametrize(
    "arguments",
    [["run", "grader.json", "wide.jsonl", "--group-by", "item.n"], ["templates", "show", "gsm8k"]],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_gone_is_no_error_to_shout_about(command, monkeypatch, arguments, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    rows = [{"item": {"answer": "a", "n": f"{n:0100}"}, "sample": "a"} for n in range(3000)]
    Path("wide.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() in (0, 1)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_an_error(command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "templates", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "error: no space left on device\n")


def test_output_that_was_closed_is_not_missed(command):
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command, "run", "grader.json", "rows.jsonl", "--json"],
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
