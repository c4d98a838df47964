"""Stored output items, each the JSON that is shown of it.

Design: the id of an item is made of its run's id and its row: a row that is graded again after a crash has
the id that it had before, and no index is needed to find it. A run may have a million items: when it is
removed, they go a few at a time, so that nobody waits for long.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import delete, select

from graders.store.database import Database
from graders.store.engines import give_back
from graders.store.pages import Page, UnknownCursorError, rows_behind
from graders.store.tables import ITEMS, REMOVED_RUNS, RUNS

_SWEPT = 2000
_ID = re.compile(r"outputitem_([0-9a-f]{24})([0-9a-f]{8})")


def item_id(run_id: str, row: int) -> str:
    """Give the id of the output item of a row."""
    return f"outputitem_{_stem(run_id)}{row:08x}"


def row_of(run_id: str, given: str) -> int | None:
    """Give the row that an output item of a run is about; None where it is none of its items."""
    found = _ID.fullmatch(given)
    return int(found[2], 16) if found and found[1] == _stem(run_id) else None


def _stem(run_id: str) -> str:
    return run_id.partition("_")[2][:24]


class Item(NamedTuple):
    """The JSON of an output item, and its row."""

    row: int
    body: bytes


@dataclass(frozen=True)
class Items:
    """The output items of a store."""

    database: Database

    def get(self, run_id: str, given: str) -> bytes | None:
        """Give an output item of a run, or None where there is none of that id."""
        row = row_of(run_id, given)
        if row is None:
            return None
        query = select(ITEMS.c.body).join(RUNS, RUNS.c.seq == ITEMS.c.run_seq)
        with self.database.reading() as connection:
            body = connection.execute(query.where(RUNS.c.id == run_id, ITEMS.c.row == row)).scalar()
        return None if body is None else bytes(body)

    def page(
        self, run_id: str, *, after: str | None, limit: int, descending: bool, status: str | None
    ) -> Page[bytes]:
        """Give output items of a run in the order of its rows.

        Raises:
            UnknownCursorError: there is no item `after`.
        """
        behind = None if after is None else self._row(run_id, after)
        found = self.portion(run_id, behind=behind, limit=limit, descending=descending, status=status)
        return Page([item.body for item in found.objects], found.has_more)

    def portion(
        self, run_id: str, *, behind: int | None, limit: int, descending: bool, status: str | None
    ) -> Page[Item]:
        """Give output items of a run from behind a row; `status` is `pass` or `fail`."""
        cursor = None if behind is None else (behind,)
        query = select(ITEMS.c.row, ITEMS.c.body)
        with self.database.reading() as connection:
            seq = connection.execute(select(RUNS.c.seq).where(RUNS.c.id == run_id)).scalar()
            query = query.where(ITEMS.c.run_seq == seq)
            if status is not None:
                query = query.where(ITEMS.c.status == status)
            rows, more = rows_behind(
                connection,
                query,
                (ITEMS.c.row,),
                cursor,
                limit=limit,
                descending=descending,
                body=ITEMS.c.body,
            )
        return Page([Item(row.row, bytes(row.body)) for row in rows], more)

    def sweep(self) -> bool:
        """Remove some output items of runs that are gone; say whether there may be more."""
        with self.database.reading() as connection:
            gone = connection.execute(select(REMOVED_RUNS.c.run_seq).limit(1)).scalar()
        if gone is None:
            return False
        items = select(ITEMS.c.row).where(ITEMS.c.run_seq == gone).order_by(ITEMS.c.row)
        with self.database.writing() as connection:
            end = connection.execute(items.offset(_SWEPT).limit(1)).scalar()
            some = delete(ITEMS).where(ITEMS.c.run_seq == gone)
            if end is None:
                connection.execute(delete(REMOVED_RUNS).where(REMOVED_RUNS.c.run_seq == gone))
            connection.execute(some if end is None else some.where(ITEMS.c.row < end))
            give_back(connection)
        return True

    def _row(self, run_id: str, after: str) -> int:
        row = row_of(run_id, after)
        if row is None or self.get(run_id, after) is None:
            raise UnknownCursorError
        return row
