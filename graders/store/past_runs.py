"""Runs that ended elsewhere, put into a store with their output items."""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import bindparam, exists, insert, select

from graders.store.database import Database
from graders.store.runs import StoredRun
from graders.store.tables import EVALS, ITEMS, RUNS
from graders.strict_json import dumps

_AT_ONCE = 500
_COLUMNS = ("id", "eval_id", "created_at", "status", "total", "done", "passed", "failed", "errored")


def add_past_run(database: Database, run: StoredRun, items: Iterable[tuple[int, str, bytes]]) -> bool:
    """Add a run that is over and its items, (row, status, body); say whether it was not there yet.

    All of it is added, or nothing: `items` may raise. Nobody is told that the run has ended.

    Raises:
        KeyError: its eval is not there.
    """
    values = {name: getattr(run, name) for name in _COLUMNS}
    for name in ("body", "tally", "error"):
        value = getattr(run, name)
        values[name] = None if value is None else dumps(value)
    with database.writing() as connection:
        if connection.execute(select(exists().where(RUNS.c.id == run.id))).scalar():
            return False
        if not connection.execute(select(exists().where(EVALS.c.id == run.eval_id))).scalar():
            raise KeyError(run.eval_id)
        seq = connection.execute(insert(RUNS).values(values).returning(RUNS.c.seq)).scalar_one()
        left = iter(items)
        while block := list(islice(left, _AT_ONCE)):
            connection.execute(
                insert(ITEMS).values(run_seq=seq, row=bindparam("at")),
                [{"at": row, "status": status, "body": body} for row, status, body in block],
            )
    return True
