"""The store: what is claimed, what is kept together, what is forgotten."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from graders.store import (
    Block,
    QuotaError,
    Store,
    StoredEval,
    StoredFile,
    StoredRun,
    StoreError,
    UnknownCursorError,
)
from graders.store.items import item_id, row_of
from graders.store.migrations import STEPS, migrate, version_of

OWNER, OTHER = "one", "two"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store") as store:
        store.evals.add(StoredEval("eval_1", 1, 1, {"name": "e"}))
        yield store


def queued(store, name="evalrun_" + "a" * 32, blob=None):
    run = StoredRun(name, "eval_1", 1, "queued", {"name": "r"}, blob)
    assert store.runs.add(run)
    return run


def block(first, n, passed=0):
    items = [(row, "pass", b'{"row":%d}' % row) for row in range(first, first + n)]
    return Block(items, {"passed": passed}, {"criteria": []})


def upload(store, name, data, now=1, expires=None, quota=1000):
    with store.blobs.receive() as incoming:
        incoming.write(data)
        stored = StoredFile(name, now, expires, "evals", len(data), incoming.finish(), {"filename": "x"})
        store.files.add(stored, incoming, quota)
    return stored


def test_a_run_is_claimed_once(store):
    queued(store)
    with ThreadPoolExecutor(8) as executor:
        claims = list(executor.map(lambda n: store.runs.claim(f"owner {n}", 1.0, 60), range(8)))
    assert sum(claim is not None for claim in claims) == 1


def test_a_run_of_a_dead_process_is_claimed_again_and_one_of_a_living_one_is_not(store):
    queued(store)
    claim = store.runs.claim(OWNER, 100.0, 60)
    assert store.runs.claim(OTHER, 159.0, 60) is None
    assert store.runs.claim(OWNER, 101.0, 60, [claim.seq]) is None
    assert store.runs.beat(OWNER, [claim.seq], 150.0) == {claim.seq}
    assert store.runs.claim(OTHER, 209.0, 60) is None
    taken = store.runs.claim(OTHER, 211.0, 60)
    assert (taken.seq, taken.attempts) == (claim.seq, 2)
    assert store.runs.beat(OWNER, [claim.seq], 212.0) == set()
    assert store.runs.claim(OTHER, 212.0, 60).attempts == 3  # it has this name and holds nothing: it is dead


def test_a_block_is_added_by_whoever_holds_the_run_and_only_behind_what_is_done(store):
    run = queued(store)
    claim = store.runs.claim(OWNER, 1.0, 60)
    assert store.runs.begin(claim, OWNER, 4)
    assert store.runs.append(claim, OWNER, 0, block(0, 2, passed=2))
    assert not store.runs.append(claim, OWNER, 0, block(0, 2, passed=4))
    assert not store.runs.append(claim, OTHER, 2, block(2, 2, passed=4))
    now = store.runs.get("eval_1", run.id)
    assert (now.done, now.passed, now.total) == (2, 2, 4)
    assert store.runs.append(claim, OWNER, 2, block(2, 2, passed=4))
    page = store.items.page(run.id, after=None, limit=10, descending=False, status=None)
    assert page.objects == [b'{"row":%d}' % row for row in range(4)]
    assert store.runs.end(claim, OWNER, "completed")
    assert not store.runs.append(claim, OWNER, 4, block(4, 1))


@pytest.mark.parametrize("stop", ["cancel", "delete"])
def test_nothing_is_added_to_a_run_that_is_over_or_gone(store, stop):
    run = queued(store)
    claim = store.runs.claim(OWNER, 1.0, 60)
    getattr(store.runs, stop)("eval_1", run.id)
    assert not store.runs.append(claim, OWNER, 0, block(0, 1))
    assert not store.runs.end(claim, OWNER, "completed")
    assert store.items.get(run.id, item_id(run.id, 0)) is None


def test_an_item_is_found_by_its_id_alone(store):
    run = "evalrun_" + "ab" * 16
    assert row_of(run, item_id(run, 2**32 - 1)) == 2**32 - 1
    assert row_of("evalrun_" + "cd" * 16, item_id(run, 1)) is None
    assert row_of(run, "outputitem_x") is None


def test_bytes_are_forgotten_with_the_last_that_needs_them(store):
    one, two = upload(store, "file-1", b"same"), upload(store, "file-2", b"same")
    path = store.blobs.path(one.blob)
    queued(store, blob=one.blob)
    assert store.files.delete("file-1", 1)
    assert store.files.delete("file-2", 1)
    assert path.read_bytes() == b"same"
    assert one.blob == two.blob
    store.runs.cancel("eval_1", "evalrun_" + "a" * 32)
    assert not path.exists()


def test_a_file_that_has_expired_is_not_there(store):
    stored = upload(store, "file-1", b"x", now=10, expires=20)
    assert store.files.get("file-1", 19) is not None
    assert store.files.get("file-1", 20) is None
    assert not store.files.delete("file-1", 20)
    page = store.files.page(after=None, limit=10, descending=True, purpose=None, now=20)
    assert page.objects == []
    assert store.files.sweep(20) == 1
    assert not store.blobs.path(stored.blob).exists()


def test_all_files_together_have_a_quota_and_what_does_not_fit_leaves_nothing(store):
    upload(store, "file-1", b"x" * 6, quota=10)
    with pytest.raises(QuotaError):
        upload(store, "file-2", b"y" * 5, quota=10)
    assert len([path for path in store.blobs.folder.rglob("*") if path.is_file()]) == 1


def test_a_page_behind_what_is_not_there_is_an_error(store):
    with pytest.raises(UnknownCursorError):
        store.evals.page(after="eval_no", limit=1, descending=False, by="created_at")


def test_the_tables_have_a_version_and_are_made_once(store):
    with store.database.writing() as connection:
        assert version_of(connection) == len(STEPS)
        assert migrate(connection) == len(STEPS)


def test_steps_that_are_missing_are_taken_in_order(store):
    def step(connection):
        connection.execute(text("ALTER TABLE evals ADD COLUMN colour TEXT"))

    with store.database.writing() as connection:
        assert migrate(connection, [*STEPS, step]) == len(STEPS)
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT colour FROM evals")).scalar() is None


def test_a_step_that_fails_changes_nothing(store):
    def step(connection):
        connection.execute(text("ALTER TABLE evals ADD COLUMN colour TEXT"))
        raise RuntimeError

    with pytest.raises(RuntimeError), store.database.writing() as connection:
        migrate(connection, [*STEPS, step])
    with store.database.reading() as connection:
        assert version_of(connection) == len(STEPS)
        assert "colour" not in tuple(connection.execute(text("SELECT * FROM evals")).keys())


def test_a_store_of_a_later_release_is_left_alone(tmp_path):
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        Store(tmp_path)


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "sqlite:////nowhere/at/all.sqlite"])
def test_a_database_that_cannot_be_opened_is_named(tmp_path, url):
    with pytest.raises(StoreError):
        Store(tmp_path, url)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError):
        Store(tmp_path)
