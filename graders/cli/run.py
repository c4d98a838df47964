"""`graders run`: score a dataset."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from graders import engine
from graders.cli.cache import CacheOption, NoCacheOption, named_cache
from graders.cli.console import err, out, print_json, say
from graders.cli.documents import (
    EmbedderOption,
    GraderArgument,
    JudgeOption,
    LegacyOption,
    MetricOption,
    load,
    variants_of,
)
from graders.cli.exits import BELOW, ROW_ERRORS, exit_codes
from graders.cli.tables import print_summary
from graders.compile import Options
from graders.errors import DataWarning
from graders.results import Summary


class OnError(StrEnum):
    """What a failed row is worth."""

    null = "null"
    zero = "zero"


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number; got {value!r}")
    return value


def run(
    grader: GraderArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="Rows: .jsonl, .json, .csv, .tsv, each perhaps .gz; or template:NAME."
        ),
    ],
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="The run directory [default: runs/<grader>-<data>-<n>]."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the directory.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Start the run in the directory anew.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Grade the first N rows only.")
    ] = None,
    sample_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the model's output.")
    ] = None,
    item_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the item.")
    ] = None,
    id_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds its id.")
    ] = None,
    group_by: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Summarise by this value too, such as item.model; repeatable."),
    ] = None,
    pass_threshold: Annotated[
        float | None, typer.Option(metavar="X", callback=_finite, help="The least reward that passes.")
    ] = None,
    on_error: Annotated[OnError, typer.Option(help="What a failed row is worth.")] = OnError.null,
    allow_errors: Annotated[
        bool, typer.Option("--allow-errors", help="Exit with 0 although rows have errors.")
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(metavar="X", callback=_finite, help="Exit with 4 where the mean is below X."),
    ] = None,
    metric: MetricOption = None,
    legacy: LegacyOption = False,
    judge: JudgeOption = None,
    embedder: EmbedderOption = None,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
    slim: Annotated[bool, typer.Option("--slim", help="Leave item and sample out of the results.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the run directory only.")] = False,
) -> None:
    """Score a dataset: print a summary, and write a run directory with every row."""
    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite exclude each other")
    if (resume or overwrite) and out_dir is None:
        raise typer.BadParameter("--resume and --overwrite need the directory of a run: --out DIR")
    kept = named_cache(cache, no_cache=no_cache)
    with exit_codes():
        options = Options(on_error.value, pass_threshold, legacy, variants_of(metric))
        bound = load(grader, options, judge=judge, embedder=embedder, cache=kept)
        with _progress_bar(shown=not quiet and not as_json) as on_progress, _cautions_said():
            results = engine.evaluate(
                bound,
                data,
                out=out_dir,
                resume=resume,
                overwrite=overwrite,
                limit=limit,
                item_field=item_field,
                sample_field=sample_field,
                id_field=id_field,
                group_by=group_by or (),
                slim=slim,
                on_progress=on_progress,
            )
        summary = results.summary
        if bound.type == "several" and bound.pass_threshold is None:
            say(
                "note",
                "rows have no reward, since not every grader has a threshold; --pass-threshold gives one",
            )
        if as_json:
            print_json({"run": str(results.path), "grader": bound.name, **summary.to_dict()})
        else:
            if not quiet:
                print_summary(out(), f"{bound.name} ({bound.type})", summary)
            print(results.path)
        code = _exit_code(summary, allow_errors=allow_errors, fail_under=fail_under)
        if code:
            raise typer.Exit(code)


def _exit_code(summary: Summary, *, allow_errors: bool, fail_under: float | None) -> int:
    if fail_under is not None and (summary.mean is None or summary.mean < fail_under):
        return BELOW
    return ROW_ERRORS if summary.errors and not allow_errors else 0


@contextmanager
def _cautions_said() -> Iterator[None]:
    """Print what the engine warns of as messages of this program."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        yield
    for warning in caught:
        say("warning", str(warning.message))


@contextmanager
def _progress_bar(*, shown: bool) -> Iterator[Callable[[engine.Progress], None] | None]:
    """Draw a progress bar on stderr, where that is a terminal."""
    console = err()
    if not shown or not console.is_terminal:
        yield None
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=1.0)

        def draw(progress: engine.Progress) -> None:
            failed = f", {progress.failed:,} failed" if progress.failed else ""
            bar.update(task, completed=progress.fraction, description=f"{progress.rows:,} rows{failed}")

        yield draw
