"""The rows of a run in another file: Parquet, CSV or JSON Lines.

Design: rows are written as they are read, into a draft beside the file, which takes its place when it is
whole; a file that is there is kept unless it may be overwritten. A CSV cell that a spreadsheet would run gets
an apostrophe in front; what is a number is none of them.
"""

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from graders.errors import RunError
from graders.results.columns import Cell, Columns
from graders.results.drafts import drafted
from graders.strict_json import dumps
from graders.tables import load_pyarrow

Rows = Iterable[Mapping[str, Any]]
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
"""What the name of an exported file may end in."""

_RUNNABLE = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUP_ROWS, _GROUP_TEXT = 16_384, 32 * 2**20


def export(
    rows: Callable[[], Rows], path: Path, columns: Columns, *, overwrite: bool = False, raw: bool = False
) -> int:
    """Write rows to a file whose name says how; give how many there were.

    `rows` gives them, item and sample included. `raw` leaves CSV cells as they are. In CSV, nothing and an
    empty text are the same.

    Raises:
        RunError: the name does not say the format, or the file is there and may not be overwritten.
        MissingExtraError: the format is Parquet, and pyarrow is not installed.
        OSError: the file cannot be written.
    """
    suffix = suffix_of(path)
    if path.exists() and not (overwrite and path.is_file()):
        raise RunError(f"{path}: is there already" + ("; --overwrite replaces it" if path.is_file() else ""))
    if not path.parent.is_dir():
        raise RunError(f"{path.parent}: no such directory")
    counted = _Counted(rows())
    with drafted(path) as file:
        if suffix == ".parquet":
            _write_parquet(file, counted, columns)
        else:
            with _packed(file, suffix) as packed:
                if suffix.startswith(".csv"):
                    _write_csv(packed, counted, columns, raw)
                else:
                    packed.writelines(dumps(row) + b"\n" for row in counted)
    return counted.n


def suffix_of(path: Path) -> str:
    """Give what a file's name says of its format.

    Raises:
        RunError: it says nothing.
    """
    found = [suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)]
    if not found:
        raise RunError(f"{path}: expected a file name that ends in {', '.join(SUFFIXES)}")
    return found[0]


class _Counted:
    """Rows, and how many of them have been read."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.n = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self.rows:
            self.n += 1
            yield row


@contextmanager
def _packed(file: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    if not suffix.endswith(".gz"):
        yield file
        return
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:  # the same bytes every time
        yield cast(IO[bytes], packed)


def _write_csv(file: IO[bytes], rows: Rows, columns: Columns, raw: bool) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)  # its line ends are \r\n: a cell is quoted where it holds a letter of them
    change = _raw_cell if raw else _safe_cell
    writer.writerow([change(name) for name in columns.names])
    for row in rows:
        writer.writerow([change(cell) for cell in columns.cells(row)])
    text.detach()


def _raw_cell(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def _safe_cell(cell: Cell) -> Cell:
    """Put an apostrophe in front of a text that a spreadsheet would take for a formula."""
    if isinstance(cell, str) and _RUNNABLE.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return _raw_cell(cell)


def _write_parquet(file: IO[bytes], rows: Rows, columns: Columns) -> None:
    load_pyarrow("an export to Parquet")
    from pyarrow import parquet

    schema = arrow_schema(columns)
    with parquet.ParquetWriter(file, schema) as writer:
        for batch in arrow_batches(rows, columns):
            writer.write_batch(batch)


def arrow_schema(columns: Columns) -> Any:
    """Give the columns as an Arrow schema."""
    pyarrow = load_pyarrow("a run as Arrow")
    kinds = {
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        str: pyarrow.large_string(),
    }
    types = [kinds[kind] for kind in columns.kinds.values()]
    return pyarrow.schema(list(zip(columns.names, types, strict=True)))


def arrow_batches(rows: Rows, columns: Columns) -> Iterator[Any]:
    """Give the rows as Arrow record batches, each of some thousands."""
    pyarrow, schema = load_pyarrow("a run as Arrow"), arrow_schema(columns)
    for part in _parts(columns.cells(row) for row in rows):
        values = zip(*part, strict=True)
        arrays = [pyarrow.array(column, kind) for column, kind in zip(values, schema.types, strict=True)]
        yield pyarrow.record_batch(arrays, schema=schema)


def _parts(rows: Iterator[list[Cell]]) -> Iterator[Sequence[list[Cell]]]:
    """Gather rows until they are many, or long."""
    part: list[list[Cell]] = []
    held = 0
    for cells in rows:
        part.append(cells)
        held += sum(len(cell) for cell in cells if isinstance(cell, str))
        if len(part) >= _GROUP_ROWS or held >= _GROUP_TEXT:
            yield part
            part, held = [], 0
    if part:
        yield part
