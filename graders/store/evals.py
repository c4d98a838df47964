"""Stored evals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from graders.store.blobs import Blobs
from graders.store.database import Database
from graders.store.pages import Page, cursor_of, rows_behind
from graders.store.runs import remove_runs
from graders.store.tables import EVALS, RUNS
from graders.strict_json import dumps, loads


@dataclass(frozen=True)
class StoredEval:
    """One eval; `body` holds all that is shown of it but its id and times."""

    id: str
    created_at: int
    updated_at: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Evals:
    """The evals of a store."""

    database: Database
    blobs: Blobs

    def add(self, stored: StoredEval) -> None:
        """Keep a new eval."""
        values = {**vars(stored), "body": dumps(stored.body)}
        with self.database.writing() as connection:
            connection.execute(insert(EVALS).values(values))

    def get(self, eval_id: str) -> StoredEval | None:
        """Give an eval, or None where there is none of that id."""
        with self.database.reading() as connection:
            row = connection.execute(select(EVALS).where(EVALS.c.id == eval_id)).first()
        return None if row is None else _stored(row)

    def change(self, eval_id: str, changes: Mapping[str, Any], now: int) -> StoredEval | None:
        """Change parts of an eval's body; give the eval as it is now, or None where there is none."""
        with self.database.writing() as connection:
            named = select(EVALS).where(EVALS.c.id == eval_id).with_for_update()
            row = connection.execute(named).first()
            if row is None:
                return None
            body = {**loads(row.body), **changes}
            changed = update(EVALS).where(EVALS.c.seq == row.seq)
            connection.execute(changed.values(body=dumps(body), updated_at=now))
        return StoredEval(row.id, row.created_at, now, body)

    def delete(self, eval_id: str) -> bool:
        """Remove an eval with its runs and their output items; say whether it was there."""
        with self.database.writing() as connection:
            # held, so that no run comes while those that are there are removed
            named = select(EVALS.c.seq).where(EVALS.c.id == eval_id).with_for_update()
            if connection.execute(named).first() is None:
                return False
            removed = remove_runs(connection, RUNS.c.eval_id == eval_id)
            connection.execute(delete(EVALS).where(EVALS.c.id == eval_id))
        self.blobs.forget(removed.blobs)
        return True

    def page(self, *, after: str | None, limit: int, descending: bool, by: str) -> Page[StoredEval]:
        """Give evals in the order of `created_at` or `updated_at`.

        Raises:
            UnknownCursorError: there is no eval `after`.
        """
        columns = (EVALS.c[by], EVALS.c.seq)
        with self.database.reading() as connection:
            cursor = None if after is None else cursor_of(connection, EVALS, columns, EVALS.c.id == after)
            rows, more = rows_behind(
                connection, select(EVALS), columns, cursor, limit=limit, descending=descending
            )
        return Page([_stored(row) for row in rows], more)


def _stored(row: Row[Any]) -> StoredEval:
    return StoredEval(row.id, row.created_at, row.updated_at, loads(row.body))
