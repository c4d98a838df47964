"""`graders validate`: every problem, with its path."""

import json
from pathlib import Path

import pytest


def test_a_valid_document_is_valid(graders):
    done = graders("validate", "grader.json")
    assert (done.exit_code, done.stdout) == (0, "valid\n")


def test_every_problem_is_printed_with_its_path(graders):
    part = json.loads(Path("grader.json").read_text())
    document = {
        "type": "multi",
        "name": "m",
        "graders": {"a": part | {"operation": "equals"}, "b": part | {"input": "{{items.x}}"}},
        "calculate_output": "a + c",
    }
    done = graders("validate", "-", stdin=json.dumps(document))
    assert done.exit_code == 1
    assert sorted(line.split(": ")[0] for line in done.stdout.splitlines()) == [
        "$.calculate_output",
        "$.graders.a.operation",
        "$.graders.b.input",
    ]
    assert "did you mean 'eq'?" in done.stdout
    assert "error" not in done.stderr


def test_warnings_go_to_stderr_and_leave_it_valid(graders):
    document = json.loads(Path("grader.json").read_text()) | {"note": "x"}
    done = graders("validate", "-", stdin=json.dumps(document))
    assert (done.exit_code, done.stdout) == (0, "valid\n")
    assert done.stderr.startswith("warning: $.note: unknown field, kept but not used")


def test_json_is_one_object(graders):
    document = json.loads(Path("grader.json").read_text()) | {"operation": "is", "note": "x"}
    done = graders("validate", "-", "--json", stdin=json.dumps(document))
    found = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, found["valid"]) == (1, "", False)
    assert [problem["path"] for problem in found["problems"]] == ["$.operation"]
    assert [warning["path"] for warning in found["warnings"]] == ["$.note"]


def test_json_of_a_valid_document_has_no_problems(graders):
    found = json.loads(graders("validate", "grader.json", "--json").stdout)
    assert (found["valid"], found["problems"]) == (True, [])


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        (b"", "standard input: not JSON: expecting value at line 1 column 1"),
        (b'\n\n{"type": }', "standard input: not JSON: expecting value at line 3 column 10"),
        (b"grader.json", "standard input: not JSON: expecting value at line 1 column 1"),
        (b"template:gsm8k", "standard input: not JSON: expecting value at line 1 column 1"),
        (b"\xff", "standard input: not UTF-8: invalid start byte at byte 0"),
        (b'{"a": 1, "a": 2}', "standard input: not JSON: key 'a' stands twice in one object"),
        (b"7", "$: expected a grader, an object; got 7"),
        (b"{}", "$: missing field 'type'"),
    ],
)
def test_what_cannot_be_read_is_a_problem_too(graders, stdin, expected):
    plain = graders("validate", "-", stdin=stdin)
    assert (plain.exit_code, plain.stderr) == (1, "")
    assert plain.stdout.startswith(expected)
    found = json.loads(graders("validate", "-", "--json", stdin=stdin).stdout)
    (problem,) = found["problems"]
    assert f"{problem['path']}: {problem['message']}".startswith(expected)


def test_a_missing_file_is_a_problem(graders):
    done = graders("validate", "none.json", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["problems"] == [{"path": "none.json", "message": "no such file"}]


def test_warnings_are_said_once_and_very_many_are_counted(graders):
    document = json.loads(Path("grader.json").read_text())
    once = graders("validate", "-", stdin=json.dumps(document | {"input": "{item.x} {item.x} {item.x}"}))
    assert len(once.stderr.splitlines()) == 1
    many = "".join(f"{{item.x{number}}}" for number in range(1000))
    done = graders("validate", "-", stdin=json.dumps(document | {"input": many}))
    assert done.stderr.splitlines()[-1] == "warning: and 950 more"
    assert len(done.stderr.splitlines()) == 51
