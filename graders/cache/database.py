"""The cache's SQLite file: its layout, and everything that is said to SQLite.

Design: writers wait for each other, readers for nobody (write-ahead log, where the file system can do that).
A transaction is whole or absent after a process was killed; beyond that, every value carries a checksum of
itself and its key. The file is made with its permissions, not given them later.
"""

import hashlib
import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from graders.errors import CacheError

_OURS = (0x67726164, 1)
"""Our mark and the version of the layout, which stand in the head of the file."""
_LAYOUT = """CREATE TABLE IF NOT EXISTS entries (
    namespace TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, checksum BLOB NOT NULL,
    UNIQUE (namespace, key))"""
_SECONDS_TO_WAIT = 30.0
_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Usage:
    """How many entries there are, and the bytes of their values."""

    entries: int = 0
    bytes: int = 0


class Database:
    """An open file, for one thread at a time; without a path, a temporary one that goes with it.

    Every method raises `CacheError` where it cannot do what it is asked; `damaged` then says that the file
    is no SQLite database any more.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        with self._boundary():
            self.writable = path is None or _make(path)
            self._connection = _connect(path, writable=self.writable)
            self._finalizer = weakref.finalize(self, _close, self._connection, os.getpid())
            try:
                _prepare(self._connection, writable=self.writable)
            except BaseException:
                self.close()
                raise

    def get_many(self, namespace: str, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Give the values of the keys that are there and whole."""
        hashed = {hashlib.sha256(key).digest(): key for key in keys}
        with self._boundary():
            rows = [row for part in _parts(list(hashed)) for row in self._select(namespace, part)]
        return {hashed[key]: value for key, value, checksum in rows if checksum == _checksum(key, value)}

    def put_many(self, namespace: str, values: Mapping[bytes, bytes]) -> bool:
        """Keep values, all or none; say whether the file can be written at all."""
        hashed = [(hashlib.sha256(key).digest(), value) for key, value in values.items()]
        rows = [(namespace, key, value, _checksum(key, value)) for key, value in hashed]
        if rows and self.writable:
            with self._boundary(), _transaction(self._connection):
                self._connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
        return self.writable

    def usage(self) -> dict[str, Usage]:
        """Give how much each namespace holds that holds anything."""
        query = "SELECT namespace, count(*), sum(length(value)) FROM entries GROUP BY namespace"
        with self._boundary():
            return {name: Usage(entries, size) for name, entries, size in self._connection.execute(query)}

    def clear(self, namespace: str | None) -> int:
        """Delete the entries of a namespace, or all; give how many there were."""
        with self._boundary():
            with _transaction(self._connection):
                which = ("", ()) if namespace is None else (" WHERE namespace = ?", (namespace,))
                deleted = self._connection.execute(f"DELETE FROM entries{which[0]}", which[1]).rowcount
            with suppress(sqlite3.OperationalError):  # somebody else is at it; the space is used again
                self._connection.execute("VACUUM")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return deleted

    def close(self) -> None:
        """Close the file."""
        self._finalizer()

    def _select(self, namespace: str, keys: list[bytes]) -> list[tuple[bytes, bytes, bytes]]:
        marks = ", ".join("?" * len(keys))
        query = f"SELECT key, value, checksum FROM entries WHERE namespace = ? AND key IN ({marks})"
        return self._connection.execute(query, (namespace, *keys)).fetchall()

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # SQLite says of a damaged file no more than this class; every other trouble has a subclass.
            damaged = type(error) is sqlite3.DatabaseError
            advice = "; graders cache clear removes it" if damaged else ""
            raise CacheError(f"the cache {self.path}: {error}{advice}", damaged=damaged) from None
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CacheError(f"the cache {self.path}: {why}") from None


def _make(path: Path) -> bool:
    """Make the folder and an empty file for this user alone, where there are none; say if it is writable.

    A file that is there is not opened: to close it would end the locks that this process has on it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.path.exists(path):
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _connect(path: Path | None, *, writable: bool) -> sqlite3.Connection:
    # Without `immutable`, even reading would want to make files beside it. Whatever another process writes
    # in the meantime, the checksums keep us from serving.
    name = "" if path is None else path.absolute().as_uri() + ("" if writable else "?mode=ro&immutable=1")
    return sqlite3.connect(
        name, uri=True, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
    )


def _prepare(connection: sqlite3.Connection, *, writable: bool) -> None:
    """Lay an empty file out; refuse one that is not ours."""
    if writable and not _tables(connection):
        with suppress(sqlite3.OperationalError):  # without a log where the file system, or a rush, forbids it
            connection.execute("PRAGMA journal_mode = WAL")
        with _transaction(connection):
            if not _tables(connection):
                connection.execute(_LAYOUT)
                connection.execute(f"PRAGMA application_id = {_OURS[0]}")
                connection.execute(f"PRAGMA user_version = {_OURS[1]}")
    with closing(connection.cursor()) as cursor:
        (mark,) = cursor.execute("PRAGMA application_id").fetchone()
        (version,) = cursor.execute("PRAGMA user_version").fetchone()
    if (mark, version) != _OURS:
        raise sqlite3.OperationalError("not a cache of this version of graders; --cache DIR names another")
    connection.execute("PRAGMA synchronous = NORMAL")


def _tables(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(count)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some failures have ended the transaction already
            connection.execute("ROLLBACK")
        raise


def _close(connection: sqlite3.Connection, process: int) -> None:
    if os.getpid() == process:  # a forked process must not touch what its parent opened
        connection.close()


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    return (keys[start : start + _KEYS_AT_ONCE] for start in range(0, len(keys), _KEYS_AT_ONCE))


def _checksum(key: bytes, value: object) -> bytes | None:
    """Give the checksum of a value under its key; None of what nobody here can have written."""
    return hashlib.blake2b(key + value, digest_size=16).digest() if isinstance(value, bytes) else None
