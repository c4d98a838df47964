"""The database of a store, and who may do what with it at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from graders.store.engines import StoreError, be_alone, engine_of, first_line, snapshots
from graders.store.migrations import migrate

__all__ = ["UNAVAILABLE", "Database", "StoreError"]

UNAVAILABLE = (OperationalError, InterfaceError, NoConnectionError)
"""What is raised where the database cannot be used now: locked for long, its disk full, not to be reached."""


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


def sqlite_url(path: Path) -> str:
    """Give the URL of a SQLite file."""
    return f"sqlite:///{path}"
