"""`graders calibrate`: how far a grader agrees with people's labels, and which threshold serves best."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from graders.analysis import FIGURE_NAMES, THRESHOLD_FROM, Agreement, Disagreement, calibrate
from graders.cli.console import JsonOption, cell, harmless, out, print_json
from graders.cli.exits import exit_codes
from graders.cli.options import finite
from graders.cli.pages import OverwriteOption, PageOption, refuse_to_replace
from graders.cli.tables import bar, estimate, number, plain_table
from graders.results import Results, write_whole
from graders.stats import RESAMPLES


class Maximise(StrEnum):
    """The figure that the best threshold maximises."""

    f1 = "f1"
    accuracy = "accuracy"
    kappa = "kappa"
    youden = "youden"
    precision = "precision"


_BAR_WIDTH = 30


def calibrate_command(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    label: Annotated[
        str, typer.Option(metavar="PATH", help="Where a row holds its label, such as item.is_correct.")
    ],
    positive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="A label that says that the row is right, such as good or '>=4'; repeatable "
            "[default: true, 1, yes, pass].",
        ),
    ] = None,
    maximise: Annotated[
        Maximise, typer.Option(help="The figure that the best threshold maximises.")
    ] = Maximise.f1,
    least_recall: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="The recall that the best threshold must keep.")
    ] = 0.0,
    pass_threshold: Annotated[
        float | None,
        typer.Option(metavar="X", callback=finite, help="Judge this threshold [default: the run's]."),
    ] = None,
    sub_reward: Annotated[
        str | None, typer.Option(metavar="NAME", help="Judge the rewards of this sub-grader.")
    ] = None,
    cluster_by: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Rows with one value here are not independent: wider intervals."),
    ] = None,
    rows: Annotated[int, typer.Option(min=0, metavar="N", help="Print N rows of disagreement.")] = 10,
    resamples: Annotated[
        int, typer.Option(min=1, metavar="N", help="Resamples of the bootstrap.")
    ] = RESAMPLES,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The seed of the bootstrap.")] = 0,
    html: PageOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a grader's verdicts against people's labels, and find the threshold that serves best."""
    with exit_codes():
        results = Results.open(run)
        refuse_to_replace([results], html, overwrite=overwrite)
        found = calibrate(
            results,
            label,
            positive=positive or (),
            sub_reward=sub_reward,
            pass_threshold=pass_threshold,
            maximise=maximise.value,
            least_recall=least_recall,
            cluster_by=cluster_by,
            resamples=resamples,
            seed=seed,
        )
        if html is not None:
            from graders.report import agreement_page

            write_whole(html, agreement_page(found, results, rows=rows))
        if as_json:
            print_json(found.to_dict(rows))
        else:
            _print(out(), found, rows)


def _print(console: Console, found: Agreement, rows: int) -> None:
    counts = f"{found.compared:,} rows compared" + (f", {found.lacking} left out" if found.lacking else "")
    what = "reward" if found.sub_reward is None else f"sub-reward {found.sub_reward}"
    console.print(harmless(f"{what} against {found.label}: {counts}", limit=500), soft_wrap=True)
    clustered = f"; clustered by {found.cluster_by}" if found.cluster_by else ""
    head = (
        f"threshold {found.threshold:g} ({THRESHOLD_FROM[found.threshold_from]}); 95 % intervals{clustered}"
    )
    console.print(harmless(head, limit=500), soft_wrap=True)
    for part in (_confusion(found), _figures(found), _reliability(found)):
        console.print()
        console.print(part)
    console.print()
    for line in (*_ranks(found), *_best(found)):
        console.print(line, soft_wrap=True)
    for line in _disagreements(found, rows):
        console.print(harmless(line, limit=500), soft_wrap=True)


def _confusion(found: Agreement) -> Table:
    table, counts = plain_table("", "label right", "label wrong"), found.confusion
    table.add_row("passes", f"{counts.true_positive:,}", f"{counts.false_positive:,} (too kind)")
    table.add_row("does not", f"{counts.false_negative:,} (too hard)", f"{counts.true_negative:,}")
    return table


def _figures(found: Agreement) -> Table:
    table = plain_table("", "this grader", "a constant verdict")
    for name, figure in found.estimates.items():
        table.add_row(FIGURE_NAMES.get(name, name), estimate(figure), number(found.constant[name]))
    return table


def _reliability(found: Agreement) -> Table:
    table = plain_table("rewards", "rows", "label right [95 %]")
    table.add_column("", no_wrap=True)
    for each in found.bins:
        length = round((each.positive.mean or 0.0) * _BAR_WIDTH)
        name, share = f"{each.low:.2f} to {each.high:.2f}", estimate(each.positive)
        table.add_row(name, f"{each.rows:,}", share, bar(length))
    return table


def _ranks(found: Agreement) -> Iterator[str]:
    yield f"rank correlation: Spearman {number(found.spearman)}, Kendall's tau-b {number(found.kendall)}"


def _best(found: Agreement) -> Iterator[str]:
    best = found.best
    if best is None:
        yield "no threshold can be found: the figure is nowhere defined"
        return
    name = FIGURE_NAMES.get(best.maximises, best.maximises)
    bounds = "" if best.low is None or best.high is None else f" [{best.low:.4g}, {best.high:.4g}]"
    held_out = "" if best.held_out is None else f", {best.held_out:.4f} on rows that it was not chosen on"
    yield f"best threshold by {name}: {best.value:g}{bounds}, which reaches {best.reached:.4f}{held_out}"
    alone = "" if found.sub_reward is None else ", in a run of that grader alone"
    yield f"to use it{alone}: graders run ... {found.flag}"


def _disagreements(found: Agreement, rows: int) -> Iterator[str]:
    if not (found.disagreements and rows):
        return
    yield ""
    yield "rows of disagreement, the farthest from the threshold first (graders show DIR --row N):"
    for each in found.disagreements[:rows]:
        yield f"  {_row(each)}: reward {each.reward:.4f}, label {cell(str(each.label))}, " + (
            "too kind" if each.too_kind else "too hard"
        )
    more = len(found.disagreements) - rows
    if more > 0:
        yield f"  and {more:,} more; --rows N prints more"


def _row(each: Disagreement) -> str:
    sample = "" if each.sample_index is None else f" sample {each.sample_index}"
    name = "" if each.id == each.row else f" (id {each.id})"
    return f"row {each.row}{sample}{name}"
