"""`graders bench`: how fast the metrics are here, beside the libraries that they equal."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from graders.analysis import Ratio, library_versions, machine, measured_ratios
from graders.cli.console import JsonOption, cell, err, out, print_json
from graders.cli.exits import exit_codes
from graders.cli.tables import plain_table


def bench_command(
    pairs: Annotated[int, typer.Option(min=1, metavar="N", help="Pairs of texts of each corpus.")] = 500,
    as_json: JsonOption = False,
) -> None:
    """Measure speed on this machine, as ratios to the libraries that people use otherwise.

    Only ratios inside one run can be compared. A goal that is not reached changes no exit code.
    """
    with exit_codes():
        with err().status("measuring"):
            ratios = list(measured_ratios(pairs))
        if as_json:
            found = [{**vars(ratio), "holds": ratio.holds} for ratio in ratios]
            print_json(
                {"machine": machine(), "versions": library_versions(), "pairs": pairs, "ratios": found}
            )
        else:
            print_ratios(out(), ratios, library_versions())


def print_ratios(console: Console, ratios: Sequence[Ratio], versions: dict[str, str]) -> None:
    """Print machine, versions, a table of the ratios, and their notes."""
    console.print(machine())
    console.print(", ".join(f"{name} {number}" for name, number in versions.items()) + "\n")
    table = plain_table("what", "ratio", "goal", "holds")
    for ratio in ratios:
        goal = "-" if ratio.goal is None else f"{'<=' if ratio.at_most else '>='} {ratio.goal:g}"
        holds = "-" if ratio.goal is None else "yes" if ratio.holds else "NO"
        table.add_row(cell(ratio.subject, limit=100), f"{ratio.ratio:.2f}", goal, holds)
    console.print(table)
    for note in dict.fromkeys(ratio.note for ratio in ratios if ratio.note):
        subjects = [ratio.subject for ratio in ratios if ratio.note == note]
        console.print(f"\n{', '.join(subjects)}: {note}")
