"""`graders from-promptfoo`: grader documents and rows out of a promptfoo config."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from graders.cli.console import JsonOption, harmless, print_json
from graders.cli.exits import ROW_ERRORS, exit_codes
from graders.errors import RunError
from graders.integrations.promptfoo import Conversion, convert
from graders.integrations.promptfoo.notes import VERSION
from graders.strict_json import dumps

NOTES = "notes.txt"


def from_promptfoo(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A promptfoo config, .yaml or .json.")],
    out_dir: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where to; a new folder, or an empty one.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Turn a promptfoo config into grader documents and rows, and say what could not be carried over.

    Tests that assert alike share a document; what they expect stands in their rows. Exit code 3: something
    was left out.
    """
    with exit_codes():
        found = convert(config)
        files = _write(found, out_dir)
        if as_json:
            print_json(_as_dict(found, files))
        else:
            for document, rows, n in files:
                print(f"{n:,} rows: {document} {rows}")
            print()
            print("\n".join(harmless(line, limit=2000) for line in _notes(found)))
        if found.left_out:
            raise typer.Exit(ROW_ERRORS)


def _write(found: Conversion, folder: Path) -> list[tuple[Path, Path, int]]:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise RunError(f"{folder}: is not empty")
    files = []
    for place, group in enumerate(found.groups, 1):
        suffix = "" if len(found.groups) == 1 else f"_{place}"
        document, rows = folder / f"grader{suffix}.json", folder / f"items{suffix}.jsonl"
        text = json.dumps(group.document, indent=2, ensure_ascii=False) + "\n"
        # Half of a surrogate pair cannot be UTF-8; Python writes it with a backslash as JSON does.
        document.write_text(text, encoding="utf-8", errors="backslashreplace")
        rows.write_bytes(b"".join(dumps(row) + b"\n" for row in group.rows))
        files.append((document, rows, len(group.rows)))
    (folder / NOTES).write_text("\n".join([*_notes(found), ""]), encoding="utf-8")
    return files


def _notes(found: Conversion) -> Iterator[str]:
    if found.left_out:
        yield "not carried over"
        yield from (f"  {note}" for note in found.left_out)
    yield f"differs from promptfoo {VERSION}"
    yield from (f"  {kind}: {text}" for kind, text in found.differences.items())
    yield from (f"  {text}" for text in found.always)


def _as_dict(found: Conversion, files: list[tuple[Path, Path, int]]) -> dict[str, Any]:
    return {
        "graders": [{"document": str(document), "rows": str(rows), "n": n} for document, rows, n in files],
        "left_out": [{"path": note.path, "reason": note.reason} for note in found.left_out],
        "differences": found.differences | {"always": list(found.always)},
    }
