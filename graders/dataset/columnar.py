"""Files of columns: Parquet, Arrow (Feather), and the folder that a dataset of Hugging Face is saved to.

Design: a file is read a batch at a time. Arrow files are mapped into memory, so that one whose rows are a
single batch needs no more of it than any other. What a damaged file says about itself is checked before it
is believed, since Arrow would follow it anywhere.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graders.errors import DataError, Failure
from graders.strict_json import loads
from graders.tables import PIECE_BYTES, Piece, check_names, load_pyarrow, pieces_of, rows_of

_BATCH_ROWS = 4096
_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"

Advance = Callable[[int], None]
"""Is told how many bytes have been read."""
Raw = tuple[dict[str, Any] | Failure, int]
"""A row, or why there is none, and about its size in bytes."""


def read_parquet(path: Path, advance: Advance) -> Iterator[Raw]:
    """Read the rows of a Parquet file."""
    return rows_of(_parquet_pieces(path, advance))


def read_arrow(path: Path, advance: Advance) -> Iterator[Raw]:
    """Read the rows of an Arrow file, or of an Arrow stream in a file."""
    return rows_of(_arrow_pieces(path, advance, 0))


def read_saved(path: Path, advance: Advance) -> Iterator[Raw]:
    """Read the rows of a folder that `Dataset.save_to_disk` of Hugging Face wrote."""
    return rows_of(_saved_pieces(path, advance))


def is_saved(path: Path) -> bool:
    """Say whether a folder is one that a dataset, or its splits, were saved to."""
    return any((path / name).is_file() for name in (_STATE, _INFO, _SPLITS))


def saved_files(path: Path) -> list[Path]:
    """List the files that hold the rows of a saved dataset, in their order.

    Raises:
        DataError: it holds several splits, an order of its own, or no rows.
    """
    if (path / _SPLITS).is_file():
        splits = ", ".join(sorted(entry.name for entry in path.iterdir() if entry.is_dir()))
        raise DataError(f"{path}: holds the splits of a dataset; name the folder of one: {splits}")
    state = _state(path)
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise DataError(f"{path}: the dataset has an order of its own; flatten_indices() and save it anew")
    named = [path / Path(str(entry["filename"])).name for entry in state.get("_data_files") or ()]
    files = named or sorted(path.glob("data-*.arrow"))
    absent = [file.name for file in files if not file.is_file()]
    if absent or not files:
        raise DataError(f"{path}: there is no {absent[0] if absent else 'data-*.arrow'}")
    return files


def _state(path: Path) -> dict[str, Any]:
    try:
        state = loads((path / _STATE).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"{path / _STATE}: cannot be read: {error}") from None
    if not isinstance(state, dict):
        raise DataError(f"{path / _STATE}: expected an object")
    return state


def _saved_pieces(path: Path, advance: Advance) -> Iterator[Piece]:
    before = 0
    for file in saved_files(path):
        yield from _arrow_pieces(file, advance, before)
        before += file.stat().st_size


@contextmanager
def _readable(path: Path, kind: str) -> Iterator[None]:
    """Name the file that cannot be read."""
    pyarrow = load_pyarrow(f"reading a {kind}" if kind[0] == "P" else f"reading an {kind}")
    try:
        yield
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise DataError(f"{path}: torn, damaged or no {kind}: {reason}") from None


def _parquet_pieces(path: Path, advance: Advance) -> Iterator[Piece]:
    with _readable(path, "Parquet file"), path.open("rb") as file:
        from pyarrow import parquet

        opened = parquet.ParquetFile(file, buffer_size=2**20)
        about = opened.metadata
        check_names(opened.schema_arrow.names, str(path))
        weight = sum(about.row_group(index).total_byte_size for index in range(about.num_row_groups))
        rows = max(1, min(_BATCH_ROWS, PIECE_BYTES * about.num_rows // max(weight, 1)))
        size, done = path.stat().st_size, 0
        for batch in opened.iter_batches(batch_size=rows):
            begin, done = done, done + batch.num_rows
            share = size / max(about.num_rows, 1)
            yield from _told(batch, int(begin * share), int(done * share), advance)


def _arrow_pieces(path: Path, advance: Advance, before: int) -> Iterator[Piece]:
    """Read an Arrow file; `before` bytes were read of others."""
    with _readable(path, "Arrow file"):
        import pyarrow

        with pyarrow.memory_map(str(path)) as file:
            head = file.read(6)
            file.seek(0)
            _check_head(head)
            batches = _batches_of_file(file) if head == b"ARROW1" else _batches_of_stream(file)
            begin = before
            for batch, at in batches:
                check_names(batch.schema.names, str(path))
                yield from _told(batch, begin, before + at, advance)
                begin = before + at


def _told(batch: Any, begin: int, end: int, advance: Advance) -> Iterator[Piece]:
    """Cut a batch, which lies between two places of its file, into pieces; tell where each ends."""
    _check_batch(batch)
    done = 0
    for piece in pieces_of(batch):
        done += piece.rows
        advance(begin + (end - begin) * done // batch.num_rows)
        yield piece


def _check_head(head: bytes) -> None:
    if head.startswith(b"PAR1"):
        raise ValueError("it is a Parquet file; its name should end in .parquet")
    if head.startswith(b"FEA1"):
        raise ValueError("it is of Feather's first version, which has to be written anew")


def _batches_of_file(file: Any) -> Iterator[tuple[Any, int]]:
    from pyarrow import ipc

    reader, size = ipc.open_file(file), file.size()
    for index in range(reader.num_record_batches):
        yield reader.get_batch(index), size * (index + 1) // reader.num_record_batches


def _batches_of_stream(file: Any) -> Iterator[tuple[Any, int]]:
    from pyarrow import ipc

    for batch in ipc.open_stream(file):
        yield batch, file.tell()


def _check_batch(batch: Any) -> None:
    """Refuse a batch whose parts do not fit together; texts that are not UTF-8 cost their rows only."""
    batch.validate()
    for column in batch.columns:
        _check_column(column)


def _check_column(column: Any) -> None:
    from pyarrow import types

    try:
        column.validate(full=True)
    except ValueError as error:
        if "UTF8" not in str(error):
            raise
        if types.is_struct(column.type):
            for part in column.flatten():
                _check_column(part)
        elif not (types.is_string(column.type) or types.is_large_string(column.type)):
            raise  # what else is wrong is not told
