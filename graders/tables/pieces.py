"""Pieces of tables: a few columns' next rows, and what they are as rows.

Design: a piece is small enough to be held as Python objects. Columns are read whole; only where that fails is
the piece read cell by cell, to find the rows that are to blame.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graders.errors import DataError, Failure
from graders.tables.arrow_values import arrow_values
from graders.tables.python_values import python_values

PIECE_ROWS = 1000
PIECE_BYTES = 4 * 2**20
MAX_ROW = 64 * 2**20
"""Largest row, in bytes, that is read."""
_UNFIT = (ValueError, OverflowError, RecursionError, NotImplementedError)


@dataclass(frozen=True)
class Piece:
    """Rows that follow each other, as columns: Arrow arrays, or lists of Python's values."""

    names: tuple[str, ...]
    columns: tuple[Any, ...]
    rows: int
    size: int
    """About how many bytes it takes."""

    def parts(self) -> Iterator["Piece"]:
        """Cut it into pieces small enough to be held as rows."""
        step = max(1, min(PIECE_ROWS, PIECE_BYTES * self.rows // max(self.size, 1)))
        for start in range(0, self.rows, step):
            n = min(step, self.rows - start)
            columns = tuple(column[start : start + n] for column in self.columns)
            yield Piece(self.names, columns, n, self.size * n // self.rows)


def pieces_of(batch: Any) -> Iterator[Piece]:
    """Cut an Arrow record batch into pieces."""
    whole = Piece(tuple(batch.schema.names), tuple(batch.columns), batch.num_rows, _size(batch))
    if whole.size <= MAX_ROW * whole.rows:
        yield from whole.parts()
        return
    for row in range(batch.num_rows):  # some are too large to be read: which ones?
        one = batch.slice(row, 1)
        yield Piece(whole.names, tuple(one.columns), 1, _size(one))


def _size(batch: Any) -> int:
    try:
        return int(batch.nbytes)
    except TypeError:  # older releases of pyarrow cannot weigh string views
        return 100 * int(batch.num_rows) * int(batch.num_columns)


def rows_of(pieces: Iterable[Piece]) -> Iterator[tuple[dict[str, Any] | Failure, int]]:
    """Give the rows of pieces, each with about its size in bytes, or the `Failure` to make JSON of it."""
    first = 0
    for piece in pieces:
        size = piece.size // max(piece.rows, 1)
        if size > MAX_ROW:
            yield Failure("line_too_long", f"row {first} is larger than {MAX_ROW} bytes"), size
        else:
            for row in _rows(piece, first):
                yield row, size
        first += piece.rows


def _rows(piece: Piece, first: int) -> list[dict[str, Any] | Failure]:
    failures: dict[int, Failure] = {}
    columns = []
    for name, column in zip(piece.names, piece.columns, strict=True):
        values, reasons = cells(column)
        columns.append(values)
        for row, reason in reasons.items():
            failures.setdefault(row, Failure("wrong_shape", f"row {first + row}: column {name!r}: {reason}"))
    rows: list[dict[str, Any] | Failure] = [
        dict(zip(piece.names, values, strict=True)) for values in zip(*columns, strict=True)
    ]
    for row, failure in failures.items():
        rows[row] = failure
    return rows


def cells(column: Any) -> tuple[list[Any], dict[int, str]]:
    """Give a column's values; None in the place of those that JSON cannot hold, with the reason."""
    try:
        return _values(column), {}
    except _UNFIT:
        pass
    values: list[Any] = []
    reasons: dict[int, str] = {}
    for row in range(len(column)):
        try:
            values += _values(column[row : row + 1])
        except UnicodeDecodeError as error:
            values.append(None)
            reasons[row] = f"not UTF-8 at byte {error.start + 1}"
        except _UNFIT as error:
            values.append(None)
            reasons[row] = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return values, reasons


def _values(column: Any) -> list[Any]:
    return python_values(column) if isinstance(column, list) else arrow_values(column)


def check_names(names: Iterable[Any], table: str) -> None:
    """Refuse columns without a name that JSON has, or with the name of another.

    Raises:
        DataError: there is none, a name is no text, or one stands twice.
    """
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"{table}: expected columns whose names are texts; got {name!r}")
        if name in seen:
            raise DataError(f"{table}: column {name!r} stands twice")
        seen.add(name)
    if not seen:
        raise DataError(f"{table}: there are no columns")
