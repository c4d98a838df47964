"""Pages that a command writes where it is told to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from graders.errors import RunError
from graders.results import Results
from graders.results.directory import ROWS, RUN, SUMMARY

PageOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a page with tables and plots as well."),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it is there.")]


def refuse_to_replace(runs: Sequence[Results], target: Path | None, *, overwrite: bool) -> None:
    """Keep files from being replaced: those that runs are made of always, others where nobody asks.

    Raises:
        RunError: the file must not be written.
    """
    if target is None:
        return
    for results in runs:
        refuse_own_file(results, target)
    if target.exists() and not overwrite:
        raise RunError(f"{target}: is there already; --overwrite replaces it")


def refuse_own_file(results: Results, target: Path) -> None:
    """Keep a run, and the data that it was made of, from being replaced by what is made of them.

    Raises:
        RunError: the file is one of these.
    """
    data = (results.about.get("data") or {}).get("path")
    own = [results.path / name for name in (RUN, ROWS, SUMMARY)]
    own += [Path(data)] if isinstance(data, str) else []
    if target.resolve() in [path.resolve() for path in own]:
        raise RunError(f"{target}: belongs to the run; another name is needed")
