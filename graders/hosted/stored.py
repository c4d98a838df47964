"""What a server's store holds, to be graded again."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from graders.errors import DataError
from graders.hosted.archive import Archive, GradedItem
from graders.store import Page, Store, StoredEval, StoredRun, holds_store
from graders.store.listings import Listings
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
    if database is not None and not holds_store(database):
        raise DataError("the database holds no store of graders serve: it has none of its tables")
    return Store(folder, database)


def archive_of(store: Store) -> Archive:
    """Give the evals of a store and the output items of their runs; of runs that go on, those so far."""
    evals = {each.id: {"id": each.id, **each.body} for each in _evals(store)}
    return Archive(evals, partial(_items, store, list(evals)))


def _every(page_behind: Callable[[str | None], Page[_Stored]]) -> Iterator[_Stored]:
    """Give what stands on all pages of a list."""
    after, more = None, True
    while more:
        page = page_behind(after)
        yield from page.objects
        after, more = (page.objects[-1].id if page.objects else None), page.has_more


def _evals(store: Store) -> Iterator[StoredEval]:
    def page(after: str | None) -> Page[StoredEval]:
        return store.evals.page(after=after, limit=_AT_ONCE, descending=False, by="created_at")

    return _every(page)


def _runs(store: Store, of_eval: str) -> Iterator[StoredRun]:
    def page(after: str | None) -> Page[StoredRun]:
        return store.runs.page(of_eval, after=after, limit=_AT_ONCE, descending=False, status=None)

    return _every(page)


def _items(store: Store, evals: list[str]) -> Iterator[GradedItem]:
    for of_eval in evals:
        for run in _runs(store, of_eval):
            for item in Listings(store.database).every_item(run.id):
                yield GradedItem(of_eval, run.id, loads(item.body))
