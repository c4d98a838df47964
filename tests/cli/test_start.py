"""How the command line starts: nothing is imported but what is called, and the listing is true."""

import re
import subprocess
import sys

import pytest
import typer

from graders.cli import app
from graders.cli.commands import COMMANDS, load_command


def loaded_by(*arguments):
    """Give the names of the modules that a command loads in a process of its own."""
    program = (
        "import sys\n"
        "from graders.cli import app\n"
        f"app({list(arguments)!r}, standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_listing_says_what_the_help_of_a_command_says(name):
    command = load_command(name)
    assert (command.name, command.help.splitlines()[0]) == (name, COMMANDS[name].summary)


def test_every_module_with_a_command_is_listed(repository):
    defined = {
        path.stem
        for path in (repository / "graders" / "cli").glob("*.py")
        if re.match(r'"""`graders [a-z-]+`:', path.read_text(encoding="utf-8"))
    }
    assert {place.target.partition(":")[0] for place in COMMANDS.values()} == defined


def test_the_listing_imports_no_command():
    modules = loaded_by("--help")
    ours = {name for name in modules if name.partition(".")[0] == "graders"}
    assert ours == {"graders", "graders.cli", "graders.cli.commands", "graders.cli.console"}
    assert modules & {"rich.console", "numpy", "pydantic"} == set()


def test_a_command_imports_no_other_command():
    modules = loaded_by("templates", "list", "--json")
    others = {f"graders.cli.{place.target.partition(':')[0]}" for place in COMMANDS.values()}
    assert modules & others == {"graders.cli.templates"}


def test_a_mistyped_command_is_named_with_the_nearest_one(graders):
    done = graders("tempaltes", "list")
    assert (done.exit_code, "Did you mean 'templates'?" in done.output) == (2, True)


def test_a_shell_that_completes_finds_commands_and_their_options():
    group = typer.main.get_command(app)
    context = group.make_context("graders", ["run"], resilient_parsing=True)
    assert {item.value for item in group.shell_complete(context, "ca")} == {"calibrate", "cache"}
    _, run, _ = group.resolve_command(context, ["run"])
    inside = run.make_context("run", [], parent=context, resilient_parsing=True)
    assert {item.value for item in run.shell_complete(inside, "--on-")} == {"--on-error"}


def test_the_listing_shows_every_sentence_whole(graders):
    shown = " ".join(graders("--help").stdout.split())
    assert [place.summary for place in COMMANDS.values() if place.summary not in shown] == []
