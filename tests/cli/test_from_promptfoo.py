"""`graders from-promptfoo`: files that other commands take, and a list of what is missing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.cli import app

CONFIG = {
    "description": "capitals",
    "tests": [
        {"vars": {"country": "France"}, "assert": [{"type": "icontains", "value": "Paris"}]},
        {"vars": {"country": "Peru"}, "assert": [{"type": "icontains", "value": "Lima"}]},
    ],
}
JAVASCRIPT = {"type": "javascript", "value": "output.length > 1"}


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def write(config: object) -> None:
    Path("promptfooconfig.json").write_text(json.dumps(config))


def test_what_it_writes_is_graded_by_run(invoke):
    write(CONFIG)
    result = invoke("from-promptfoo", "promptfooconfig.json", "-o", "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 rows: out/grader.json out/items.jsonl\n")
    rows = [json.loads(line) for line in Path("out/items.jsonl").read_text().splitlines()]
    answered = [{**row, "sample": said} for row, said in zip(rows, ["paris!", "Cusco"], strict=True)]
    Path("answered.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answered))
    ran = invoke("run", "out/grader.json", "answered.jsonl", "--id-field", "id", "-o", "run", "--json")
    assert ran.exit_code == 0, ran.output
    lines = [json.loads(line) for line in Path("run/results.jsonl").read_text().splitlines()]
    assert [(line["id"], line["passed"]) for line in lines] == [("tests[0]", True), ("tests[1]", False)]


def test_something_left_out_is_named_and_ends_with_3(invoke):
    config = {**CONFIG, "defaultTest": {"assert": [JAVASCRIPT]}}
    write(config)
    result = invoke("from-promptfoo", "promptfooconfig.json", "-o", "out")
    assert result.exit_code == 3
    assert "  tests[0].assert[0]: javascript: JavaScript runs in promptfoo only" in result.stdout
    assert Path("out/notes.txt").read_text() in result.stdout


def test_json_gives_files_and_notes(invoke):
    write({**CONFIG, "tests": [{**CONFIG["tests"][0], "vars": {}}, {"assert": [JAVASCRIPT]}]})
    result = invoke("from-promptfoo", "promptfooconfig.json", "-o", "out", "--json")
    told = json.loads(result.stdout)
    assert told["graders"] == [{"document": "out/grader.json", "rows": "out/items.jsonl", "n": 1}]
    assert [note["path"] for note in told["left_out"]] == ["tests[1]", "tests[1].assert[0]"]
    assert set(told["differences"]) == {"always"}


def test_half_of_a_surrogate_pair_is_written_escaped(invoke):
    write({"tests": [{"assert": [{"type": "equals", "value": "\ud800é"}]}]})
    assert invoke("from-promptfoo", "promptfooconfig.json", "-o", "out").exit_code == 0
    text = Path("out/grader.json").read_text(encoding="utf-8")
    assert "\\ud800é" in text
    assert json.loads(text)["reference"] == "\ud800é"


def test_a_folder_that_holds_something_is_left_alone(invoke):
    write(CONFIG)
    Path("out").mkdir()
    Path("out/mine").write_text("x")
    result = invoke("from-promptfoo", "promptfooconfig.json", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr == "error: out: is not empty\n"
    assert [path.name for path in Path("out").iterdir()] == ["mine"]


def test_a_file_that_is_no_config_is_refused(invoke):
    write({"a": 1})
    result = invoke("from-promptfoo", "promptfooconfig.json", "-o", "out")
    assert result.exit_code == 1
    assert "not a promptfoo config" in result.stderr
    assert not Path("out").exists()
