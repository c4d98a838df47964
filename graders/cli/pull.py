"""`graders pull`: copy what a hosted Evals API holds."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from graders.cli.console import JsonOption, cell, err, harmless, out, print_json, say
from graders.cli.exits import exit_codes
from graders.errors import DataError, MissingExtraError
from graders.hosted import (
    Account,
    Connection,
    Patience,
    Pulled,
    Selection,
    Source,
    SurveyedEval,
    Turnstile,
    survey,
)
from graders.hosted import pull as pull_all
from graders.hosted.manifest import Manifest

if TYPE_CHECKING:
    from graders.hosted.into_store import PutIn

_MOST_NOTES = 20


def _seconds(date: str | None) -> str | None:
    if date is not None:
        try:
            datetime.fromisoformat(date)
        except ValueError:
            raise typer.BadParameter(f"expected a date such as 2026-01-31; got {date!r}") from None
    return date


def pull(
    out_dir: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="The directory to fill, or to go on with."),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The API [default: OPENAI_BASE_URL, else OpenAI's]."),
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(metavar="NAME", help="The environment variable that holds the key.")
    ] = "OPENAI_API_KEY",
    evals: Annotated[
        list[str] | None, typer.Option("--eval", metavar="ID", help="Copy this eval only; repeatable.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", callback=_seconds, help="Leave out runs created before (ISO; UTC)."),
    ] = None,
    azure: Annotated[
        bool, typer.Option("--azure", help="Send the key as Azure wants it, whatever the host's name.")
    ] = False,
    api_version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The api-version that Azure's older paths need.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Requests at once.")] = 4,
    attempts: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Attempts of a request before giving up.")
    ] = 8,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be copied; write nothing.")
    ] = False,
    into_store: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Then put what the directory holds into this store, for graders serve --store DIR.",
        ),
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="The database of that store, where it has another.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: only put what was copied before into the store.")
    ] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the directory only.")] = False,
) -> None:
    """Copy evals, runs, output items and files from a hosted Evals API to disk.

    Every object is written as it was received. The same command goes on after a stop or a crash, and later
    copies what is new.
    """
    if out_dir is None and not dry_run:
        raise typer.BadParameter("a directory is needed: --out DIR")
    if into_store is None and (offline or database is not None):
        raise typer.BadParameter("--offline and --database are about a store: --into-store DIR")
    if dry_run and into_store is not None:
        raise typer.BadParameter("--dry-run and --into-store exclude each other")
    if offline and (evals or since):
        raise typer.BadParameter("--eval and --since choose what is copied; --offline copies nothing")
    with exit_codes():
        if offline and out_dir is not None and into_store is not None:
            _print_put_in(
                put_into_store(out_dir, into_store, database), into_store, as_json=as_json, quiet=quiet
            )
            return
        account = Account(_key(api_key_env), base_url, azure, api_version)
        selection = Selection(tuple(evals or ()), _timestamp(since))
        with Connection(account) as connection:
            source = Source(connection, Turnstile(Patience(attempts=attempts)))
            if dry_run or out_dir is None:
                _print_survey(survey(source, selection, workers=workers), as_json=as_json)
                return
            with _progress(shown=not quiet and not as_json) as on_progress:
                pulled = pull_all(source, out_dir, selection, workers=workers, on_progress=on_progress)
        put_in = None if into_store is None else put_into_store(pulled.path, into_store, database)
        if as_json:
            print_json(_as_dict(pulled) | ({} if put_in is None else {"into_store": asdict(put_in)}))
            return
        if not quiet:
            _print_notes(pulled)
            print(f"{_counts(pulled)} in")
        print(pulled.path)
        if put_in is not None and into_store is not None:
            _print_put_in(put_in, into_store, as_json=False, quiet=quiet)


def _key(name: str) -> str:
    key = os.environ.get(name, "").strip()
    if not key:
        raise DataError(f"the environment variable {name!r} holds no key; --api-key-env names another")
    return key


def _timestamp(date: str | None) -> float | None:
    if date is None:
        return None
    moment = datetime.fromisoformat(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def put_into_store(folder: Path, store: Path, database: str | None) -> "PutIn":
    """Put a pulled directory into a store, which is made where there is none.

    Raises:
        RunError: it is no pulled directory.
        DataError: a file in it is damaged.
        StoreError: the store cannot be opened or used.
        MissingExtraError: the extra `server` is not installed.
    """
    try:
        from graders.hosted.into_store import put_into
        from graders.store import Store, usable
    except ImportError:
        raise MissingExtraError("a store", "server") from None
    Manifest.read(folder)  # before a store is made for nothing
    with usable(), Store(store, database) as opened:
        return put_into(folder, opened)


def _print_put_in(put_in: "PutIn", store: Path, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json({"into_store": asdict(put_in)})
        return
    if not quiet:
        _print_sentences(put_in.problems)
        print(f"{_counts(put_in)} new in")
    print(store)


def _counts(pulled: "Pulled | PutIn") -> str:
    counts = {"evals": pulled.evals, "runs": pulled.runs, "output items": pulled.items, "files": pulled.files}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _as_dict(pulled: Pulled) -> dict[str, Any]:
    unfinished = [{"eval": of, "run": run, "status": status} for of, run, status in pulled.unfinished]
    return {
        "pulled": str(pulled.path),
        "evals": pulled.evals,
        "runs": pulled.runs,
        "items": pulled.items,
        "files": pulled.files,
        "unfinished": unfinished,
        "problems": list(pulled.problems),
    }


def _print_notes(pulled: Pulled) -> None:
    notes = [f"run {run} is {status}; pull again when it is over" for _, run, status in pulled.unfinished]
    _print_sentences([*notes, *pulled.problems])


def _print_sentences(notes: Sequence[str]) -> None:
    for note in notes[:_MOST_NOTES]:
        say("note", note)
    if len(notes) > _MOST_NOTES:
        say("note", f"and {len(notes) - _MOST_NOTES} more; --json gives them all")


def _print_survey(found: Sequence[SurveyedEval], *, as_json: bool) -> None:
    files = {name for each in found for name in each.files}
    totals = {name: sum(getattr(each, name) for each in found) for name in ("runs", "unfinished", "items")}
    if as_json:
        listed = [{**vars(each), "files": sorted(each.files)} for each in found]
        print_json({"evals": listed, **totals, "files": sorted(files)})
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("eval", overflow="fold")
    table.add_column("name")
    for heading in ("runs", "not over", "items", "files"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        counts = (each.runs, each.unfinished, each.items, len(each.files))
        table.add_row(harmless(each.id), cell(each.name), *(f"{count:,}" for count in counts))
    out().print(table)
    total = f"{totals['runs']:,} runs, {totals['items']:,} output items, {len(files):,} files"
    print(f"{len(found):,} evals, {total} would be copied")


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[Pulled], None] | None]:
    """Count on stderr, where that is a terminal."""
    console = err()
    if not shown or not console.is_terminal:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("connecting", total=None)
        yield lambda pulled: bar.update(task, description=_counts(pulled))
