"""Stored runs: asked for once, held by one process at a time, moved on block by block.

Design: whoever holds a run has written its name into it. A block is added only while that name still stands
there, the run is in progress and exactly the rows before it are done; so a process that was taken for dead, a
cancelled run or a deleted one costs the block and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from graders.store.blobs import Blobs
from graders.store.database import Database
from graders.store.deliveries import announce
from graders.store.pages import Page, cursor_of, rows_behind
from graders.store.tables import EVALS, ITEMS, REMOVED_RUNS, RUNS
from graders.strict_json import dumps, loads

QUEUED, IN_PROGRESS = "queued", "in_progress"
FINAL = ("completed", "canceled", "failed")
MOST = 2**31 - 1


@dataclass(frozen=True)
class StoredRun:
    """One run; `body` is what was asked for, `tally` what was counted beyond passed, failed and errored.

    `total` is None until the rows have been counted; `done` of them have output items.
    """

    id: str
    eval_id: str
    created_at: int
    status: str
    body: dict[str, Any]
    blob: str | None = None
    total: int | None = None
    done: int = 0
    passed: int = 0
    failed: int = 0
    errored: int = 0
    tally: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Claim(NamedTuple):
    """A run that is ours now, its key, and how often it was begun without getting further."""

    run: StoredRun
    seq: int
    attempts: int


@dataclass(frozen=True)
class Block:
    """Items of rows that follow each other, (row, status, body), and what the whole run counts then."""

    items: Sequence[tuple[int, str, bytes]]
    counts: Mapping[str, int]
    tally: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Runs:
    """The runs of a store."""

    database: Database
    blobs: Blobs
    receivers: Sequence[str] = ()
    """Who is told that a run has ended (`deliveries`)."""

    def add(self, run: StoredRun) -> bool:
        """Queue a new run; give False where its eval is gone."""
        values = {name: getattr(run, name) for name in ("id", "eval_id", "created_at", "status", "blob")}
        try:
            with self.database.writing() as connection:
                there = select(EVALS.c.seq).where(EVALS.c.id == run.eval_id)
                if connection.execute(there).first() is None:
                    return False
                connection.execute(insert(RUNS).values(**values, body=dumps(run.body)))
        except IntegrityError:
            return False
        return True

    def get(self, eval_id: str, run_id: str) -> StoredRun | None:
        """Give a run of an eval, or None where there is none of that id."""
        with self.database.reading() as connection:
            row = connection.execute(select(RUNS).where(_named(eval_id, run_id))).first()
        return None if row is None else _stored(row)

    def there(self, eval_id: str, run_id: str) -> bool:
        """Say whether an eval has a run, without reading what was asked for: that may be large."""
        with self.database.reading() as connection:
            return bool(connection.execute(select(exists().where(_named(eval_id, run_id)))).scalar())

    def cancel(self, eval_id: str, run_id: str) -> StoredRun | None:
        """Stop a run that is not over; give the run as it is now, or None where there is none."""
        with self.database.writing() as connection:
            open_run = and_(_named(eval_id, run_id), RUNS.c.status.not_in(FINAL))
            changed = connection.execute(update(RUNS).where(open_run).values(status="canceled", owner=None))
            if changed.rowcount == 1:
                announce(connection, self.receivers, run_id, "canceled")
            row = connection.execute(select(RUNS).where(_named(eval_id, run_id))).first()
        if row is not None and row.blob is not None:
            self.blobs.forget([row.blob])
        return None if row is None else _stored(row)

    def delete(self, eval_id: str, run_id: str) -> bool:
        """Remove a run; say whether it was there. Its output items go bit by bit (`Items.sweep`)."""
        with self.database.writing() as connection:
            removed = remove_runs(connection, _named(eval_id, run_id))
        self.blobs.forget(removed.blobs)
        return removed.n == 1

    def page(
        self, eval_id: str, *, after: str | None, limit: int, descending: bool, status: str | None
    ) -> Page[StoredRun]:
        """Give runs of an eval in the order in which they were asked for.

        Raises:
            UnknownCursorError: there is no run `after`.
        """
        query = select(RUNS).where(RUNS.c.eval_id == eval_id)
        if status is not None:
            query = query.where(RUNS.c.status == status)
        by = (RUNS.c.seq,)
        with self.database.reading() as connection:
            where = and_(RUNS.c.eval_id == eval_id, RUNS.c.id == after)
            cursor = None if after is None else cursor_of(connection, RUNS, by, where)
            rows, more = rows_behind(
                connection, query, by, cursor, limit=limit, descending=descending, body=RUNS.c.body
            )
        return Page([_stored(row) for row in rows], more)

    def claim(
        self, owner: str, now: float, patience: float, held: Sequence[int] = (), *, most_attempts: int = MOST
    ) -> Claim | None:
        """Take a run that is queued, or in progress and held by nobody who is alive.

        Nobody is alive who has the name `owner` and does not hold the run (`held`), or who has not been
        heard of for `patience` seconds. Runs that were begun less often without getting further come first,
        of these the oldest; those begun `most_attempts` times or more do not come at all.
        """
        silent = or_(RUNS.c.owner.is_(None), RUNS.c.owner == owner, RUNS.c.beat_at < now - patience)
        free = or_(RUNS.c.status == QUEUED, and_(RUNS.c.status == IN_PROGRESS, silent))
        wanted = and_(free, RUNS.c.seq.not_in(held), RUNS.c.attempts < most_attempts)
        with self.database.reading() as connection:
            if not connection.execute(select(exists().where(wanted))).scalar():
                return None
        query = select(RUNS).where(wanted).order_by(RUNS.c.attempts, RUNS.c.seq).limit(1)
        with self.database.writing() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            attempts = row.attempts + 1
            taken = {"status": IN_PROGRESS, "owner": owner, "beat_at": now, "attempts": attempts}
            connection.execute(update(RUNS).where(RUNS.c.seq == row.seq).values(taken))
        return Claim(_stored(row), row.seq, attempts)

    def beat(self, owner: str, seqs: Sequence[int], now: float) -> set[int]:
        """Say that we are alive; give those of the runs that are still ours."""
        ours = and_(RUNS.c.seq.in_(seqs), RUNS.c.owner == owner, RUNS.c.status == IN_PROGRESS)
        with self.database.writing() as connection:
            connection.execute(update(RUNS).where(ours).values(beat_at=now))
            return set(connection.execute(select(RUNS.c.seq).where(ours)).scalars())

    def begin(self, claim: Claim, owner: str, total: int) -> bool:
        """Note how many rows there are; say whether the run is still ours."""
        with self.database.writing() as connection:
            changed = connection.execute(update(RUNS).where(_held(claim, owner)).values(total=total))
        return changed.rowcount == 1

    def append(self, claim: Claim, owner: str, done: int, block: Block) -> bool:
        """Add a block behind `done` rows; say whether the run is still ours, or else nothing was added."""
        ours = and_(_held(claim, owner), RUNS.c.done == done)
        values = {**block.counts, "tally": dumps(dict(block.tally)), "attempts": 0}
        with self.database.writing() as connection:
            moved = update(RUNS).where(ours).values(**values, done=done + len(block.items))
            if connection.execute(moved).rowcount != 1:
                return False
            connection.execute(
                insert(ITEMS).values(run_seq=claim.seq, row=bindparam("at")),
                [{"at": row, "status": status, "body": body} for row, status, body in block.items],
            )
        return True

    def end(self, claim: Claim, owner: str, status: str, error: Mapping[str, str] | None = None) -> bool:
        """Finish a run; say whether it was still ours."""
        values = {"status": status, "error": dumps(dict(error)) if error else None, "owner": None}
        with self.database.writing() as connection:
            changed = connection.execute(update(RUNS).where(_held(claim, owner)).values(values))
            if changed.rowcount == 1:
                announce(connection, self.receivers, claim.run.id, status)
        if claim.run.blob is not None:
            self.blobs.forget([claim.run.blob])
        return changed.rowcount == 1


class Removed(NamedTuple):
    """How many runs were removed, and the names of the bytes that they read."""

    n: int
    blobs: set[str]


def remove_runs(connection: Connection, where: ColumnElement[bool]) -> Removed:
    """Remove runs, and note that their output items are to be removed."""
    rows = connection.execute(delete(RUNS).where(where).returning(RUNS.c.seq, RUNS.c.blob)).all()
    if rows:
        connection.execute(insert(REMOVED_RUNS), [{"run_seq": row.seq} for row in rows])
    return Removed(len(rows), {row.blob for row in rows if row.blob is not None})


def _held(claim: Claim, owner: str) -> ColumnElement[bool]:
    return and_(RUNS.c.seq == claim.seq, RUNS.c.owner == owner, RUNS.c.status == IN_PROGRESS)


def _named(eval_id: str, run_id: str) -> ColumnElement[bool]:
    return and_(RUNS.c.eval_id == eval_id, RUNS.c.id == run_id)


def _stored(row: Row[Any]) -> StoredRun:
    values = {name: getattr(row, name) for name in StoredRun.__dataclass_fields__}
    for name in ("body", "tally", "error"):
        values[name] = None if values[name] is None else loads(values[name])
    return StoredRun(**values)
