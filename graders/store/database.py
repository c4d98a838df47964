"""The database: SQLite with a write-ahead log, or whatever a URL names.

Design: who writes takes SQLite's write lock at the beginning of the transaction, so two writers wait for each
other and never find half-way that they cannot go on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from graders.store.migrations import StoreError, migrate

__all__ = ["Database", "StoreError"]

_PATIENCE = 30.0
"""Seconds that a writer waits for another one."""
_POOL: dict[str, Any] = {"pool_size": 16, "max_overflow": 100}
"""At least as many connections as there are threads that answer requests."""


class Database:
    """Connections to one database; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(immediate=True)
        try:
            with self.writing() as connection:
                migrate(connection)
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be opened: {_first_line(error)}") from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together, or not at all."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()


def sqlite_url(path: Path) -> str:
    """Give the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, pool_pre_ping=True, **_POOL)
        engine = create_engine(
            parsed, connect_args={"timeout": _PATIENCE, "check_same_thread": False}, **_POOL
        )
    except (ArgumentError, ImportError) as error:
        raise StoreError(f"the database cannot be opened: {_first_line(error)}") from None
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
