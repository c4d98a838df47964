"""`graders export`: the rows of a run for other programs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graders.cli.console import print_json, say
from graders.cli.exits import exit_codes
from graders.engine import whole_rows
from graders.errors import RunError
from graders.results import Columns, Results
from graders.results.export import SUFFIXES, suffix_of
from graders.results.export import export as write


def export(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"What to write: {', '.join(SUFFIXES)}.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it is there.")] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Leave CSV cells as they are, also those that a spreadsheet would run."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the rows of a run to a Parquet, CSV or JSON Lines file, item and sample included.

    Sub-rewards are columns; errors, traces and items are JSON text. Cells that a spreadsheet would run get an
    apostrophe in front.
    """
    with exit_codes():
        suffix_of(file)
        results = Results.open(run)
        _refuse_own_files(results, file)
        columns = Columns.of(results.rows())
        n = write(lambda: whole_rows(results), file, columns, overwrite=overwrite, raw=raw)
        if results.about.get("status") != "complete":
            say("warning", f"{run}: the run is not complete; these are the rows that it has")
        if as_json:
            print_json({"file": str(file), "rows": n, "columns": columns.names})
        else:
            print(f"{n:,} rows: {file}")


def _refuse_own_files(results: Results, file: Path) -> None:
    """Keep a run, and the data that it was made of, from being overwritten by what is made of them."""
    data: Any = results.about.get("data", {}).get("path")
    own = [results.path / name for name in ("run.json", "results.jsonl", "summary.json")]
    own += [] if data is None else [Path(data)]
    if file.resolve() in [path.resolve() for path in own]:
        raise RunError(f"{file}: belongs to the run; another name is needed")
