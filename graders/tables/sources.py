"""Tables in memory: what counts as one, and how its rows are had.

Design: pandas keeps Python objects in columns; they are taken as they are, since Arrow would give every
object of a column the keys of all others. What pandas means by missing (NaN, NaT, None, `pandas.NA` as a
cell) is null. The index is no column. The datasets of Hugging Face are read from where they lie; any other
table is held in memory, so that it can be read twice and is the same both times.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from graders.errors import DataError, Failure
from graders.tables.needed import load_pyarrow
from graders.tables.pieces import Piece, cells, check_names, pieces_of, rows_of

_BATCH_ROWS = 1000


class ArrowStream(Protocol):
    """What speaks the Arrow protocol: frames of pandas and Polars, relations of DuckDB, tables of PyArrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the batches as a capsule."""


class ArrowTables(Protocol):
    """What gives Arrow tables when it is asked for that format: a dataset of Hugging Face."""

    def with_format(self, type: str | None = None) -> Any:  # noqa: A002  the parameter's name there
        """Give the same rows in another format."""


Tabular = ArrowStream | ArrowTables
"""A table in memory."""


@dataclass(frozen=True)
class Table:
    """A table that can be read again and again."""

    pieces: Callable[[], Iterator[Piece]]

    def rows(self) -> Iterator[tuple[dict[str, Any] | Failure, int]]:
        """Give the rows, each with about its size in bytes."""
        return rows_of(self.pieces())


def is_tabular(source: object) -> TypeGuard[Tabular]:
    """Say whether something is a table or a column, rather than a sequence of Python's values."""
    if isinstance(source, list | tuple):
        return False
    speaks = hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")
    return speaks or _is_dataset(source) or _is_pandas(source, "DataFrame") or _is_pandas(source, "Series")


def table_of(source: Tabular) -> Table:
    """Make a table of something tabular.

    Raises:
        DataError: it has no columns, or columns whose names are no texts or stand twice; it cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow = load_pyarrow("a table as data", "frames")
    if _is_pandas(source, "DataFrame"):
        whole = _of_pandas(source)
        return Table(whole.parts)
    if _is_dataset(source):
        names = getattr(source, "column_names", None)
        if names is not None:  # a stream may not know them yet
            check_names(names, "the dataset")
        return Table(lambda: _of_dataset(source))
    with _reading_it():
        table = pyarrow.RecordBatchReader.from_stream(source).read_all()
    check_names(table.schema.names, "the table")
    return Table(lambda: (piece for batch in table.to_batches() for piece in pieces_of(batch)))


def listed(values: Any) -> tuple[Any, dict[int, Failure]]:
    """Give the rows of a table, or the values of a column, as a list; anything else as it is.

    A row that JSON cannot hold is None there, and its `Failure` stands in the second.

    Raises:
        DataError: the table cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    if not is_tabular(values):
        return values, {}
    if _is_pandas(values, "Series"):
        found, reasons = cells(_cells_of_pandas(values))
    elif _is_column(values):
        found, reasons = cells(_column(values))
    else:
        rows = [row for row, _ in table_of(values).rows()]
        failures = {number: row for number, row in enumerate(rows) if isinstance(row, Failure)}
        return [None if isinstance(row, Failure) else row for row in rows], failures
    return found, {row: Failure("wrong_shape", f"row {row}: {reason}") for row, reason in reasons.items()}


def _is_pandas(source: object, name: str) -> bool:
    """Say whether something is of a class of pandas; who has not loaded pandas holds nothing of it."""
    kind = getattr(sys.modules.get("pandas"), name, None)
    return kind is not None and isinstance(source, kind)


def _is_dataset(source: object) -> bool:
    return all(hasattr(source, name) for name in ("with_format", "features", "column_names"))


def _is_column(source: Any) -> bool:
    """Say whether an Arrow object is a single column: its type then tells that of its values."""
    return not hasattr(source, "columns") and not hasattr(source, "schema") and not _is_dataset(source)


@contextmanager
def _reading_it() -> Iterator[None]:
    """Let a table that its library cannot give say so."""
    try:
        yield
    except Exception as error:  # of that library, whichever it is
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DataError(f"the table cannot be read: {reason}") from None


def _column(source: Any) -> Any:
    pyarrow = load_pyarrow("a table as data", "frames")
    with _reading_it():
        if isinstance(source, pyarrow.Array):
            return source
        return _one_array(pyarrow.chunked_array(source))


def _one_array(column: Any) -> Any:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _of_dataset(dataset: Any) -> Iterator[Piece]:
    with _reading_it():
        for table in dataset.with_format("arrow").iter(batch_size=_BATCH_ROWS):
            for batch in table.to_batches():
                yield from pieces_of(batch)


def _of_pandas(frame: Any) -> Piece:
    check_names(frame.columns, "the frame")
    columns = [_cells_of_pandas(frame.iloc[:, place]) for place in range(frame.shape[1])]
    size = sum(getattr(column, "nbytes", 100 * len(frame)) for column in columns)
    return Piece(tuple(frame.columns), tuple(columns), len(frame), size)


def _cells_of_pandas(series: Any) -> Any:
    pyarrow = load_pyarrow("a frame as data", "frames")
    if series.dtype != object:
        try:
            array = _one_array(pyarrow.Array.from_pandas(series))
        except (pyarrow.ArrowException, ValueError, TypeError):  # a type that only pandas knows
            array = None
        if array is not None and not hasattr(array.type, "storage_type"):
            return array
    missing = series.isna().tolist()
    return [None if absent else value for value, absent in zip(series.tolist(), missing, strict=True)]
