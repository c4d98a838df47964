"""`graders regrade`: grade saved items again, and say where the scores that they had are others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from graders.cli.console import JsonOption, cell, harmless, out, print_json, say
from graders.cli.exits import ROW_ERRORS, UNUSABLE, exit_codes
from graders.cli.tables import plain_table
from graders.errors import MissingExtraError
from graders.hosted import Archive, CriterionReport, EvalReport, Regraded
from graders.hosted import regrade as regrade_all


def regrade(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A directory that graders pull filled.")
    ] = None,
    evals: Annotated[
        Path | None, typer.Option("--evals", metavar="FILE", help="Saved evals, instead of DIR.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option("--items", metavar="FILE", help="Their saved output items.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="The store of graders serve, instead of DIR."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="The database of that store, where it has another.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--eval", metavar="ID", help="Grade this eval only; repeatable.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Print N rows that differ.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Grade saved items again, and compare with the scores that they had, criterion by criterion.

    The exit code is 0 where every score agrees to 1e-12, 1 where one differs, and 3 where rows could not be
    graded here or nothing could be compared.
    """
    if [directory is not None, evals is not None or items is not None, store is not None].count(True) != 1:
        raise typer.BadParameter("expected one of DIR, --evals FILE with --items FILE, and --store DIR")
    if (evals is None) != (items is None):
        raise typer.BadParameter("--evals and --items need each other")
    if database is not None and store is None:
        raise typer.BadParameter("--database is about a store: --store DIR")
    with exit_codes(), _archive(directory, evals, items, store, database) as archive:
        unknown = [name for name in only or () if name not in archive.evals]
        if unknown:
            raise typer.BadParameter(f"no eval {unknown[0]!r}; there are {', '.join(archive.evals)}")
        regraded = regrade_all(archive, evals=only or None, examples=max(show, 100 if as_json else 0))
        if as_json:
            print_json(_as_dict(regraded))
        else:
            for each in regraded.evals:
                _print_eval(out(), each, show)
        for problem in regraded.problems:
            say("note", problem)
        code = _exit_code(regraded)
        if code:
            raise typer.Exit(code)


@contextmanager
def _archive(
    directory: Path | None, evals: Path | None, items: Path | None, store: Path | None, database: str | None
) -> Iterator[Archive]:
    """Open what is to be graded."""
    if directory is not None:
        yield Archive.pulled(directory)
    elif evals is not None and items is not None:
        yield Archive.exported(evals, items)
    elif store is not None:
        try:
            from graders.hosted.stored import archive_of, open_store
            from graders.store import usable
        except ImportError:
            raise MissingExtraError("a store", "server") from None
        with usable(), open_store(store, database) as opened:
            yield archive_of(opened)


def _exit_code(regraded: Regraded) -> int:
    if regraded.differ:
        return UNUSABLE
    return ROW_ERRORS if regraded.failed or not regraded.compared else 0


def _as_dict(regraded: Regraded) -> dict[str, Any]:
    evals = [
        {
            "id": each.id,
            "name": each.name,
            "runs": len(each.runs),
            "items": each.items,
            "criteria": [asdict(criterion) for criterion in each.criteria],
        }
        for each in regraded.evals
    ]
    totals = {"compared": regraded.compared, "differ": regraded.differ, "failed": regraded.failed}
    return {"evals": evals, **totals, "problems": list(regraded.problems)}


def _print_eval(console: Console, report: EvalReport, show: int) -> None:
    name = f" {harmless(report.name, limit=80)}" if report.name else ""
    counts = f"{report.items:,} items of {len(report.runs):,} runs"
    console.print(f"{harmless(report.id)}{name}: {counts}", soft_wrap=True)
    headings = ("compared", "agree", "largest difference", "other verdict", "not graded")
    table = plain_table("criterion", *headings)
    for criterion in report.criteria:
        table.add_row(cell(criterion.name), *_cells(criterion))
    console.print(table)
    for line in (line for criterion in report.criteria for line in _remarks(criterion, show)):
        console.print(harmless(line, limit=500), soft_wrap=True)
    console.print()


def _cells(report: CriterionReport) -> list[str]:
    if report.not_computed is not None:
        return ["not computed"]
    counts = [f"{report.compared:,}", f"{report.agree:,}", f"{report.largest:.3g}"]
    return [*counts, f"{report.passed_differs:,}", f"{report.failed:,}"]


def _remarks(report: CriterionReport, show: int) -> Iterator[str]:
    if report.not_computed is not None:
        yield f"{report.name} is not computed: {report.not_computed}"
    if report.first_failure is not None:
        yield f"{report.name}: {report.failed:,} not graded, first {report.first_failure}"
    for each in report.differences[:show]:
        hosted, local = (
            f"{score!r}{_verdict(passed)}"
            for score, passed in ((each.hosted, each.hosted_passed), (each.local, each.local_passed))
        )
        yield f"{report.name}: item {each.id} of {each.run}: hosted {hosted}, here {local}"
    if report.differ > show:
        yield f"{report.name}: {report.differ:,} items differ; --show N prints more, --json as well"


def _verdict(passed: bool | None) -> str:
    return {True: " (passed)", False: " (failed)", None: ""}[passed]
