"""What pages show of many runs and many output items, read piece by piece.

Design: a run keeps all that was asked for in one JSON text, and that may hold its rows. Lists read no more of
it than stands before the rows; output items come in portions, behind a row.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select

from graders.store.database import Database
from graders.store.items import Item, Items
from graders.store.pages import Page, rows_behind
from graders.store.runs import StoredRun
from graders.store.tables import RUNS
from graders.strict_json import loads

_HEAD = 2**18
"""Bytes of a run's JSON that are read: more than its name and its metadata can take."""
_SOURCE = b',"data_source":{'
"""Where they end. Names and metadata are texts, so nothing that a user wrote looks like it."""
_PORTION = 500


class Standing(NamedTuple):
    """How many runs an eval has, and the last one."""

    runs: int
    last: StoredRun


@dataclass(frozen=True)
class Listings:
    """Reads lists of a store."""

    database: Database

    def run(self, eval_id: str, run_id: str) -> StoredRun | None:
        """Give a run without the rows that were sent with it, or None where there is none of that id."""
        where = (RUNS.c.eval_id == eval_id, RUNS.c.id == run_id)
        with self.database.reading() as connection:
            row = connection.execute(_heads().where(*where)).first()
        return None if row is None else _stored(row)

    def runs(self, eval_id: str, *, before: str | None, limit: int) -> Page[StoredRun]:
        """Give runs of an eval, the last one first, from behind the run `before`; all where it is unknown."""
        of_eval = _heads().where(RUNS.c.eval_id == eval_id)
        with self.database.reading() as connection:
            seq = connection.execute(select(RUNS.c.seq).where(RUNS.c.id == before)).scalar()
            cursor = None if seq is None else (seq,)
            rows, more = rows_behind(connection, of_eval, (RUNS.c.seq,), cursor, limit=limit, descending=True)
        return Page([_stored(row) for row in rows], more)

    def chosen(self, eval_id: str, run_ids: Sequence[str]) -> list[StoredRun]:
        """Give those runs of an eval that there are, the first one first."""
        query = _heads().where(RUNS.c.eval_id == eval_id, RUNS.c.id.in_(run_ids)).order_by(RUNS.c.seq)
        with self.database.reading() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def standings(self, eval_ids: Sequence[str]) -> Mapping[str, Standing]:
        """Say of those evals that have runs how many, and give the last one."""
        wanted = RUNS.c.eval_id.in_(eval_ids)
        counted = select(RUNS.c.eval_id, func.count(), func.max(RUNS.c.seq)).where(wanted)
        with self.database.reading() as connection:
            counts = connection.execute(counted.group_by(RUNS.c.eval_id)).all()
            last = _heads().where(RUNS.c.seq.in_([seq for _, _, seq in counts]))
            runs = {row.eval_id: _stored(row) for row in connection.execute(last)}
        return {eval_id: Standing(count, runs[eval_id]) for eval_id, count, _ in counts if eval_id in runs}

    def items(
        self,
        run_id: str,
        *,
        behind: int | None = None,
        limit: int = _PORTION,
        descending: bool = False,
        status: str | None = None,
    ) -> Page[Item]:
        """Give output items from behind a row; they are fewer than `limit` where they are large."""
        return Items(self.database).portion(
            run_id, behind=behind, limit=limit, descending=descending, status=status
        )

    def every_item(self, run_id: str) -> Iterator[Item]:
        """Give all output items of a run in the order of its rows, without holding them."""
        behind, more = None, True
        while more:
            portion = self.items(run_id, behind=behind)
            yield from portion.objects
            behind, more = (portion.objects[-1].row if portion.objects else None), portion.has_more


def _heads() -> Select[Any]:
    columns = [column for column in RUNS.c if column is not RUNS.c.body]
    return select(*columns, func.substr(RUNS.c.body, 1, _HEAD).label("head"))


def _stored(row: Row[Any]) -> StoredRun:
    values = {name: getattr(row, name) for name in StoredRun.__dataclass_fields__ if name != "body"}
    for name in ("tally", "error"):
        values[name] = None if values[name] is None else loads(values[name])
    return StoredRun(**values, body=_opening(bytes(row.head)))


def _opening(head: bytes) -> dict[str, Any]:
    """Read what stands before the rows; of the data source its type, and what names its file."""
    before, found, source = head.partition(_SOURCE)
    if not found:
        return loads(head)  # type: ignore[no-any-return]  # a run without a data source: as it is
    body: dict[str, Any] = loads(before + b"}")
    try:
        whole, _ = json.JSONDecoder().raw_decode("{" + source.decode("utf-8", "replace"))
    except ValueError:  # cut: the rows are in it
        whole = {}
    return {**body, "data_source": whole}
