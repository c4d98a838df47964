"""Lists for pages: whatever the items hold, no more of them is read at once than there is room for."""

import pytest

from graders.store import Block, Store, StoredEval, StoredRun
from graders.store import pages as module
from graders.store.listings import Listings


@pytest.fixture
def listings(tmp_path, database):
    with Store(tmp_path / "store", database) as store:
        store.evals.add(StoredEval("eval_1", 1, 1, {}))
        store.runs.add(StoredRun("evalrun_1", "eval_1", 1, "queued", {"data_source": {}}))
        claim = store.runs.claim("me", 1.0, 60.0)
        items = [(row, "pass", b"x" * 1000) for row in range(10)]
        assert store.runs.append(claim, "me", 0, Block(items, {}))
        yield Listings(store.database)


def test_a_portion_of_large_items_holds_fewer(listings, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 3500)
    portion = listings.items("evalrun_1")
    assert ([item.row for item in portion.objects], portion.has_more) == ([0, 1, 2], True)
    assert [item.row for item in listings.every_item("evalrun_1")] == list(range(10))


def test_an_item_that_is_larger_than_a_portion_is_read_all_the_same(listings, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    assert [item.row for item in listings.every_item("evalrun_1")] == list(range(10))
