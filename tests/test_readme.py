"""The tables of the README are whole; that its examples are true is held by `test_examples.py`."""

import re
from pathlib import Path

import pytest
import typer

from graders.catalog import ready_made
from graders.cli.commands import COMMANDS, load_command


@pytest.fixture(scope="session")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, typer.core.TyperCommand]:
    return {name: load_command(name) for name in COMMANDS}


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
