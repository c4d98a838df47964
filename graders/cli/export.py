"""`graders export`: the rows of a run for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.console import JsonOption, print_json, say
from graders.cli.exits import exit_codes
from graders.cli.pages import OverwriteOption, refuse_own_file
from graders.engine import whole_rows
from graders.results import Columns, Results
from graders.results.export import SUFFIXES, suffix_of
from graders.results.export import export as write


def export(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"What to write: {', '.join(SUFFIXES)}.")],
    overwrite: OverwriteOption = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Leave CSV cells as they are, also those that a spreadsheet would run."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the rows of a run to a Parquet, CSV or JSON Lines file, item and sample included.

    Sub-rewards are columns; errors, traces and items are JSON text. Cells that a spreadsheet would run get an
    apostrophe in front.
    """
    with exit_codes():
        suffix_of(file)
        results = Results.open(run)
        refuse_own_file(results, file)
        columns = Columns.of(results.rows())
        n = write(lambda: whole_rows(results), file, columns, overwrite=overwrite, raw=raw)
        if results.about.get("status") != "complete":
            say("warning", f"{run}: the run is not complete; these are the rows that it has")
        if as_json:
            print_json({"file": str(file), "rows": n, "columns": columns.names})
        else:
            print(f"{n:,} rows: {file}")
