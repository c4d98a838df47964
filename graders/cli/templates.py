"""`graders templates`: list, show and copy the ready-made graders."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from graders.catalog import find, ready_made
from graders.cli.console import JsonOption, out, print_json
from graders.cli.exits import exit_codes
from graders.compile import read_source
from graders.errors import RunError

templates = typer.Typer(no_args_is_help=True, help="List, show and copy the ready-made graders.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from `graders templates list`.")]


@templates.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the ready-made graders."""
    with exit_codes():
        rows = [
            {"name": each.name, "type": read_source(f"template:{each.name}")["type"], "summary": each.summary}
            for each in ready_made()
        ]
        if as_json:
            print_json({"templates": rows})
            return
        table = Table("name", "type", "what it checks", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row.values())
        out().print(table)


@templates.command()
def show(name: Name, as_json: JsonOption = False) -> None:
    """Print a ready-made grader: what it is for, and its document."""
    with exit_codes():
        template = find(name)
        if as_json:
            print_json(
                {
                    "name": name,
                    "readme": template.text("README.md"),
                    "grader": read_source(f"template:{name}"),
                }
            )
        else:
            print(template.text("README.md").rstrip(), "\n")
            print(template.text("grader.json").rstrip())


@templates.command()
def copy(
    name: Name,
    folder: Annotated[Path | None, typer.Argument(help="Where to; a new folder NAME by default.")] = None,
) -> None:
    """Copy a ready-made grader with its rows into a new folder."""
    with exit_codes():
        template = find(name)
        target = folder or Path(name)
        try:
            target.mkdir(parents=True)
            for entry in template.folder.iterdir():
                if entry.is_file():
                    (target / entry.name).write_bytes(entry.read_bytes())
        except FileExistsError:
            raise RunError(f"{target}: exists already") from None
        except OSError as error:
            raise RunError(f"{target}: {(error.strerror or str(error)).lower()}") from None
        print(target)
