"""Stored fine-tuning jobs and their events.

Design: a job is held as a run is, by a name in its row that stands there only while its holder is alive. What
its dry run says is kept together with its end, in one transaction: a job that is begun again says all once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, insert, or_, select, update

from graders.store.database import Database
from graders.store.pages import Page, cursor_of, rows_behind
from graders.store.tables import EVENTS, JOBS
from graders.strict_json import dumps, loads

VALIDATING, PAUSED, CANCELLED, FAILED = "validating_files", "paused", "cancelled", "failed"
_SCANNED = 200
"""Rows that are read at once where not all of them are wanted."""


@dataclass(frozen=True)
class StoredJob:
    """One job; `body` holds what was asked for and what is shown of it beyond the other fields."""

    id: str
    created_at: int
    status: str
    body: dict[str, Any]
    finished_at: int | None = None
    error: dict[str, Any] | None = None


class Event(NamedTuple):
    """Something that is said of a job; `body` holds all that is shown of it but its id."""

    id: str
    body: Mapping[str, Any]


class JobClaim(NamedTuple):
    """A job that is ours now, its key, and how often it was begun."""

    job: StoredJob
    seq: int
    attempts: int


@dataclass(frozen=True)
class Jobs:
    """The jobs of a store."""

    database: Database

    def add(self, job: StoredJob, events: Sequence[Event]) -> None:
        """Keep a new job and what is said of it."""
        values = {"id": job.id, "created_at": job.created_at, "status": job.status, "body": dumps(job.body)}
        with self.database.writing() as connection:
            key = connection.execute(insert(JOBS).values(values)).inserted_primary_key
            _say(connection, 0 if key is None else key[0], events)

    def get(self, job_id: str) -> StoredJob | None:
        """Give a job, or None where there is none of that id."""
        with self.database.reading() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).first()
        return None if row is None else _stored(row)

    def page(self, *, after: str | None, limit: int, wanted: Callable[[StoredJob], bool]) -> Page[StoredJob]:
        """Give jobs that are wanted, the last one first.

        Raises:
            UnknownCursorError: there is no job `after`.
        """
        found: list[StoredJob] = []
        with self.database.reading() as connection:
            cursor = _cursor(connection, JOBS, after, JOBS.c.id == after)
            more = True
            while more and len(found) <= limit:
                rows, more = rows_behind(
                    connection, select(JOBS), (JOBS.c.seq,), cursor, limit=_SCANNED, descending=True
                )
                found += filter(wanted, map(_stored, rows))
                cursor = (rows[-1].seq,) if rows else cursor
        return Page(found[:limit], len(found) > limit)

    def events(self, job_id: str, *, after: str | None, limit: int) -> Page[Event]:
        """Give what was said of a job, the last first.

        Raises:
            UnknownCursorError: there is no event `after`.
        """
        of_job = EVENTS.c.job_seq == select(JOBS.c.seq).where(JOBS.c.id == job_id).scalar_subquery()
        with self.database.reading() as connection:
            cursor = _cursor(connection, EVENTS, after, and_(of_job, EVENTS.c.id == after))
            rows, more = rows_behind(
                connection,
                select(EVENTS).where(of_job),
                (EVENTS.c.seq,),
                cursor,
                limit=limit,
                descending=True,
            )
        return Page([Event(row.id, loads(row.body)) for row in rows], more)

    def move(
        self, job_id: str, before: Sequence[str], after: str, event: Event, finished_at: int | None = None
    ) -> StoredJob | None:
        """Give a job that has one of the statuses `before` the status `after`, and say so.

        Gives the job as it is now, or None where there is none of that id.
        """
        free = {"status": after, "finished_at": finished_at, "owner": None, "attempts": 0}
        with self.database.writing() as connection:
            moved = update(JOBS).where(JOBS.c.id == job_id, JOBS.c.status.in_(before))
            changed = connection.execute(moved.values(free)).rowcount == 1
            row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).first()
            if row is not None and changed:
                _say(connection, row.seq, [event])
        return None if row is None else _stored(row)

    def claim(self, owner: str, now: float, patience: float) -> JobClaim | None:
        """Take the oldest job that waits, or is held by nobody who is alive.

        Nobody is alive who has the name `owner`, since whoever asks holds no job, or who has not been heard
        of for `patience` seconds.
        """
        silent = or_(JOBS.c.owner.is_(None), JOBS.c.owner == owner, JOBS.c.beat_at < now - patience)
        query = select(JOBS).where(JOBS.c.status == VALIDATING, silent).order_by(JOBS.c.seq).limit(1)
        with self.database.reading() as connection:
            if connection.execute(query).first() is None:
                return None
        with self.database.writing() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            taken = {"owner": owner, "beat_at": now, "attempts": row.attempts + 1}
            connection.execute(update(JOBS).where(JOBS.c.seq == row.seq).values(taken))
        return JobClaim(_stored(row), row.seq, row.attempts + 1)

    def beat(self, claim: JobClaim, owner: str, now: float) -> bool:
        """Say that we are alive; say whether the job is still ours."""
        with self.database.writing() as connection:
            changed = connection.execute(update(JOBS).where(_held(claim, owner)).values(beat_at=now))
        return changed.rowcount == 1

    def end(
        self,
        claim: JobClaim,
        owner: str,
        status: str,
        events: Sequence[Event],
        now: int,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """Finish a job and say why; say whether it was still ours, or else nothing was written."""
        said = None if error is None else dumps(dict(error))
        values = {"status": status, "finished_at": now, "error": said, "owner": None}
        with self.database.writing() as connection:
            if connection.execute(update(JOBS).where(_held(claim, owner)).values(values)).rowcount != 1:
                return False
            _say(connection, claim.seq, events)
        return True


def _say(connection: Connection, seq: int, events: Sequence[Event]) -> None:
    rows = [{"id": event.id, "job_seq": seq, "body": dumps(dict(event.body))} for event in events]
    if rows:
        connection.execute(insert(EVENTS), rows)


def _cursor(
    connection: Connection, table: Table, after: str | None, where: ColumnElement[bool]
) -> tuple[Any, ...] | None:
    return None if after is None else cursor_of(connection, table, (table.c.seq,), where)


def _held(claim: JobClaim, owner: str) -> ColumnElement[bool]:
    return and_(JOBS.c.seq == claim.seq, JOBS.c.owner == owner, JOBS.c.status == VALIDATING)


def _stored(row: Row[Any]) -> StoredJob:
    values = {name: getattr(row, name) for name in StoredJob.__dataclass_fields__}
    error = None if row.error is None else loads(row.error)
    return StoredJob(**{**values, "body": loads(row.body), "error": error})
