"""`graders compare`: is one run, or one group of a run, better than another?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from graders.analysis import Comparison, Flip, Pair, compare
from graders.cli.console import JsonOption, cell, harmless, out, print_json, say
from graders.cli.exits import BELOW, exit_codes
from graders.cli.pages import OverwriteOption, PageOption, refuse_to_replace
from graders.cli.tables import estimate
from graders.results import Results, write_whole

_FLIPS = 5


def _not_negative(value: float | None) -> float | None:
    if value is not None and not 0 <= value < float("inf"):
        raise typer.BadParameter(f"expected a finite number of at least 0; got {value!r}")
    return value


def compare_command(
    runs: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Run directories, the baseline first.")
    ],
    by: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Compare the groups of one run by this value, such as item.model."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Join rows by this value, such as item.id [default: their ids]."),
    ] = None,
    cluster_by: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Rows with one value here are not independent: wider intervals."),
    ] = None,
    sub_reward: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare the rewards of this sub-grader.")
    ] = None,
    flips: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help=f"Print N rows of each pair whose verdict changed [default: {_FLIPS} of a single pair].",
        ),
    ] = None,
    fail_if_worse: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            callback=_not_negative,
            help="Exit with 4 where the mean of a later run or group, over the rows that it shares with the "
            "first, is less than the first's by more than X.",
        ),
    ] = None,
    bootstrap: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Intervals of means by the bootstrap, of N resamples [default: Student's].",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="The seed of the permutation test and of the bootstrap.")
    ] = 0,
    html: PageOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare runs, or the groups of one run, row by row.

    Prints the differences with 95 % intervals, the p-values of two tests, adjusted for the number of pairs,
    and a sentence for each pair.
    """
    if (by is None) != (len(runs) > 1):
        raise typer.BadParameter("expected two run directories or more, or one with --by PATH")
    with exit_codes():
        opened = [Results.open(run) for run in runs]
        refuse_to_replace(opened, html, overwrite=overwrite)
        found = compare(
            *opened,
            by=by,
            on=on,
            cluster_by=cluster_by,
            sub_reward=sub_reward,
            bootstrap=bootstrap,
            seed=seed,
        )
        for note in found.notes:
            say("note", note)
        if html is not None:
            from graders.report import comparison_page

            write_whole(html, comparison_page(found, opened, rows=_FLIPS if flips is None else flips))
        if as_json:
            print_json(found.to_dict(flips))
        else:
            single = _FLIPS if len(found.pairs) == 1 else 0
            _print(out(), found, single if flips is None else flips)
        worse = [] if fail_if_worse is None else found.worse_than_first(fail_if_worse)
        for pair in worse:
            say("worse", f"{pair.second} is below {pair.first} by more than {fail_if_worse:g}")
        if worse:
            raise typer.Exit(BELOW)


def _print(console: Console, found: Comparison, flips: int) -> None:
    console.print(_standings(found))
    console.print()
    console.print(_pairs(found))
    console.print()
    for line in _explanations(found):
        console.print(line, style="dim", soft_wrap=True)
    console.print()
    for pair in found.pairs:
        console.print(harmless(pair.sentence, limit=500), soft_wrap=True)
    for pair in found.pairs if flips else ():
        for line in _flipped(pair, flips):
            console.print(harmless(line, limit=500), soft_wrap=True)


def _table(number: str, first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(number, no_wrap=True)
    table.add_column(first, min_width=12)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _standings(found: Comparison) -> Table:
    rates = [side.passed for side in found.sides if side.passed is not None]
    name = "mean" if found.sub_reward is None else f"mean of {harmless(found.sub_reward, limit=40)}"
    kind = harmless(found.by or "run", limit=40)
    whole = all(side.rows == side.scored for side in found.sides)
    headings = ["rows", *([] if whole else ["scored"]), name, *(["passed"] if rates else [])]
    table = _table("", kind, *headings)
    for number, side in enumerate(found.sides, 1):
        rate = [] if not rates else ["-" if side.passed is None else estimate(side.passed)]
        counts = [f"{side.rows:,}", *([] if whole else [f"{side.scored:,}"])]
        table.add_row(str(number), cell(side.name), *counts, estimate(side.reward), *rate)
    return table


def _pairs(found: Comparison) -> Table:
    """Lay out the pairs, by the numbers of their sides: names may be long."""
    table = _table("", "difference", "rows", "better", "same", "worse", "p", "McNemar")
    numbers = {side.name: number for number, side in enumerate(found.sides, 1)}
    for pair in found.pairs:
        counts = (pair.joined, pair.outcomes.wins, pair.outcomes.ties, pair.outcomes.losses)
        table.add_row(
            f"{numbers[pair.second]} - {numbers[pair.first]}",
            estimate(pair.difference, sign="+"),
            *(f"{count:,}" for count in counts),
            _p(pair.p_permutation_adjusted),
            "-" if pair.p_mcnemar_adjusted is None else _p(pair.p_mcnemar_adjusted),
        )
    return table


def _explanations(found: Comparison) -> Iterator[str]:
    joined = f"joined on {found.on}" if found.on else "joined by their ids"
    clustered = f", clustered by {found.cluster_by}" if found.cluster_by else ""
    drawn = "" if found.bootstrap is None else f" of {found.bootstrap:,} resamples"
    several = f", adjusted for {len(found.pairs)} pairs (Holm)" if len(found.pairs) > 1 else ""
    tests = f"p: permutation test; McNemar: its p{several}"
    yield harmless(f"rows {joined}{clustered}; 95 % intervals{drawn}; {tests}", limit=500)
    for side in found.sides:
        if side.repeats is not None:
            at, hat = estimate(side.repeats.pass_at_k), estimate(side.repeats.pass_hat_k)
            yield harmless(f"{side.name}: pass@{side.repeats.k} {at}, pass^{side.repeats.k} {hat}", limit=500)
    for pair in found.pairs:
        if pair.lacking:
            yield harmless(f"left out of {pair.second} - {pair.first}: {pair.lacking}", limit=500)


def _flipped(pair: Pair, flips: int) -> Iterator[str]:
    if pair.gained is None or pair.lost is None:
        return
    yield ""
    yield f"{pair.first} to {pair.second}: {pair.gained:,} rows pass now, {pair.lost:,} do not any more"
    for flip in _chosen(pair, flips):
        verdict = "passes now" if flip.gained else "does not pass any more"
        place = f"{flip.id} ({flip.rows})" if flip.has_name else flip.rows
        yield f"  {place}: {verdict}, {flip.first_reward:.4f} to {flip.second_reward:.4f}"


def _chosen(pair: Pair, flips: int) -> list[Flip]:
    """Choose flips to show: losses first, since these are what people look for."""
    return sorted(pair.flips, key=lambda flip: flip.gained)[:flips]


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"
