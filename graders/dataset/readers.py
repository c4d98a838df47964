"""The file formats: each reader gives one raw line after the other, parsed, or the reason why not."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from graders.dataset.columnar import Advance, read_arrow, read_parquet
from graders.dataset.output_items import listed
from graders.dataset.rows import kind
from graders.errors import DataError, Failure
from graders.strict_json import loads

MAX_LINE = 64 * 2**20
"""Longest line, in bytes, that is read."""
MAX_JSON = 2**28
"""Longest JSON file, in bytes unpacked, that is read whole."""


class Lines(NamedTuple):
    """Lines of JSON that are not parsed yet, none of them blank; `first` is the number of their first."""

    texts: Sequence[bytes]
    first: int

    def cut(self, room: int, rows: int) -> Iterator["Lines"]:
        """Cut off `room` lines, and then `rows` at a time."""
        places = [0, *range(room, len(self.texts), rows), len(self.texts)]
        for begin, end in pairwise(places):
            yield Lines(self.texts[begin:end], self.first + begin)


_LINES_BYTES = 2**18
"""About how many bytes of lines are read at once."""

Raw = tuple[Any, int]
"""`Lines`, or what a raw line holds, or the `Failure` to read it; and its size in bytes."""
Reader = Callable[[Path, Advance], Iterator[Raw]]


def reader_for(path: Path) -> Reader:
    """Find the reader that a file's name asks for.

    Raises:
        DataError: the name does not say what the file holds.
    """
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix in _READERS:
        return _READERS[suffix]
    if suffix in _COLUMNAR and suffix == Path(name).suffix:
        return _COLUMNAR[suffix]
    known, columnar = ", ".join(_READERS), ", ".join(_COLUMNAR)
    shown = suffix + ".gz" if suffix in _COLUMNAR else suffix
    raise DataError(
        f"{path}: expected a file name that ends in {known} (and perhaps .gz), {columnar}; got {shown!r}"
    )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """Open a file, unpacked where it is gzipped; give it with a function that tells how far it is read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            yield (cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file), file.tell
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is torn or damaged: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _read_lines(path: Path, advance: Advance) -> Iterator[Raw]:
    with _opened(path) as (file, tell):
        number = 1
        for text in _whole_lines(file):
            advance(tell())
            lines = text.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").split(b"\n")
            if not lines[-1]:
                lines.pop()
            if len(text) <= MAX_LINE and all(map(bytes.strip, lines)):
                yield Lines(lines, number), len(text)
            else:
                _skip_line(file, text)
                yield from _one_by_one(lines, number)
            number += len(lines)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Read some lines at a time; of one that is too long no more than shows that."""
    while text := file.read(_LINES_BYTES):
        yield text if text.endswith(b"\n") else text + file.readline(MAX_LINE + 1)


def _skip_line(file: IO[bytes], begun: bytes) -> None:
    piece = begun
    while piece and not piece.endswith(b"\n"):
        piece = file.readline(2**20)


def _one_by_one(lines: Iterable[bytes], first: int) -> Iterator[Raw]:
    for number, line in enumerate(lines, first):
        if len(line) > MAX_LINE:
            yield Failure("line_too_long", f"line {number} is longer than {MAX_LINE} bytes"), len(line)
        elif line.strip():
            yield Lines([line], number), len(line)


def values(raw: Any) -> Iterable[Any]:
    """Give what raw lines hold, each parsed, or the `Failure` to parse it."""
    return map(_parse_line, raw.texts, count(raw.first)) if isinstance(raw, Lines) else (raw,)


def _parse_line(line: bytes, number: int) -> Any:
    try:
        return loads(line)
    except UnicodeDecodeError as error:
        return Failure("invalid_utf8", f"line {number} is not UTF-8 at byte {error.start + 1}")
    except ValueError as error:
        return Failure("malformed_json", f"line {number} is not JSON: {error}{_hint(line)}")


def _hint(line: bytes) -> str:
    first = line.strip()
    if first in (b"{", b"}", b"},", b"[", b"]") or first.startswith((b'"', b"[{")):
        return " (one object per line is expected; an array of rows belongs in a .json file)"
    return ""


def _read_json(path: Path, advance: Advance) -> Iterator[Raw]:
    with _opened(path) as (file, tell):
        data = file.read(MAX_JSON + 1).removeprefix(b"\xef\xbb\xbf")
        advance(tell())
    if len(data) > MAX_JSON:
        raise DataError(f"{path}: larger than {MAX_JSON} bytes; a .jsonl file is read in blocks")
    try:
        rows = listed(loads(data))
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from None
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected an array of rows; got {kind(rows)}")
    yield from ((row, 0) for row in rows)


def _read_table(path: Path, advance: Advance, delimiter: str = ",") -> Iterator[Raw]:
    """Read CSV. Every cell is a string; bytes that are not UTF-8 cost their row only.

    Many spreadsheets part cells by semicolons: so does a file whose header has some, and no comma.
    """
    _let_cells_be_long()
    with _opened(path) as (file, tell):
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        lines = _bounded_lines(text, path)
        first = next(lines, "")
        if delimiter == "," and "," not in first and ";" in first:
            delimiter = ";"
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
            _check_header(header, path)
            for cells in reader:
                advance(tell())
                if cells:
                    yield _table_row(header, cells, reader.line_num), sum(map(len, cells))
        except csv.Error as error:
            raise DataError(f"{path}: line {reader.line_num}: malformed CSV: {error}") from None


def _bounded_lines(text: IO[str], path: Path) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise DataError(f"{path}: a line is longer than {MAX_LINE} characters")
        yield line


def _let_cells_be_long() -> None:
    """Let cells be as long as lines may be.

    The limit belongs to the whole process. It is raised and never put back: another reader may be at work.
    """
    if csv.field_size_limit() < MAX_LINE:
        csv.field_size_limit(MAX_LINE)


def _check_header(header: list[str], path: Path) -> None:
    if any(map(_undecoded, header)):
        raise DataError(f"{path}: the header is not UTF-8; save the file as UTF-8")
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise DataError(f"{path}: column {name!r} stands twice in the header")
        seen.add(name)


def _table_row(header: list[str], cells: list[str], line: int) -> Any:
    if len(cells) != len(header):
        return Failure("malformed_csv", f"line {line} has {len(cells)} cells; the header has {len(header)}")
    if any(map(_undecoded, cells)):
        return Failure("invalid_utf8", f"line {line} is not UTF-8; save the file as UTF-8")
    return dict(zip(header, cells, strict=True))


def _undecoded(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= letter <= "\udcff" for letter in cell)


def _read_tabs(path: Path, advance: Advance) -> Iterator[Raw]:
    return _read_table(path, advance, "\t")


_READERS: dict[str, Reader] = {
    ".jsonl": _read_lines,
    ".ndjson": _read_lines,
    ".json": _read_json,
    ".csv": _read_table,
    ".tsv": _read_tabs,
}
_COLUMNAR: dict[str, Reader] = {
    ".parquet": read_parquet,
    ".arrow": read_arrow,
    ".feather": read_arrow,
}
