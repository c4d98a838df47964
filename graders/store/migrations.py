"""From the tables of an older release to those of this one, a step at a time, in one transaction."""

from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select, update

from graders.store.engines import StoreError
from graders.store.tables import DELIVERIES_METADATA, JOBS_METADATA, METADATA

Step = Callable[[Connection], None]


VERSION = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)


def _jobs(connection: Connection) -> None:
    JOBS_METADATA.create_all(connection)


def _deliveries(connection: Connection) -> None:
    DELIVERIES_METADATA.create_all(connection)


STEPS: Sequence[Step] = (_first, _jobs, _deliveries)
"""What leads from version n to version n + 1."""


def migrate(connection: Connection, steps: Sequence[Step] = STEPS) -> int:
    """Bring the tables up to date; give the version that they were found in.

    Raises:
        StoreError: a later release wrote them.
    """
    found = version_of(connection)
    if found > len(steps):
        raise StoreError(f"the store has version {found} and this release knows version {len(steps)}")
    for step in steps[found:]:
        step(connection)
    if found < len(steps):
        connection.execute(update(VERSION).values(version=len(steps)))
    return found


def version_of(connection: Connection) -> int:
    """Give the version of the tables, 0 where there are none yet."""
    if not inspect(connection).has_table(VERSION.name):
        VERSION.create(connection)
    version = connection.execute(select(VERSION.c.version)).scalar()
    if version is None:
        connection.execute(insert(VERSION).values(version=0))
        return 0
    return int(version)
