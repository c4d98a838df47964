"""Text of rows and documents reaches the terminal with everything escaped that would steer it."""

import json
import unicodedata
from pathlib import Path

import pytest

STEERING = "\x1b]0;title\x07\x1b[31;45m\x9b2J\r\x08\x7f\u202e\u2066\u200b\u2028\U000e0041"
MARKUP = "[red]red[/red] [link=http://x.test]here[/link] :bomb: [/nothing]"
HOSTILE = STEERING + MARKUP


@pytest.fixture
def grader():
    document = json.loads(Path("grader.json").read_text()) | {"name": f"n {HOSTILE}", f"odd {HOSTILE}": 1}
    Path("hostile.json").write_text(json.dumps(document))
    return "hostile.json"


@pytest.fixture
def data():
    rows = [
        {"id": f"i {HOSTILE}", "item": {"answer": "a", "group": f"g {HOSTILE}"}, "sample": HOSTILE},
        {f"field {HOSTILE}": 1},
    ]
    Path("hostile.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "\x1b[31m\n")
    return "hostile.jsonl"


def assert_harmless(*streams):
    """Nothing steers but what draws colours and progress bars, which is not in the rows."""
    for stream in streams:
        text = stream.decode()
        assert "\x1b]" not in text
        assert "\x1b[31" not in text
        assert {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Zl")} <= set(
            "\n\r\x1b"
        )


@pytest.mark.parametrize("colours", [{}, {"FORCE_COLOR": "1", "COLUMNS": "200"}])
@pytest.mark.parametrize("shown", [[], ["--json"], ["--quiet"]])
def test_a_run_prints_no_text_that_steers(process, grader, data, colours, shown):
    options = ("--id-field", "id", "--group-by", "item.group", "-o", "out")
    done = process("run", grader, data, *options, *shown, env={"PYTHONIOENCODING": "utf-8", **colours})
    assert done.returncode == 3
    assert_harmless(done.stdout, done.stderr)
    if not colours:
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"\r" not in done.stdout + done.stderr


def test_markup_is_shown_and_not_obeyed(process, grader, data):
    env = {"PYTHONIOENCODING": "utf-8", "FORCE_COLOR": "1", "COLUMNS": "400"}
    done = process("run", grader, data, "--group-by", "item.group", env=env)
    shown = done.stdout.decode()
    assert MARKUP in shown
    assert r"g \x1b]0;title\x07\x1b[31;45m\x9b2J\r" in shown
    assert r"\x08\x7f\u202e\u2066\u200b\u2028\U000e0041[red]red" in shown


def test_the_default_directory_holds_nothing_of_it(graders, grader, data):
    (name,) = graders("run", grader, data, "--quiet").stdout.splitlines()
    assert name.replace("runs/", "").replace("-", "").replace("_", "").isalnum()
    assert name.isascii()


def test_json_keeps_the_value_and_escapes_the_letters(process, grader, data):
    done = process("run", grader, data, "--json", env={"PYTHONIOENCODING": "utf-8"})
    assert_harmless(done.stdout, done.stderr)
    assert json.loads(done.stdout)["grader"] == f"n {HOSTILE}"


def test_letters_of_every_language_stay_readable_in_json(process, data):
    document = json.loads(Path("grader.json").read_text()) | {"name": "評価 é 🙂"}
    done = process(
        "run", "-", data, "--json", stdin=json.dumps(document).encode(), env={"PYTHONIOENCODING": "utf-8"}
    )
    assert '"grader": "評価 é 🙂"' in done.stdout.decode()


def test_a_lone_surrogate_in_a_name_can_be_printed(process, data):
    document = json.loads(Path("grader.json").read_text()) | {"name": "\ud800"}
    for arguments in (["run", "-", data, "--json"], ["run", "-", data], ["grade", "-"], ["validate", "-"]):
        done = process(
            *arguments, stdin=json.dumps(document).encode(), env={"PYTHONIOENCODING": "utf-8:strict"}
        )
        assert b"Traceback" not in done.stderr


def test_grade_and_validate_print_no_text_that_steers(graders, grader):
    document = json.loads(Path(grader).read_text())
    problem = document | {"operation": HOSTILE, "input": "{{" + HOSTILE}
    multi = {"type": "multi", "graders": {HOSTILE: document}, "calculate_output": HOSTILE}
    runs = [graders("grade", grader, "--item", json.dumps({HOSTILE: HOSTILE}), "--sample", "x")]
    for each in (problem, multi, {"type": HOSTILE}, {HOSTILE: 1}, HOSTILE):
        for arguments in (["validate", "-"], ["validate", "-", "--json"], ["grade", "-"]):
            runs += [graders(*arguments, stdin=json.dumps(each))]
    assert [run.exit_code for run in runs] == [3] + [1] * 15
    for run in runs:
        assert_harmless(run.stdout_bytes, run.stderr_bytes)
        assert b"\x1b" not in run.stdout_bytes + run.stderr_bytes


def test_a_line_end_in_a_message_cannot_forge_another(process):
    rows = Path("rows.jsonl")
    rows.write_text(json.dumps({"a\nerror: forged": 1}) + "\n")
    done = process("run", "grader.json", "rows.jsonl")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
