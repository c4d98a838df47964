"""The database of a store, and who may do what with it at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from graders.store.engines import StoreError, be_alone, engine_of, first_line, snapshots
from graders.store.migrations import VERSION, migrate

__all__ = ["UNAVAILABLE", "Database", "StoreError", "holds_store", "usable"]

UNAVAILABLE = (OperationalError, InternalError, InterfaceError, NoConnectionError)
"""What is raised where the database cannot be used now: locked for long, its disk full, not to be reached.

PostgreSQL calls it an internal error where it takes no changes for a while, as when its disk is nearly full.
"""


class Database:
    """Connections to one database; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = engine_of(url)
        self._reader = snapshots(self._engine)
        self._writer = self._engine.execution_options(immediate=True)
        try:
            with self.writing_alone() as connection:
                migrate(connection)
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be opened: {first_line(error)}") from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together, or not at all."""
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def writing_alone(self) -> Iterator[Connection]:
        """Give a connection as `writing` does, to one at a time: for what a row's lock does not protect."""
        with self.writing() as connection:
            be_alone(connection)
            yield connection

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()


def holds_store(url: str) -> bool:
    """Say whether there are tables of a store in a database; nothing is made in it.

    Raises:
        StoreError: the database cannot be opened.
    """
    engine = engine_of(url)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        return False  # to open it would make it
    try:
        with engine.connect() as connection:
            return inspect(connection).has_table(VERSION.name)
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be opened: {first_line(error)}") from None
    finally:
        engine.dispose()


@contextmanager
def usable() -> Iterator[None]:
    """Let a command end with a sentence where the database cannot be used.

    Raises:
        StoreError: it is locked for long, its disk is full, or it cannot be reached any more.
    """
    try:
        yield
    except UNAVAILABLE as error:
        raise StoreError(f"the database cannot be used now: {first_line(error)}") from None


def sqlite_url(path: Path) -> str:
    """Give the URL of a SQLite file."""
    return f"sqlite:///{path}"
