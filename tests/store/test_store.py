"""The store: what is claimed, what is kept together, what is forgotten."""

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from graders.store import (
    UNAVAILABLE,
    Block,
    QuotaError,
    Store,
    StoredEval,
    StoredFile,
    StoredRun,
    StoreError,
    UnknownCursorError,
    pages,
    usable,
)
from graders.store.engines import engine_of
from graders.store.items import _SWEPT, item_id, row_of
from graders.store.migrations import STEPS, migrate, version_of
from graders.store.tables import ITEMS

OWNER, OTHER = "one", "two"


@pytest.fixture
def store(tmp_path, database):
    with Store(tmp_path / "store", database) as store:
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


def test_a_run_that_was_begun_in_vain_comes_after_others_and_not_beside_them(store):
    for name in ("a", "b"):
        queued(store, f"evalrun_{name * 32}")
    first = store.runs.claim(OWNER, 1.0, 60)
    again = store.runs.claim(OWNER, 1.0, 60)
    assert (again.seq, again.attempts) == (first.seq + 1, 1)  # as after a crash, the other one comes first
    third = store.runs.claim(OWNER, 1.0, 60)
    assert (third.seq, third.attempts) == (first.seq, 2)
    assert store.runs.claim(OWNER, 1.0, 60, [again.seq], most_attempts=2) is None
    assert store.runs.begin(third, OWNER, 1)
    assert store.runs.append(third, OWNER, 0, block(0, 1))
    assert store.runs.claim(OWNER, 1.0, 60, [again.seq], most_attempts=2).attempts == 1


@pytest.mark.parametrize("what", ["run", "eval"])
def test_the_items_of_a_run_that_is_gone_go_bit_by_bit(store, what):
    run = queued(store)
    claim = store.runs.claim(OWNER, 1.0, 60)
    n = 2 * _SWEPT + 1
    assert store.runs.append(claim, OWNER, 0, block(0, n))
    assert not store.items.sweep()
    assert store.runs.delete("eval_1", run.id) if what == "run" else store.evals.delete("eval_1")

    def left():
        with store.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(ITEMS)).scalar()

    assert store.items.get(run.id, item_id(run.id, 0)) is None
    counts = []
    while store.items.sweep():
        counts.append(left())
    assert counts == [n - _SWEPT, n - 2 * _SWEPT, 0]


def test_space_that_items_took_is_given_back_to_the_disk(tmp_path):
    with Store(tmp_path) as store:
        store.evals.add(StoredEval("eval_1", 1, 1, {}))
        run = queued(store)
        claim = store.runs.claim(OWNER, 1.0, 60)
        assert store.runs.append(claim, OWNER, 0, Block([(r, "pass", b"x" * 900) for r in range(3000)], {}))
        store.runs.delete("eval_1", run.id)
        while store.items.sweep():
            pass
    assert (tmp_path / "store.sqlite").stat().st_size < 2**18


def test_a_page_of_large_items_ends_early_and_says_that_more_follow(store, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 10)
    run = queued(store)
    claim = store.runs.claim(OWNER, 1.0, 60)
    sizes = [4, 6, 1, 20, 10]
    items = [(row, "pass", b"x" * size) for row, size in enumerate(sizes)]
    assert store.runs.append(claim, OWNER, 0, Block(items, {}))
    found, after = [], None
    for _ in sizes:
        page = store.items.page(run.id, after=after, limit=3, descending=False, status=None)
        found.append([len(body) for body in page.objects])
        after = item_id(run.id, sum(map(len, found)) - 1)
        if not page.has_more:
            break
    assert found == [[4, 6], [1], [20], [10]]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 1000, "é'\""])
def test_a_name_that_is_none_of_ours_is_not_found(store, name):
    assert store.evals.get(name) is None
    assert not store.evals.delete(name)
    assert store.files.get(name, 1) is None
    assert store.runs.cancel(name, name) is None
    assert not store.runs.there(name, name)


def test_what_is_removed_at_once_by_several_is_removed_once(store):
    run = queued(store)
    upload(store, "file-1", b"x")
    with ThreadPoolExecutor(8) as executor:
        assert sum(executor.map(lambda _: store.runs.delete("eval_1", run.id), range(8))) == 1
        assert sum(executor.map(lambda _: store.files.delete("file-1", 1), range(8))) == 1
        assert sum(executor.map(lambda _: store.evals.delete("eval_1"), range(8))) == 1


def test_a_quota_holds_for_uploads_at_the_same_time(store):
    def fits(n):
        try:
            upload(store, f"file-{n}", b"%d" % n * 60, quota=150)
        except QuotaError:
            return False
        return True

    with ThreadPoolExecutor(8) as executor:
        assert sum(executor.map(fits, range(8))) == 2


def test_a_store_is_made_once_by_many_at_the_same_time(tmp_path, database):
    def open_it(_):
        Store(tmp_path, database).close()
        return True

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(open_it, range(8)))


def test_who_reads_over_a_new_connection_waits_for_nobody_who_writes(tmp_path):
    with Store(tmp_path / "store"):
        path = tmp_path / "store" / "store.sqlite"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            impatient = engine_of(f"sqlite:///{path}?timeout=0")
            with impatient.connect() as connection:
                assert connection.execute(select(func.count()).select_from(ITEMS)).scalar_one() == 0
            impatient.dispose()


def test_a_page_behind_what_is_not_there_is_an_error(store):
    with pytest.raises(UnknownCursorError):
        store.evals.page(after="eval_no", limit=1, descending=False, by="created_at")


SETTING = {
    "sqlite": "PRAGMA query_only = {}",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ {}",
}
READ_ONLY, READ_WRITE = {"sqlite": "ON", "postgresql": "ONLY"}, {"sqlite": "OFF", "postgresql": "WRITE"}


def test_a_database_that_takes_no_changes_for_a_while_is_read_and_takes_them_later(store):
    def let(how):
        with store.database.reading() as connection:  # the one connection that there is
            kind = connection.dialect.name
            connection.execute(text(SETTING[kind].format(how[kind])))
            connection.commit()

    let(READ_ONLY)
    with pytest.raises(UNAVAILABLE):
        queued(store)
    with pytest.raises(StoreError, match=r"^the database cannot be used now: .*read-?only"), usable():
        queued(store)
    assert store.evals.get("eval_1") is not None
    let(READ_WRITE)
    queued(store)


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


def test_a_store_of_a_later_release_is_left_alone(tmp_path, database):
    with Store(tmp_path, database) as store, store.database.writing() as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    with pytest.raises(StoreError, match="version 99"):
        Store(tmp_path, database)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense", "nosuch://x", "mysql://x", "sqlite:////nowhere/at/all.sqlite",
        "postgresql://graders:secret@/none?host=/nowhere", "postgresql://graders:secret@host:port/none",
        "postgresql://graders:secret@127.0.0.1:9/none",
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_opened_is_named_without_its_password(tmp_path, url):
    with pytest.raises(StoreError, match=r"^the database cannot be opened: ") as caught:
        Store(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError):
        Store(tmp_path)
