"""How a database is opened: a SQLite file with a write-ahead log, or PostgreSQL.

Design: who writes to SQLite takes its write lock at the beginning of the transaction, so two writers wait for
each other and never find half-way that they cannot go on. PostgreSQL locks rows; what has to be done by one
at a time there takes a lock that has a number.
"""

import sqlite3
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from graders.errors import GradersError, MissingExtraError


class StoreError(GradersError):
    """The store cannot be opened or used."""


PATIENCE = 30.0
"""Seconds that a writer waits for another one, unless a URL of SQLite says `?timeout=`."""
_SQLITE_POOL: dict[str, Any] = {"pool_size": 16, "max_overflow": 100}
"""At least as many connections as there are threads that answer requests."""
_POSTGRES_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": 15, "pool_pre_ping": True}
"""The connections of four processes are fewer than the hundred that a server usually has."""
_PAGES = 1000
_ALONE = 0x67726164
"""The number of our lock."""


def engine_of(url: str) -> Engine:
    """Give the connections of a database; none is opened yet.

    Raises:
        StoreError: the URL names no database that is known here.
        MissingExtraError: the driver of PostgreSQL is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the text of some of them repeats a part of the URL
        message = "expected a URL such as sqlite:////srv/evals.sqlite or postgresql://user@host:5432/name"
        raise StoreError(f"the database cannot be opened: {message}") from None
    known = {"sqlite": _sqlite, "postgresql": _postgresql, "postgres": _postgresql}
    if parsed.drivername not in known:
        message = f"expected a URL that begins with sqlite:// or postgresql://; got {parsed.drivername}://"
        raise StoreError(f"the database cannot be opened: {message}")
    return known[parsed.drivername](parsed)


def snapshots(engine: Engine) -> Engine:
    """Give the same connections for those who read: each transaction sees one state of the database."""
    if engine.dialect.name == "sqlite":
        return engine
    # not as read-only: whoever writes next over such a connection would ask for more than a server may allow
    return engine.execution_options(isolation_level="REPEATABLE READ")


def be_alone(connection: Connection) -> None:
    """Wait until no other transaction is alone; until it ends, none will be."""
    if connection.dialect.name != "sqlite":  # there, whoever writes is
        connection.execute(select(func.pg_advisory_xact_lock(_ALONE)))


def give_back(connection: Connection) -> None:
    """Give some of the space that is free in the database's file back to the disk."""
    if connection.dialect.name == "sqlite":  # the other one looks after itself
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        for _ in range(min(free, _PAGES)):  # Python's driver takes one step of the pragma, which is one page
            connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")


def first_line(error: Exception) -> str:
    """Give the first line of what an error says."""
    return str(error).partition("\n")[0]


def _sqlite(url: URL) -> Engine:
    waiting = {} if "timeout" in url.query else {"timeout": PATIENCE}
    engine = create_engine(url, connect_args={"check_same_thread": False, **waiting}, **_SQLITE_POOL)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if not pages:  # of a database that is not new this would wait for whoever writes to it
        _patiently(connection, "PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        _patiently(connection, f"PRAGMA {pragma}")


def _patiently(connection: Any, statement: str) -> None:
    """Execute what SQLite itself does not wait for: of two that turn the log on together one is refused."""
    (milliseconds,) = connection.execute("PRAGMA busy_timeout").fetchone()
    latest = time.monotonic() + milliseconds / 1000
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _postgresql(url: URL) -> Engine:
    usual = {
        "application_name": "graders",
        "connect_timeout": "10",
        "options": f"-c lock_timeout={PATIENCE:.0f}s",
        "tcp_user_timeout": f"{PATIENCE * 1000:.0f}",
    }
    url = url.set(drivername="postgresql+psycopg", query={**usual, **url.query})
    try:
        return create_engine(url, **_POSTGRES_POOL)
    except ImportError:
        raise MissingExtraError("--database postgresql://", "postgres") from None
