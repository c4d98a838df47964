"""What a server's store holds, to be graded again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from graders.errors import DataError
from graders.hosted.archive import Archive, GradedItem
from graders.store import Page, Store, StoredEval, StoredRun
from graders.store.store import DATABASE
from graders.strict_json import loads

_AT_ONCE = 500
_Stored = TypeVar("_Stored", StoredEval, StoredRun)


def open_store(folder: Path, database: str | None = None) -> Store:
    """Open a store that is there.

    Raises:
        DataError: there is none.
        StoreError: the database cannot be opened.
    """
    if database is None and not (folder / DATABASE).is_file():
        raise DataError(f"{folder}: not the store of graders serve: there is no {DATABASE}")
    return Store(folder, database)


def archive_of(store: Store) -> Archive:
    """Give the evals of a store and the output items of their runs; of runs that go on, those so far."""
    evals = {each.id: {"id": each.id, **each.body} for each in _evals(store)}
    return Archive(evals, partial(_items, store, list(evals)))


def _evals(store: Store) -> Iterator[StoredEval]:
    after: str | None = None
    more = True
    while more:
        page = store.evals.page(after=after, limit=_AT_ONCE, descending=False, by="created_at")
        yield from page.objects
        after, more = _behind(page)


def _runs(store: Store, of_eval: str) -> Iterator[StoredRun]:
    after: str | None = None
    more = True
    while more:
        page = store.runs.page(of_eval, after=after, limit=_AT_ONCE, descending=False, status=None)
        yield from page.objects
        after, more = _behind(page)


def _items(store: Store, evals: list[str]) -> Iterator[GradedItem]:
    for of_eval in evals:
        for run in _runs(store, of_eval):
            after: str | None = None
            more = True
            while more:
                page = store.items.page(run.id, after=after, limit=_AT_ONCE, descending=False, status=None)
                for body in page.objects:
                    raw = loads(body)
                    after = raw["id"]
                    yield GradedItem(of_eval, run.id, raw)
                more = page.has_more


def _behind(page: Page[_Stored]) -> tuple[str | None, bool]:
    return (page.objects[-1].id if page.objects else None), page.has_more
