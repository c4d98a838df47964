"""The README is true: its commands print what it says, its Python runs, its tables are whole.

What its notes call sandboxed runs in the strongest sandbox that the machine gives.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from graders.catalog import ready_made
from graders.cli import app
from graders.sandbox.confinement import Confinement

BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL)


@pytest.fixture(scope="session")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(readme: str, tmp_path: Path) -> Path:
    """A folder that holds the files that the README shows."""
    for block in BLOCK.finditer(readme):
        if (block["note"] or "").startswith("file: "):
            (tmp_path / block["note"].removeprefix("file: ")).write_text(block["body"], encoding="utf-8")
    return tmp_path


def test_every_command_prints_what_the_readme_says(
    readme: str, folder: Path, confinement: Confinement
) -> None:
    ran = 0
    for block in BLOCK.finditer(readme):
        if not (block["note"] or "").startswith("run"):
            continue
        command, _, expected = block["body"].removeprefix("$ ").partition("\n")
        code = int(block["note"].partition("exit ")[2] or 0)
        words = [sys.executable, "-m", *shlex.split(command)]
        words += ["--sandbox", confinement.level] if "sandboxed" in block["note"] else []
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        shown = [line.rstrip() for line in expected.splitlines() if line != "..."]
        actual = [line.rstrip() for line in done.stdout.splitlines()]
        assert actual[: len(shown)] == shown
        ran += 1
    assert ran >= 4


def test_the_python_example_runs(readme: str, folder: Path, confinement: Confinement) -> None:
    programs = [block["body"] for block in BLOCK.finditer(readme) if block["language"] == "python"]
    for text in programs:
        program = text.replace('level="full"', f"level={confinement.level!r}")
        subprocess.run(
            [sys.executable, "-c", program], cwd=folder, check=True, capture_output=True, text=True
        )
    assert programs


def commands() -> dict[str, typer.core.TyperCommand]:
    group = typer.main.get_command(app)
    return dict(group.commands)  # type: ignore[attr-defined]


def test_every_command_has_help_and_is_in_the_readme(readme: str) -> None:
    for name, command in commands().items():
        assert command.help
        assert f"graders {name}" in readme


def test_every_option_of_run_is_in_the_readme(readme: str) -> None:
    options = [name for option in commands()["run"].params for name in option.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in readme and f", `{name}" not in readme] == []


def test_every_ready_made_grader_is_in_the_readme(readme: str) -> None:
    assert [template.name for template in ready_made() if f"| `{template.name}` |" not in readme] == []


def test_every_make_target_of_the_readme_exists(readme: str, repository: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)`", readme)) <= set(targets)
