"""The commands by name, and the group that imports the module of one only when it is called.

Design: what a command imports is most of what its start costs, and none of it is needed to list the others.
So the lines of the listing stand here, beside the place of each command; a test holds them equal to the
docstrings.
"""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Place(NamedTuple):
    """Where a command is (`module:attribute`, a function or a group), and the line that lists it."""

    target: str
    summary: str


COMMANDS = {
    "run": Place("run:run", "Score a dataset: print a summary, and write a run directory with every row."),
    "grade": Place("grade:grade", "Grade one row and print what the hosted /graders/run would answer."),
    "validate": Place("validate:validate", "Check a grader document and print every problem with its path."),
    "show": Place(
        "show:show", "Show rows of a run: rewards, errors, and the texts that the grader compared."
    ),
    "report": Place(
        "report:report",
        "Write what a run amounts to as one page, `report.html` in its directory, and print where it is.",
    ),
    "compare": Place("compare:compare_command", "Compare runs, or the groups of one run, row by row."),
    "calibrate": Place(
        "calibrate:calibrate_command",
        "Hold a grader's verdicts against people's labels, and find the threshold that serves best.",
    ),
    "export": Place(
        "export:export",
        "Write the rows of a run to a Parquet, CSV or JSON Lines file, item and sample included.",
    ),
    "dry-run": Place(
        "dry_run:dry_run_command",
        "Try a fine-tuning job out before it is submitted: its body, its files, its grader.",
    ),
    "verify": Place(
        "verify:verify_command", "Compare our metrics with the reference libraries on your own rows."
    ),
    "bench": Place(
        "bench:bench_command",
        "Measure speed on this machine, as ratios to the libraries that people use otherwise.",
    ),
    "pull": Place("pull:pull", "Copy evals, runs, output items and files from a hosted Evals API to disk."),
    "from-promptfoo": Place(
        "from_promptfoo:from_promptfoo",
        "Turn a promptfoo config into grader documents and rows, and say what could not be carried over.",
    ),
    "regrade": Place(
        "regrade:regrade",
        "Grade saved items again, and compare with the scores that they had, criterion by criterion.",
    ),
    "serve": Place(
        "serve:serve",
        "Serve graders, evals and files to the official client; base_url is http://127.0.0.1:8000/v1.",
    ),
    "templates": Place("templates:templates", "List, show and copy the ready-made graders."),
    "cache": Place("cache:cache", "Look at, or clear, the embeddings and replies that are kept."),
}


def load_command(name: str) -> Any:
    """Import the command of a name in `COMMANDS`, whole: its options, its help, its commands."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    found = getattr(import_module(f"graders.cli.{module}"), attribute)
    holder = typer.Typer(rich_markup_mode=None, add_completion=False)
    holder.callback()(lambda: None)  # which makes it a group, also with one command
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    return typer.main.get_group(holder).commands[name]


class CommandsOnDemand(TyperGroup):
    """A group that lists the commands of `COMMANDS`, and imports the one that is called."""

    def __init__(self, **settings: Any) -> None:
        listed = {name: TyperCommand(name, short_help=place.summary) for name, place in COMMANDS.items()}
        super().__init__(**settings | {"commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find what the arguments call, as every group does, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load_command(name), rest
