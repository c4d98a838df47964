"""The command line: one module a command, each of which parses, calls the rooms below, and prints.

Exit codes: 0 done; 1 the document or the data cannot be used; 2 usage; 3 done, but some rows have errors;
4 done, but below `--fail-under` or worse than `--fail-if-worse` allows; 5 stopped before the end, `--resume`
goes on; 130 Ctrl-C, likewise.
"""

import typer

from graders.cli.commands import CommandsOnDemand
from graders.cli.console import never_fail

app = typer.Typer(
    name="graders",
    cls=CommandsOnDemand,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Run OpenAI's grader documents on your own machine.",
)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(version_of("local-graders"))
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    never_fail()
    app()
