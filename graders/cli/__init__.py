"""The command line: one module a command, each of which parses, calls the rooms below, and prints.

Exit codes: 0 done; 1 the document or the data cannot be used; 2 usage; 3 done, but some rows have errors;
4 done, but below `--fail-under` or worse than `--fail-if-worse` allows; 5 stopped before the end, `--resume`
goes on; 130 Ctrl-C, likewise.
"""

import typer

from graders.cli.bench import bench_command
from graders.cli.cache import cache
from graders.cli.calibrate import calibrate_command
from graders.cli.compare import compare_command
from graders.cli.console import never_fail
from graders.cli.dry_run import dry_run_command
from graders.cli.export import export
from graders.cli.grade import grade
from graders.cli.pull import pull
from graders.cli.regrade import regrade
from graders.cli.report import report
from graders.cli.run import run
from graders.cli.serve import serve
from graders.cli.show import show
from graders.cli.templates import templates
from graders.cli.validate import validate
from graders.cli.verify import verify_command

app = typer.Typer(
    name="graders",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Run OpenAI's grader documents on your own machine.",
)
app.command()(run)
app.command()(grade)
app.command()(validate)
app.command()(show)
app.command()(report)
app.command("compare")(compare_command)
app.command("calibrate")(calibrate_command)
app.command()(export)
app.command("dry-run")(dry_run_command)
app.command("verify")(verify_command)
app.command("bench")(bench_command)
app.command()(pull)
app.command()(regrade)
app.command()(serve)
app.add_typer(templates, name="templates")
app.add_typer(cache, name="cache")


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
