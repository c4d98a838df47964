"""The bytes of files, in a folder, each under its SHA-256: no name of a user ever becomes a path.

Design: bytes come and go inside the database's transaction. SQLite lets one writer work at a time, so nobody
can take away what another upload has just found to be there already.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from sqlalchemy import Connection, or_, select

from graders.errors import GradersError
from graders.store.tables import FILES, RUNS

_UNFINISHED = ("queued", "in_progress")


class QuotaError(GradersError):
    """There is no room for another file."""


class Incoming:
    """Bytes on their way in; they are gone unless they are finished and kept."""

    def __init__(self, folder: Path) -> None:
        number, name = tempfile.mkstemp(dir=folder, prefix="incoming-")
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


class Blobs:
    """The folder of the bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def receive(self) -> Incoming:
        """Begin to take bytes in."""
        return Incoming(self.folder)

    def keep(self, incoming: Incoming) -> None:
        """Give finished bytes their place."""
        target = self.path(incoming.name)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(incoming.path, target)

    def path(self, name: str) -> Path:
        """Give where bytes lie."""
        return self.folder / name[:2] / name

    def open(self, name: str) -> BinaryIO:
        """Open bytes for reading; they can be read to their end even where they are removed meanwhile."""
        return self.path(name).open("rb")

    def forget(self, connection: Connection, names: Iterable[str]) -> None:
        """Remove those bytes that no file and no unfinished run needs any more."""
        for name in names:
            if not _needed(connection, name):
                self.path(name).unlink(missing_ok=True)


def _needed(connection: Connection, name: str) -> bool:
    by_file = select(FILES.c.seq).where(FILES.c.blob == name).limit(1)
    unfinished = or_(*(RUNS.c.status == status for status in _UNFINISHED))
    by_run = select(RUNS.c.seq).where(RUNS.c.blob == name, unfinished).limit(1)
    return any(connection.execute(query).first() is not None for query in (by_file, by_run))
