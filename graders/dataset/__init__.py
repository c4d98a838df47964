"""Read a dataset in blocks of rows: JSON Lines, JSON, CSV, Parquet, Arrow, or rows and tables in memory.

Design: a row that cannot be read is a row like any other, with a `Failure` in the place of its item, so
that no row is lost, shifted or guessed at. Memory is bounded by the block, which ends after a number of
rows or bytes, whichever comes first; a line beyond `MAX_LINE` is passed over without being held.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

from graders.batch import Batch
from graders.dataset.collector import collector_paused
from graders.dataset.columnar import Advance, is_saved, read_saved, saved_files
from graders.dataset.readers import MAX_LINE, Lines, Raw, reader_for, values
from graders.dataset.rows import Row, RowMapping
from graders.errors import DataError, Failure
from graders.strict_json import dumps
from graders.tables import Tabular, is_tabular, table_of

__all__ = [
    "BLOCK_ROWS",
    "MAX_LINE",
    "Block",
    "DataSource",
    "Dataset",
    "Row",
    "RowMapping",
    "first_rows",
    "open_dataset",
]

BLOCK_ROWS = 1000
BLOCK_BYTES = 16 * 2**20

DataSource = str | os.PathLike[str] | Sequence[Mapping[str, Any]] | Tabular
"""A path, or rows or a table in memory."""


class Block:
    """Some rows that follow each other; `position` is how far their data were read.

    Lines that were read and not parsed yet become rows when they are first asked for, perhaps in another
    process.
    """

    def __init__(
        self,
        rows: Sequence[Row] = (),
        position: int = 0,
        *,
        unread: Sequence[Any] = (),
        first: int = 0,
        mapping: RowMapping | None = None,
    ) -> None:
        self.position = position
        self._rows = list(rows)
        self._unread, self._first, self._mapping = unread, first, mapping or RowMapping()

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        if self._unread:
            with collector_paused():
                for number, value in enumerate(chain.from_iterable(map(values, self._unread)), self._first):
                    self._rows += self._mapping.rows(number, value)
            self._unread = ()
        return self._rows

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel light: lines that are not parsed yet go as they stood in their file."""
        if self._unread and all(isinstance(raw, Lines) for raw in self._unread):
            texts = [(b"\n".join(lines.texts), lines.first) for lines in self._unread]
            return _of_lines, (self.position, self._mapping, self._first, texts)
        return _of_rows, (self.rows, self.position)

    @property
    def numbers(self) -> tuple[int, int]:
        """The numbers of the first and of the last row."""
        if self._unread:
            return self._first, self._first + sum(map(_count, self._unread)) - 1
        return self._rows[0].number, self._rows[-1].number

    def part(self, start: int, stop: int | None = None) -> "Block":
        """Give some of the rows, as a block that was read as far."""
        return Block(self.rows[start:stop], self.position)

    @property
    def batch(self) -> Batch:
        """The rows as columns."""
        return Batch(
            [row.item for row in self.rows],
            [row.sample for row in self.rows],
            {index: row.failure for index, row in enumerate(self.rows) if row.failure},
            [row.number for row in self.rows],
        )


def first_rows(blocks: Iterable[Block], n: int | None) -> Iterator[Block]:
    """Give blocks up to the first `n` rows; all, where it is None."""
    if n is None:
        yield from blocks
        return
    for block in blocks:
        part = block.part(0, n)
        n -= len(part.rows)
        yield part
        if n == 0:
            return


def _of_lines(position: int, mapping: RowMapping, first: int, texts: Sequence[tuple[bytes, int]]) -> Block:
    unread = [Lines(text.split(b"\n"), number) for text, number in texts]
    return Block(position=position, unread=unread, first=first, mapping=mapping)


def _of_rows(rows: Sequence[Row], position: int) -> Block:
    return Block(rows, position)


def _count(raw: Any) -> int:
    return len(raw.texts) if isinstance(raw, Lines) else 1


@dataclass
class Dataset:
    """Rows from a file or from memory.

    `size` is the length of the files in bytes (0 in memory), against which `Block.position` tells how far
    reading has come.
    """

    name: str
    path: Path | None
    mapping: RowMapping
    size: int
    _open: Callable[[Advance], Iterator[Raw]]
    _hash: Callable[[], str]

    def fingerprint(self) -> str:
        """Give the sha256 of the data."""
        return self._hash()

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        """Read from the beginning, in blocks of `rows` raw rows, fewer where these are long.

        Raises:
            DataError: the file cannot be read further.
        """
        unread: list[Any] = []
        first = count = held = position = 0

        def advance(to: int) -> None:
            nonlocal position
            position = to

        for raw, size in self._open(advance):
            held += size
            for part in raw.cut(rows - count, rows) if isinstance(raw, Lines) else (raw,):
                unread.append(part)
                count += _count(part)
                if count >= rows or held >= BLOCK_BYTES:
                    yield Block(position=position, unread=unread, first=first, mapping=self.mapping)
                    first += count
                    unread, count, held = [], 0, 0
        if unread:
            yield Block(position=self.size, unread=unread, first=first, mapping=self.mapping)


def open_dataset(source: DataSource, mapping: RowMapping | None = None) -> Dataset:
    """Open a dataset; nothing of a file is read yet.

    Raises:
        DataError: there is no such file, or its name does not say what it holds; a row in memory is no
            mapping, or holds what JSON has no word for; a table has no columns, or two of one name.
        MissingExtraError: a table in memory, and pyarrow is not installed.
    """
    mapping = mapping or RowMapping()
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(source), mapping)
    if is_tabular(source):
        table = table_of(source)
        return Dataset("rows", None, mapping, 0, lambda _: table.rows(), lambda: _hash_rows(table.rows()))
    rows, digest = _checked(cast(Iterable[Mapping[str, Any]], source))
    return Dataset("rows", None, mapping, 0, lambda _: ((row, 0) for row in rows), lambda: digest)


def _of_path(path: Path, mapping: RowMapping) -> Dataset:
    saved = path.is_dir() and is_saved(path)
    files = saved_files(path) if saved else [path]
    size = sum(map(_size, files))
    reader = read_saved if saved else reader_for(path)
    name = path.name.split(".")[0] or path.name
    return Dataset(name, path, mapping, size, lambda seen: reader(path, seen), lambda: _hash_files(files))


def _size(path: Path) -> int:
    try:
        if path.exists() and not path.is_file():  # a pipe would be empty when it is read again
            raise DataError(f"{path}: is {'a directory' if path.is_dir() else 'not a regular file'}")
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None


def _checked(source: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Copy rows in memory, and hash them; every row must be what a file could hold."""
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        raise DataError(f"expected a path, rows or a table; got {type(source).__name__}{_hint(source)}")
    rows: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for number, row in enumerate(source):
        if not isinstance(row, Mapping):
            raise DataError(f"row {number}: expected a mapping; got {type(row).__name__}")
        rows.append(dict(row))
        try:
            digest.update(_json_line(rows[-1]))
        except (TypeError, ValueError) as error:
            raise DataError(f"row {number} cannot be written as JSON: {error}") from None
    return rows, digest.hexdigest()


def _json_line(row: Mapping[Any, Any]) -> bytes:
    odd = next((key for key in row if not isinstance(key, str)), None)
    if odd is not None:
        raise TypeError(f"expected keys that are texts; got {odd!r}")
    line = dumps(row)
    if b"null" in line:  # which is what `dumps` makes of NaN
        json.dumps(row, allow_nan=False, default=str)
    return line + b"\n"


def _hint(source: object) -> str:
    if isinstance(source, Mapping):
        return f" of {', '.join(map(repr, list(source)[:5]))}"
    return " (collect() makes a frame of it)" if hasattr(source, "collect") else ""


def _hash_rows(rows: Iterable[tuple[dict[str, Any] | Failure, int]]) -> str:
    """Hash a table by its rows, so that it is the same data however it is cut, and as a list of rows."""
    digest = hashlib.sha256()
    for row, _ in rows:
        digest.update((row.detail.encode() if isinstance(row, Failure) else dumps(row)) + b"\n")
    return digest.hexdigest()


def _hash_files(paths: Sequence[Path]) -> str:
    """Give a file's sha256; of several, the sha256 of theirs."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()
