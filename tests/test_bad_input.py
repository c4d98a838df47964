"""What a user sees for bad input: one table of inputs, messages and exit codes, through the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.cli import app

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ALIKE = {key: value for key, value in EXACT.items() if key != "operation"}
ALIKE |= {"type": "text_similarity", "evaluation_metric": "rouge_l"}
GOOD_ROW = '{"item": {"answer": "a"}, "sample": "a"}\n'
MEGABYTE = 2**20


def without(name):
    return {key: value for key, value in EXACT.items() if key != name}


def multi(formula):
    return {"type": "multi", "name": "m", "graders": {"a": EXACT}, "calculate_output": formula}


GRADERS = {
    "unknown type": (
        EXACT | {"type": "string-check"},
        "$.type: expected one of string_check, text_similarity, score_model, label_model, python, multi",
        1,
    ),
    "unknown type, near a known one": (EXACT | {"type": "stringcheck"}, "(did you mean 'string_check'?)", 1),
    "no type": (without("type"), "$: missing field 'type', one of string_check", 1),
    "misspelt operation": (
        EXACT | {"operation": "equals"},
        "$.operation: expected one of eq, ne, like, ilike; got 'equals' (did you mean 'eq'?)",
        1,
    ),
    "operation of another tool": (
        EXACT | {"operation": "regex"},
        "got 'regex' (string_check has no patterns; a python grader can test this)",
        1,
    ),
    "misspelt field": (
        without("reference") | {"refrence": "x"},
        "missing field 'reference' (found 'refrence')",
        1,
    ),
    "field of another tool": (
        without("input") | {"prompt": "x"},
        "missing field 'input' (found 'prompt')",
        1,
    ),
    "misspelt metric": (ALIKE | {"evaluation_metric": "rouge"}, "(did you mean 'rouge_l'?)", 1),
    "wrong kind of value": (EXACT | {"input": 5}, "$.input: expected a string; got 5", 1),
    "extra field": (EXACT | {"note": 1}, "warning: $.note: unknown field, kept but not used", 0),
    "unknown namespace": (
        EXACT | {"input": "{{output}}"},
        "$.input: expected a path that begins with item or sample; got 'output'",
        1,
    ),
    "template with single braces": (
        EXACT | {"input": "{item.answer}"},
        "warning: $.input: '{item.answer}' is not a placeholder and stays as it is written",
        0,
    ),
    "unknown name in a formula": (
        multi("a + b"),
        "$.calculate_output: no grader 'b'; the graders are a",
        1,
    ),
    "python in a formula": (multi("a if a else 0"), "$.calculate_output: column 3: unexpected 'if'", 1),
    "import in a formula": (multi("__import__('os')"), "$.calculate_output: column ", 1),
    "attribute in a formula": (multi("a.__class__"), "$.calculate_output: column 2: unexpected '.'", 1),
    "a grader that is an array of nothing": ([], "$: expected at least one grader; got none", 1),
    "a grader that is a text": ("exact", "$: expected a grader, an object; got 'exact'", 1),
}
HOSTILE_GRADERS = {
    "10,000 parentheses": (multi("(" * 10_000 + "a" + ")" * 10_000), "$.calculate_output: ", 1),
    "a tower of powers": (multi("9^9^9^9^9"), "the formula '9^9^9^9^9' gives no finite number", 3),
    "a megabyte of digits": (multi("1" * MEGABYTE), "$.calculate_output: ", 1),
    "a look-alike letter": (multi("\u0430 + 1"), "cyrillic small letter a): only ASCII is allowed", 1),
    "a look-alike sign": (
        multi("a × 2"),
        "multiplication sign): only ASCII is allowed, did you mean '*'?",
        1,
    ),
    "a megabyte of open braces": (EXACT | {"input": "{" * MEGABYTE}, "1 rows, 1 scored", 0),
    "a megabyte of pairs of braces": (EXACT | {"input": "{{}}" * (MEGABYTE // 4)}, "1 rows, 1 scored", 0),
    "a megabyte of half placeholders": (
        EXACT | {"input": "{{item." * (MEGABYTE // 7)},
        "1 rows, 1 scored",
        0,
    ),
    "a placeholder with 100,000 steps": (
        EXACT | {"reference": "{{item" + "[0]" * 100_000 + "}}"},
        "invalid_variable_error",
        3,
    ),
}
GRADER_TEXTS = {
    "malformed JSON": (
        b'{\n  "type": "string_check",\n  "name": }',
        "not JSON: expecting value at line 3 column 11",
        1,
    ),
    "a comma too many": (b'{"type": "string_check",}', "not JSON: ", 1),
    "single quotes": (b"{'type': 'string_check'}", "not JSON: expecting property name", 1),
    "a key that stands twice": (
        json.dumps(EXACT).encode()[:-1] + b', "operation": "ne"}',
        "not JSON: key 'operation' stands twice in one object",
        1,
    ),
    "an empty file": (b"", "not JSON: expecting value at line 1 column 1", 1),
    "bytes that are not UTF-8": (b'{"type": "\xe9"}', "not UTF-8: invalid continuation byte at byte 10", 1),
    "NaN": (json.dumps(EXACT | {"pass_threshold": float("nan")}).encode(), "not JSON: NaN is not JSON", 1),
    "100,000 levels": (b"[" * 100_000, "not JSON: nested too deeply", 1),
}
DATA = {
    "an empty file": (b"", "there are no rows", 1),
    "blank lines only": (b"\n\n  \n", "there are no rows", 1),
    "a row that is no object": (GOOD_ROW.encode() + b"5\n", "row 1: expected an object; got a number", 3),
    "an array for rows": (
        b'[{"a": 1}]\n',
        "row 0: expected an object; got an array (an array of rows belongs in a .json file)",
        3,
    ),
    "malformed JSON in a row": (GOOD_ROW.encode() + b'{"item": }', "line 2 is not JSON: expecting value", 3),
    "bytes that are not UTF-8 in a row": (
        GOOD_ROW.encode() + b'{"a": "\xe9"}\n',
        "line 2 is not UTF-8 at byte 8",
        3,
    ),
    "no sample": (
        b'{"answer": "a", "output": "a"}\n',
        "the rows have answer, output (did you mean --sample-field output?)",
        1,
    ),
    "a missing key": (b'{"item": {"anser": "a"}, "sample": "a"}\n', "Variable 'item.answer'", 3),
    "a key that no row has": (
        b'{"item": {"anser": "a", "b": 1}, "sample": "a"}\n',
        "warning: the grader reads item.answer; the items have anser, b (did you mean item.anser?)",
        3,
    ),
    "nothing that could be graded": (b'{"item": {}, "sample": "a"}\n', "passed: 0 at 1", 3),
    "a text for an item": (
        b'{"item": "a", "sample": "a"}\n',
        "expected the item to be an object; got a text",
        3,
    ),
    "a row of 10,000 levels": (b'{"a": ' + b"[" * 10_000, "line 1 is not JSON: nested too deeply", 3),
    "a number beyond a float": (
        b'{"item": {"answer": 1e999}, "sample": ""}',
        "number out of range: 1e999",
        3,
    ),
}
ARGUMENTS = {
    "no such grader": (["run", "none.json", "rows.jsonl"], "error: none.json: no such file", 1),
    "no such data": (["run", "grader.json", "none.jsonl"], "error: none.jsonl: no such file or directory", 1),
    "a folder for a grader": (["run", ".", "rows.jsonl"], "error: .: cannot be read: Is a directory", 1),
    "a folder for data": (["run", "grader.json", "."], "error: .: is a directory", 1),
    "a run directory that is a file": (
        ["show", "rows.jsonl"],
        "rows.jsonl: not a run directory, but a file",
        1,
    ),
    "a judge that is a model": (
        ["run", "grader.json", "rows.jsonl", "--judge", "gpt-4o"],
        "got 'gpt-4o' (NAME[:MODEL][@BASE_URL], where BASE_URL begins with http:// or https://)",
        1,
    ),
    "a config of promptfoo that is not there": (
        ["from-promptfoo", "none.json", "-o", "out"],
        "error: none.json: no such file or directory",
        1,
    ),
    "an unknown format": (["run", "grader.json", "rows.txt"], "expected a file name that ends in .jsonl", 1),
    "no such ready-made grader": (
        ["run", "template:none", "rows.jsonl"],
        "no ready-made grader 'none'; there are",
        1,
    ),
    "no such ready-made rows": (
        ["run", "grader.json", "template:none"],
        "no ready-made grader 'none'; there are",
        1,
    ),
    "a path that is none": (
        ["run", "grader.json", "rows.jsonl", "--group-by", "a b"],
        "not a path: 'a b' (a path looks like item.facts[0].name)",
        1,
    ),
    "a path into nothing": (
        ["run", "grader.json", "rows.jsonl", "--group-by", "model"],
        "expected a path that begins with item or sample; got 'model'",
        1,
    ),
    "a field that is not there": (
        ["run", "grader.json", "rows.jsonl", "--sample-field", "output"],
        "row 0: no field 'output'; the row has item, sample",
        3,
    ),
    "a folder of somebody else": (
        ["run", "grader.json", "rows.jsonl", "-o", "."],
        "error: .: not empty and not a run directory; it holds",
        1,
    ),
    "the data for a directory": (["run", "grader.json", "rows.jsonl", "-o", "rows.jsonl"], "file exists", 1),
    "an unknown option": (["run", "grader.json", "rows.jsonl", "--ouput", "x"], "No such option: --ouput", 2),
    "a number that is none": (
        ["run", "grader.json", "rows.jsonl", "--fail-under", "nan"],
        "a finite number",
        2,
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("grader.json").write_text(json.dumps(EXACT))
    for name in ("rows.jsonl", "rows.txt"):
        Path(name).write_text(GOOD_ROW)


def seen(*arguments):
    """Run a command; give what the user sees, and the exit code. What it did not mean to raise is raised."""
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return shown(done.stdout + done.stderr), done.exit_code


def seen_within_seconds(*arguments):
    """Run a command in a process of its own, which must end soon."""
    words = [sys.executable, "-m", "graders", *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert "Traceback" not in done.stderr
    return shown(done.stdout + done.stderr), done.returncode


def shown(text):
    """Undo the folding of a table, so that a message can be found in it."""
    return " ".join(text.split())


@pytest.mark.parametrize(("grader", "message", "code"), GRADERS.values(), ids=GRADERS)
def test_a_bad_grader(grader, message, code):
    Path("grader.json").write_text(json.dumps(grader))
    text, actual = seen("run", "grader.json", "rows.jsonl", "-o", "out")
    assert message in text
    assert actual == code


@pytest.mark.parametrize(("grader", "message", "code"), HOSTILE_GRADERS.values(), ids=HOSTILE_GRADERS)
def test_a_hostile_grader(grader, message, code):
    Path("grader.json").write_text(json.dumps(grader))
    text, actual = seen_within_seconds("run", "grader.json", "rows.jsonl", "-o", "out")
    assert message in text
    assert len(text) < 5000
    assert actual == code


@pytest.mark.parametrize(("content", "message", "code"), GRADER_TEXTS.values(), ids=GRADER_TEXTS)
def test_a_grader_that_is_not_json(content, message, code):
    Path("grader.json").write_bytes(content)
    text, actual = seen("run", "grader.json", "rows.jsonl")
    assert f"error: grader.json: {message}" in text
    assert actual == code


def test_rows_where_the_grader_should_stand():
    Path("rows.jsonl").write_text(2 * GOOD_ROW)
    text, actual = seen("run", "rows.jsonl", "grader.json")
    assert "line 2 column 1; are these the rows? the grader comes first" in text
    assert actual == 1


@pytest.mark.parametrize(("content", "message", "code"), DATA.values(), ids=DATA)
def test_bad_data(content, message, code):
    Path("rows.jsonl").write_bytes(content)
    text, actual = seen("run", "grader.json", "rows.jsonl", "-o", "out")
    assert message in text
    assert actual == code


@pytest.mark.parametrize(("arguments", "message", "code"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_bad_arguments(arguments, message, code):
    text, actual = seen(*arguments)
    assert message in text
    assert actual == code
