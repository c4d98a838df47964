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
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from graders.store.blobs import Blobs
from graders.store.database import Database
from graders.store.pages import Page, cursor_of, rows_behind
from graders.store.tables import EVALS, ITEMS, RUNS
from graders.strict_json import dumps, loads

QUEUED, IN_PROGRESS = "queued", "in_progress"
FINAL = ("completed", "canceled", "failed")
COUNTS = ("passed", "failed", "errored")


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

    def cancel(self, eval_id: str, run_id: str) -> StoredRun | None:
        """Stop a run that is not over; give the run as it is now, or None where there is none."""
        with self.database.writing() as connection:
            open_run = and_(_named(eval_id, run_id), RUNS.c.status.not_in(FINAL))
            connection.execute(update(RUNS).where(open_run).values(status="canceled", owner=None))
            row = connection.execute(select(RUNS).where(_named(eval_id, run_id))).first()
            if row is not None and row.blob is not None:
                self.blobs.forget(connection, [row.blob])
        return None if row is None else _stored(row)

    def delete(self, eval_id: str, run_id: str) -> bool:
        """Remove a run with its output items; say whether it was there."""
        with self.database.writing() as connection:
            named = blobs_of_runs(connection, _named(eval_id, run_id))
            done = connection.execute(delete(RUNS).where(_named(eval_id, run_id)))
            self.blobs.forget(connection, named)
        return done.rowcount == 1

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
            rows, more = rows_behind(connection, query, by, cursor, limit=limit, descending=descending)
        return Page([_stored(row) for row in rows], more)

    def claim(self, owner: str, now: float, patience: float, held: Sequence[int] = ()) -> Claim | None:
        """Take the oldest run that is queued, or in progress and held by nobody who is alive.

        Nobody is alive who has the name `owner` and does not hold the run (`held`), or who has not been
        heard of for `patience` seconds.
        """
        silent = or_(RUNS.c.owner.is_(None), RUNS.c.owner == owner, RUNS.c.beat_at < now - patience)
        free = or_(RUNS.c.status == QUEUED, and_(RUNS.c.status == IN_PROGRESS, silent))
        query = select(RUNS).where(free, RUNS.c.seq.not_in(held)).order_by(RUNS.c.seq).limit(1)
        with self.database.reading() as connection:
            if connection.execute(query).first() is None:
                return None
        with self.database.writing() as connection:
            row = connection.execute(query).first()
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
            if claim.run.blob is not None:
                self.blobs.forget(connection, [claim.run.blob])
        return changed.rowcount == 1


def blobs_of_runs(connection: Connection, where: ColumnElement[bool]) -> set[str]:
    """Give the names of the bytes that some runs read."""
    query = select(RUNS.c.blob).where(where, RUNS.c.blob.is_not(None))
    return {str(name) for name in connection.execute(query).scalars()}


def _held(claim: Claim, owner: str) -> ColumnElement[bool]:
    return and_(RUNS.c.seq == claim.seq, RUNS.c.owner == owner, RUNS.c.status == IN_PROGRESS)


def _named(eval_id: str, run_id: str) -> ColumnElement[bool]:
    return and_(RUNS.c.eval_id == eval_id, RUNS.c.id == run_id)


def _stored(row: Row[Any]) -> StoredRun:
    values = {name: getattr(row, name) for name in StoredRun.__dataclass_fields__}
    for name in ("body", "tally", "error"):
        values[name] = None if values[name] is None else loads(values[name])
    return StoredRun(**values)
