"""`graders report`: a run as a page for people, as Markdown for pull requests, as JSON for programs."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graders.cli.console import print_json, say
from graders.cli.exits import exit_codes
from graders.cli.options import expanded, refuse_without
from graders.cli.pages import OverwriteOption, refuse_to_replace
from graders.results import Results, write_whole

if TYPE_CHECKING:
    from graders.report import Contents


@dataclass(frozen=True)
class Analyses:
    """What else the report says: how groups differ, and how the grader agrees with labels."""

    by: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Compare the groups by this value too, such as item.model."),
    ] = None
    on: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Join their rows by this value, such as item.id [default: their ids]."
        ),
    ] = None
    label: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Calibrate against the labels there too, such as item.is_correct."),
    ] = None
    positive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="A label that says that the row is right; repeatable [default: true, 1, yes, pass].",
        ),
    ] = None
    sub_reward: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare and calibrate the rewards of this sub-grader."),
    ] = None
    cluster_by: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Rows with one value here are not independent, in both [default: the run's]."
        ),
    ] = None

    def check(self) -> None:
        """Refuse what does not go together."""
        refuse_without("by", "PATH", self, "on")
        refuse_without("label", "PATH", self, "positive")
        if (self.sub_reward or self.cluster_by) and self.by is None and self.label is None:
            raise typer.BadParameter("--sub-reward and --cluster-by need --by PATH or --label PATH")


class Format(StrEnum):
    """What a report is written as."""

    html = "html"
    md = "md"
    json = "json"


@expanded
def report(
    *,
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    form: Annotated[
        Format, typer.Option("--format", help="A page, Markdown for a pull request, or JSON.")
    ] = Format.html,
    rows: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Show N of the worst, best, most disputed and failed rows."),
    ] = 10,
    analyses: Analyses,
    file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="What to write [default: DIR/report.html; stdout for md, json].",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write what a run amounts to as one page, `report.html` in its directory, and print where it is.

    That page is made of the run and always made anew; another file is replaced with --overwrite only. With
    --by and --label it draws what `graders compare` and `graders calibrate` find.
    """
    analyses.check()
    form = Format.json if as_json else form
    with exit_codes():
        from graders.report import PAGE, Contents

        results = Results.open(run)
        target = run / PAGE if file is None and form is Format.html else file
        if target is not None and target != run / PAGE:
            refuse_to_replace([results], target, overwrite=overwrite)
        contents = Contents.of(results, rows, **_analyses(results, analyses))
        if results.about.get("status") != "complete":
            say("warning", f"{run}: the run is not complete; this is what it has")
        if target is None:
            _print(contents, form)
            return
        write_whole(target, _text(contents, form))
        print(target)


def _analyses(results: Results, wanted: Analyses) -> dict[str, Any]:
    """Compare and calibrate what somebody asked for."""
    from graders.analysis import calibrate, compare

    found: dict[str, Any] = {}
    if wanted.by is not None:
        found["comparison"] = compare(
            results,
            by=wanted.by,
            on=wanted.on,
            cluster_by=wanted.cluster_by,
            sub_reward=wanted.sub_reward,
        )
        for note in found["comparison"].notes:
            say("note", note)
    if wanted.label is not None:
        found["agreement"] = calibrate(
            results,
            wanted.label,
            positive=wanted.positive or (),
            cluster_by=wanted.cluster_by,
            sub_reward=wanted.sub_reward,
        )
    return found


def _text(contents: "Contents", form: Format) -> str:
    from graders.report import to_html, to_json, to_markdown

    return {Format.html: to_html, Format.md: to_markdown, Format.json: to_json}[form](contents)


def _print(contents: "Contents", form: Format) -> None:
    from graders.report import to_figures, to_markdown

    if form is Format.json:
        print_json(to_figures(contents))
    else:
        print(to_markdown(contents), end="")
