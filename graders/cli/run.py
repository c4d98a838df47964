"""`graders run`: score a dataset."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from graders import engine
from graders.cli.console import JsonOption, out, print_json, say
from graders.cli.documents import (
    EmbedderOption,
    GraderArgument,
    LegacyOption,
    MetricOption,
    load,
)
from graders.cli.exits import BELOW, ROW_ERRORS, exit_codes
from graders.cli.options import (
    CacheOptions,
    JudgeOptions,
    PriceOption,
    SandboxOptions,
    by_name,
    expanded,
    finite,
)
from graders.cli.progress import Shown, watched
from graders.cli.requests import print_requests
from graders.cli.tables import print_account, print_summary
from graders.compile import Grader, Options
from graders.errors import DataWarning
from graders.results import Price, Results, Summary


class OnError(StrEnum):
    """What a failed row is worth."""

    null = "null"
    zero = "zero"


@dataclass(frozen=True)
class RowOptions:
    """Which rows there are, what their fields mean, and how they are grouped."""

    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Grade the first N rows only.")] = None
    sample_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the model's output.")
    ] = None
    item_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the item.")
    ] = None
    id_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds its id.")
    ] = None
    group_by: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Summarise by this value too, such as item.model; repeatable."),
    ] = None
    cluster_by: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Rows with one value here, such as item.id, are not independent: wider intervals "
            "[default: samples of one row are not].",
        ),
    ] = None


@dataclass(frozen=True)
class OutcomeOptions:
    """What passes, and what the exit code says."""

    pass_threshold: Annotated[
        float | None, typer.Option(metavar="X", callback=finite, help="The least reward that passes.")
    ] = None
    on_error: Annotated[OnError, typer.Option(help="What a failed row is worth.")] = OnError.null
    allow_errors: Annotated[
        bool, typer.Option("--allow-errors", help="Exit with 0 although rows have errors.")
    ] = False
    fail_under: Annotated[
        float | None,
        typer.Option(metavar="X", callback=finite, help="Exit with 4 where the mean is below X."),
    ] = None


@dataclass(frozen=True)
class DirectoryOptions:
    """Where the run is written, and whether it goes on."""

    out_dir: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="The run directory [default: runs/<grader>-<data>-<n>]."
        ),
    ] = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the directory.")] = False
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start the run in the directory anew.")] = (
        False
    )
    slim: Annotated[bool, typer.Option("--slim", help="Leave item and sample out of the results.")] = False

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.resume and self.overwrite:
            raise typer.BadParameter("--resume and --overwrite exclude each other")
        if (self.resume or self.overwrite) and self.out_dir is None:
            raise typer.BadParameter("--resume and --overwrite need the directory of a run: --out DIR")


@expanded
def run(
    *,
    grader: GraderArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Rows: .jsonl, .json, .csv, .tsv, each perhaps .gz; .parquet, .arrow, .feather; "
            "or template:NAME.",
        ),
    ],
    directory: DirectoryOptions,
    rows: RowOptions,
    outcome: OutcomeOptions,
    metric: MetricOption = None,
    legacy: LegacyOption = False,
    judging: JudgeOptions,
    judge_dry_run: Annotated[
        bool, typer.Option("--judge-dry-run", help="Print what the judge would be asked, and ask nobody.")
    ] = False,
    price: PriceOption = None,
    embedder: EmbedderOption = None,
    confining: SandboxOptions,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Processes that grade at once [default: the cores, if it takes long]."
        ),
    ] = None,
    caching: CacheOptions,
    as_json: JsonOption = False,
    report: Annotated[
        bool, typer.Option("--report", help="Write report.html into the directory as well.")
    ] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Say on stderr how far the run is, as lines of JSON.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the run directory only.")] = False,
) -> None:
    """Score a dataset: print a summary, and write a run directory with every row."""
    directory.check()
    kept, prices = caching.named(), dict(map(Price.parse, price or ()))
    metrics = by_name(metric)
    with exit_codes():
        options = Options(outcome.on_error.value, outcome.pass_threshold, legacy, metrics, judging.media_root)
        bound = load(
            grader,
            options,
            judging=judging,
            confinement=confining.confinement(workers),
            embedder=embedder,
            cache=kept,
            dry=judge_dry_run,
        )
        if judge_dry_run:
            print_requests(bound, data, prices, as_json=as_json, **_row_arguments(rows))
            return
        shown: Shown = "lines" if log_json else "nothing" if quiet or as_json else "bar"
        with watched(shown) as on_progress, _cautions_said():
            results = engine.evaluate(
                bound,
                data,
                out=directory.out_dir,
                resume=directory.resume,
                overwrite=directory.overwrite,
                slim=directory.slim,
                prices=prices,
                workers=workers,
                on_progress=on_progress,
                **_row_arguments(rows),
            )
        if report:
            from graders.report import write_report

            write_report(results)
        if as_json:
            print_json(_report(bound, results))
        else:
            _print(bound, results, quiet=quiet)
        code = _exit_code(results.summary, outcome)
        if code:
            raise typer.Exit(code)


def _row_arguments(rows: RowOptions) -> dict[str, Any]:
    return {**vars(rows), "group_by": rows.group_by or ()}


def _report(grader: Grader, results: Results) -> dict[str, Any]:
    asked = {} if grader.pool is None else {"asked": grader.pool.account()}
    return {"run": str(results.path), "grader": grader.name, **results.summary.to_dict(), **asked}


def _print(grader: Grader, results: Results, *, quiet: bool) -> None:
    if grader.type == "several" and grader.pass_threshold is None:
        say("note", "rows have no reward, since not every grader has a threshold; --pass-threshold gives one")
    if not quiet:
        print_summary(out(), f"{grader.name} ({grader.type})", results.summary)
        if grader.pool is not None:
            print_account(out(), grader.pool.account())
    print(results.path)


def _exit_code(summary: Summary, outcome: OutcomeOptions) -> int:
    least = outcome.fail_under
    if least is not None and (summary.mean is None or summary.mean < least):
        return BELOW
    return ROW_ERRORS if summary.errors and not outcome.allow_errors else 0


@contextmanager
def _cautions_said() -> Iterator[None]:
    """Print what the engine warns of as messages of this program."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        yield
    for warning in caught:
        say("warning", str(warning.message))
