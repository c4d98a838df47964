"""`graders cache`: what is kept on this machine, and how to be rid of it."""

from pathlib import Path
from typing import Annotated, cast

import typer

from graders.cache import NAMESPACES, Cache, Namespace
from graders.cli.console import JsonOption, out, print_json
from graders.cli.exits import exit_codes
from graders.cli.tables import plain_table

CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="The folder of the cache [default: this user's]."),
]

cache = typer.Typer(no_args_is_help=True, help="Look at, or clear, the embeddings and replies that are kept.")


@cache.command()
def info(folder: CacheOption = None, as_json: JsonOption = False) -> None:
    """Print where the cache is, and how much it holds of what."""
    with exit_codes():
        kept = Cache(folder)
        usage = kept.info()
        if as_json:
            entries = {name: {"entries": each.entries, "bytes": each.bytes} for name, each in usage.items()}
            print_json({"path": str(kept.path), "namespaces": entries})
            return
        print(kept.path)
        table = plain_table("", "entries", "bytes")
        for name, each in usage.items():
            table.add_row(name, f"{each.entries:,}", f"{each.bytes:,}")
        out().print(table)


def _namespace(name: str | None) -> str | None:
    if name is not None and name not in NAMESPACES:
        raise typer.BadParameter(f"expected one of {', '.join(NAMESPACES)}; got {name!r}")
    return name


@cache.command()
def clear(
    namespace: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAMESPACE]",
            callback=_namespace,
            help="judge, embedding or sample; everything where it is absent.",
        ),
    ] = None,
    folder: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what is kept."""
    with exit_codes():
        kept = Cache(folder)
        removed = kept.clear(cast(Namespace | None, namespace))
        if as_json:
            print_json({"path": str(kept.path), "removed": removed})
        else:
            print(f"{removed:,} entries removed from {kept.path}")
