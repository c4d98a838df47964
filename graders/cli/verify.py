"""`graders verify`: our metrics against the reference libraries, on the user's own rows."""

from contextlib import ExitStack
from typing import Annotated

import typer
from rich.console import Console

from graders.analysis import TOLERANCE, Verification, verify
from graders.cli.console import JsonOption, cell, out, print_json
from graders.cli.exits import UNUSABLE, exit_codes
from graders.cli.tables import plain_table
from graders.dataset import RowMapping, open_dataset
from graders.engine import field_path, located
from graders.errors import DataError


def verify_command(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Rows, as `graders run` takes them.")],
    reference_field: Annotated[
        str, typer.Option(metavar="PATH", help="The field that holds the reference, such as item.answer.")
    ],
    sample_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the model's output.")
    ] = None,
    item_field: Annotated[
        str | None, typer.Option(metavar="PATH", help="The field of a raw row that holds the item.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME[=VARIANT]", help="This metric only; repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="The first N rows only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare our metrics with the reference libraries on your own rows.

    Exits with 1 where a metric differs by more than 1e-12 in any row.
    """
    with exit_codes(), ExitStack() as stack:
        mapping = RowMapping(field_path(item_field), field_path(sample_field))
        dataset = open_dataset(located(data, stack), mapping)
        try:
            parted = (text.partition("=") for text in metric or ())
            named = [(name, variant or None) for name, _, variant in parted]
            found = verify(dataset, reference_field, metrics=named, limit=limit)
        except ValueError as error:
            raise DataError(str(error)) from None
        if as_json:
            checks = [{**vars(check), "speed": check.speed} for check in found.checks]
            print_json(
                {"rows": found.rows, "skipped": found.skipped, "agrees": found.agrees, "metrics": checks}
            )
        else:
            _print(out(), found)
        if not found.agrees:
            raise typer.Exit(UNUSABLE)


def _print(console: Console, found: Verification) -> None:
    skipped = f", {found.skipped:,} skipped: they lack a text" if found.skipped else ""
    console.print(f"{found.rows:,} rows{skipped}\n")
    headings = (f"rows beyond {TOLERANCE:g}", "largest", "ours", "library", "ratio")
    table = plain_table("metric", *headings)
    for column in table.columns:
        column.min_width = 7  # the same layout whatever was measured
    for check in found.checks:
        name = check.name if check.variant is None else f"{check.name}={check.variant}"
        seconds = (check.ours_seconds, check.library_seconds)
        speeds = [f"{1e6 * each / found.rows:.1f}" for each in seconds]
        table.add_row(name, f"{check.differing:,}", f"{check.largest:.2g}", *speeds, f"{check.speed:.1f}×")
    console.print(table)
    console.print("\nlargest: the largest difference; ours, library: µs of CPU time a row, in this run")
    for check in found.checks:
        if check.note:
            console.print(cell(f"{check.name}: {check.note}", limit=200))
        for example in check.examples:
            values = f"ours {example['ours']!r}, library {example['library']!r}"
            console.print(f"{check.name}, row {example['row']}: {values}")
