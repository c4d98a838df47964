"""The command line in this process and in one of its own, in a folder with a grader and some rows."""

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
ROWS = [
    {"item": {"answer": "Paris", "topic": "geo"}, "sample": "Paris"},
    {"item": {"answer": "8", "topic": "count"}, "sample": "eight"},
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder that holds `grader.json`, `rows.jsonl` and `failing.jsonl`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    Path("grader.json").write_text(json.dumps(EXACT))
    for name, rows in {"rows.jsonl": ROWS, "failing.jsonl": [*ROWS, {"item": {}, "sample": "x"}]}.items():
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.fixture
def graders():
    """Run a command in this process; what it did not mean to raise is raised."""

    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def command(folder):
    """Give the words that run a command in a process of its own."""
    return [sys.executable, "-m", "graders"]


@pytest.fixture
def process(command, monkeypatch):
    """Run a command in a process of its own."""

    def run(*arguments, stdin=b"", env=None, timeout=60):
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        return subprocess.run(
            [*command, *arguments], input=stdin, capture_output=True, timeout=timeout, check=False
        )

    return run
