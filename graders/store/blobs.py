"""The bytes of files, in a folder, each under its SHA-256: no name of a user ever becomes a path.

Design: bytes get their place before the database says that they are there, and lose it after the database has
said that nobody needs them: a process killed in between leaves bytes too many and never too few. Both are
done by one at a time, so nobody can take away what another upload has just found to be there already. What is
left over is swept away when the next runner begins.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from sqlalchemy import Connection, or_, select

from graders.errors import GradersError
from graders.store.database import UNAVAILABLE, Database
from graders.store.tables import FILES, RUNS

_UNFINISHED = ("queued", "in_progress")
_INCOMING, _ABANDONED = "incoming-", 3600.0
"""Seconds after which bytes on their way in, to which nothing was added, are nobody's."""
_AT_ONCE = 100


class QuotaError(GradersError):
    """There is no room for another file."""


class Incoming:
    """Bytes on their way in; they are gone unless they are finished and kept."""

    def __init__(self, folder: Path) -> None:
        number, name = tempfile.mkstemp(dir=folder, prefix=_INCOMING)
        self.path, self.size, self.name = Path(name), 0, ""
        self._file = os.fdopen(number, "wb")
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def finish(self) -> str:
        """Hand everything to the disk; give the `name` of the bytes."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.name = self._digest.hexdigest()
        return self.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what could not be written is thrown away
            self._file.close()
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Blobs:
    """The folder of the bytes, and the database that says who needs them."""

    folder: Path
    database: Database

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def receive(self) -> Incoming:
        """Begin to take bytes in."""
        return Incoming(self.folder)

    def keep(self, incoming: Incoming) -> None:
        """Give finished bytes their place; the caller's transaction is alone, and names them."""
        target = self.path(incoming.name)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(incoming.path, target)

    def path(self, name: str) -> Path:
        """Give where bytes lie."""
        return self.folder / name[:2] / name

    def open(self, name: str) -> BinaryIO:
        """Open bytes for reading; they can be read to their end even where they are removed meanwhile."""
        return self.path(name).open("rb")

    def forget(self, names: Iterable[str]) -> None:
        """Remove those bytes that no file and no unfinished run needs any more, now or at the next sweep."""
        wanted = sorted(set(names))
        with suppress(*UNAVAILABLE):
            for first in range(0, len(wanted), _AT_ONCE):
                with self.database.writing_alone() as connection:
                    for name in wanted[first : first + _AT_ONCE]:
                        if not _needed(connection, name):
                            self.path(name).unlink(missing_ok=True)

    def sweep(self, now: float) -> None:
        """Remove what processes that were killed have left."""
        for path in self.folder.glob(f"{_INCOMING}*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - _ABANDONED:
                    path.unlink()
        self.forget(path.name for path in self.folder.glob("??/*"))


def _needed(connection: Connection, name: str) -> bool:
    by_file = select(FILES.c.seq).where(FILES.c.blob == name).limit(1)
    unfinished = or_(*(RUNS.c.status == status for status in _UNFINISHED))
    by_run = select(RUNS.c.seq).where(RUNS.c.blob == name, unfinished).limit(1)
    return any(connection.execute(query).first() is not None for query in (by_file, by_run))
