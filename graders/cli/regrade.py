"""`graders regrade`: grade pulled items again, and say where the hosted scores are others."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from graders.cli.console import cell, harmless, out, print_json, say
from graders.cli.exits import ROW_ERRORS, UNUSABLE, exit_codes
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
    only: Annotated[
        list[str] | None, typer.Option("--eval", metavar="ID", help="Grade this eval only; repeatable.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Print N rows that differ.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Grade pulled items again, and compare with the hosted scores, criterion by criterion.

    The exit code is 0 where every score agrees to 1e-12, 1 where one differs, and 3 where rows could not be
    graded here or nothing could be compared.
    """
    if (directory is None) == (evals is None or items is None):
        raise typer.BadParameter("expected DIR, or both of --evals FILE and --items FILE")
    with exit_codes():
        if directory is not None:
            archive = Archive.pulled(directory)
        elif evals is not None and items is not None:
            archive = Archive.exported(evals, items)
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
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("criterion", min_width=8)
    for heading in ("compared", "agree", "largest difference", "other verdict", "not graded"):
        table.add_column(heading, justify="right", no_wrap=True)
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
