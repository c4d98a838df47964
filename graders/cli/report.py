"""`graders report`: a run as a page for people, as Markdown for pull requests, as JSON for programs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.console import print_json, say
from graders.cli.exits import exit_codes
from graders.errors import RunError
from graders.results import Results

if TYPE_CHECKING:
    from graders.report import Contents


class Format(StrEnum):
    """What a report is written as."""

    html = "html"
    md = "md"
    json = "json"


def report(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    form: Annotated[
        Format, typer.Option("--format", help="A page, Markdown for a pull request, or JSON.")
    ] = Format.html,
    rows: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Show N of the worst, best, most disputed and failed rows."),
    ] = 10,
    file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="What to write [default: DIR/report.html; stdout for md, json].",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write what a run amounts to as one page, `report.html` in its directory, and print where it is.

    That page is made of the run and always made anew; another file is replaced with --overwrite only.
    """
    form = Format.json if as_json else form
    with exit_codes():
        from graders.report import PAGE, Contents, write_whole

        results = Results.open(run)
        target = run / PAGE if file is None and form is Format.html else file
        if target is not None and target != run / PAGE:
            _refuse(results, target, overwrite=overwrite)
        contents = Contents.of(results, rows)
        if results.about.get("status") != "complete":
            say("warning", f"{run}: the run is not complete; this is what it has")
        if target is None:
            _print(contents, form)
            return
        write_whole(target, _text(contents, form))
        print(target)


def _refuse(results: Results, target: Path, *, overwrite: bool) -> None:
    """Keep files from being replaced: those that the run is made of always, others where nobody asks."""
    data = (results.about.get("data") or {}).get("path")
    own = [results.path / name for name in ("run.json", "results.jsonl", "summary.json")]
    own += [Path(data)] if isinstance(data, str) else []
    if target.resolve() in [path.resolve() for path in own]:
        raise RunError(f"{target}: belongs to the run; another name is needed")
    if target.exists() and not overwrite:
        raise RunError(f"{target}: is there already; --overwrite replaces it")


def _text(contents: "Contents", form: Format) -> str:
    from graders.report import to_html, to_json, to_markdown

    return {Format.html: to_html, Format.md: to_markdown, Format.json: to_json}[form](contents)


def _print(contents: "Contents", form: Format) -> None:
    from graders.report import to_figures, to_markdown

    if form is Format.json:
        print_json(to_figures(contents))
    else:
        print(to_markdown(contents), end="")
