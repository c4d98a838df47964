"""What was pulled, in the store of a server: there once, whole, found by its ids, and graded again there."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graders.errors import DataError, RunError
from graders.hosted import Account, Archive, Connection, Source, pull, regrade
from graders.hosted.into_store import PutIn, put_into
from graders.hosted.stored import archive_of, open_store
from graders.store import Store


@pytest.fixture
def pulled(hosted: Any, published: ModuleType, tmp_path: Path) -> Path:
    published.fill(hosted, runs=2, items=3)
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), tmp_path / "out")
    return tmp_path / "out"


@dataclass(frozen=True)
class Place:
    """Where a store is, or is to be."""

    folder: Path
    database: str | None

    def open(self) -> Store:
        return Store(self.folder, self.database)

    def put(self, pulled: Path) -> PutIn:
        with self.open() as store:
            return put_into(pulled, store)


@pytest.fixture
def place(tmp_path: Path, database: str | None) -> Place:
    return Place(tmp_path / "store", database)


def items_of(store: Store, run: str) -> list[Any]:
    page = store.items.page(run, after=None, limit=1000, descending=False, status=None)
    return [json.loads(body) for body in page.objects]


def test_evals_runs_items_and_files_are_there(pulled: Path, published: ModuleType, place: Place) -> None:
    new = place.put(pulled)
    # two ids of the hostile ones are too long for a name, an eval's and its run's
    assert (new.evals, new.files) == (1 + 1 + len(published.HOSTILE) - 1, 1 + len(published.HOSTILE))
    assert (new.runs, new.items) == (2 + 2 + 6, 5 + 0 + 2 * 3 + 6)
    with place.open() as store:
        stored = store.evals.get(published.EVAL)
        assert stored is not None
        assert stored.body["testing_criteria"] == published.CRITERIA
        run = store.runs.get(published.EVAL, published.RUN)
        assert run is not None
        assert (run.status, run.total, run.done, run.passed, run.failed) == ("completed", 5, 5, 2, 3)
        file = store.files.get("file-Abc123", 0)
        assert file is not None
        assert (
            store.blobs.path(file.blob).read_bytes()
            == (pulled / "files" / "file-Abc123" / "content.jsonl").read_bytes()
        )


def test_items_come_in_the_order_of_their_rows_and_are_else_what_was_received(
    pulled: Path, published: ModuleType, place: Place
) -> None:
    place.put(pulled)
    with place.open() as store:
        items = items_of(store, published.RUN)
        for item in items:
            assert json.loads(store.items.get(published.RUN, item["id"]) or b"") == item
    received = {each["datasource_item_id"]: each for each in published.published_items()}
    assert [item["datasource_item_id"] for item in items] == [0, 1, 2, 3, 4]
    assert [item | {"id": ""} for item in items] == [received[n] | {"id": ""} for n in range(5)]


def test_a_run_of_an_id_that_is_like_no_other_gets_one_that_is(
    pulled: Path, published: ModuleType, place: Place
) -> None:
    place.put(pulled)
    with place.open() as store:
        page = store.runs.page("CON", after=None, limit=10, descending=False, status=None)
        (run,) = page.objects
        assert run.body["name"] == "CON run"
        (item,) = items_of(store, run.id)
        assert (item["run_id"], item["datasource_item"]) == (run.id, {"n": 3})
        assert store.items.get(run.id, item["id"]) is not None


def test_what_is_not_there_is_said(pulled: Path, published: ModuleType, place: Place) -> None:
    problems = place.put(pulled).problems
    assert f"run {published.GOING_ON} is in_progress" in problems
    assert any(each.startswith(f"eval {'e' * 300}") for each in problems)
    assert any(each.startswith("file file-gone: HTTP 404") for each in problems)


def test_the_same_again_adds_nothing_and_what_is_new_is_added(
    hosted: Any, pulled: Path, published: ModuleType, place: Place
) -> None:
    first = place.put(pulled)
    again = place.put(pulled)
    assert again == PutIn(problems=first.problems)
    hosted.add_run(published.EVAL, published.run_body("evalrun_new", published.EVAL))
    row = published.item_body(0, {"query": "What is it?"}, [], (published.EVAL, "evalrun_new"))
    hosted.add_items(published.EVAL, "evalrun_new", [row])
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), pulled)
    more = place.put(pulled)
    assert (more.evals, more.runs, more.items, more.files) == (0, 1, 1, 0)


def test_rows_that_share_a_number_or_have_none_are_all_kept(
    hosted: Any, published: ModuleType, place: Place, tmp_path: Path
) -> None:
    of = (published.EVAL, published.RUN)
    hosted.add_eval(published.eval_body(published.EVAL, published.CRITERIA))
    hosted.add_run(published.EVAL, published.run_body(published.RUN, published.EVAL))
    numbers: list[Any] = [1, 1, None, -3, "x", 0]
    hosted.add_items(
        *of,
        [
            published.item_body(0, {"n": n}, [], of) | {"id": f"item{n}", "datasource_item_id": number}
            for n, number in enumerate(numbers)
        ],
    )
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), tmp_path / "out")
    assert place.put(tmp_path / "out").items == 6
    with place.open() as store:
        assert [item["datasource_item"]["n"] for item in items_of(store, published.RUN)] == [5, 0, 1, 2, 3, 4]


def test_what_no_database_holds_is_left_out_and_an_id_that_is_too_long_is_said(
    hosted: Any, published: ModuleType, place: Place, tmp_path: Path
) -> None:
    file = f"file-{'f' * 60}"
    counts = {"total": 10**30, "passed": -1, "failed": True, "errored": 2.0}
    hosted.add_eval(published.eval_body(published.EVAL, [], created_at=1e300))
    more = {"created_at": 10**30, "result_counts": counts}
    hosted.add_run(
        published.EVAL,
        published.run_body(published.RUN, published.EVAL, {"type": "file_id", "id": file}, **more),
    )
    hosted.add_items(published.EVAL, published.RUN, [])
    hosted.add_file({"id": file, "object": "file", "bytes": 1, "filename": "f"}, b"x")
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), tmp_path / "out")
    new = place.put(tmp_path / "out")
    assert (new.evals, new.runs, new.files) == (1, 1, 0)
    assert new.problems == [f"file {file}: its id is too long"]
    with place.open() as store:
        run = store.runs.get(published.EVAL, published.RUN)
        assert run is not None
        assert (run.created_at, run.total, run.passed, run.failed, run.errored) == (0, 0, 0, 0, 2)


def test_a_run_that_cannot_be_put_in_whole_is_not_put_in(
    pulled: Path, published: ModuleType, place: Place
) -> None:
    items = pulled / "items" / f"{published.RUN}.jsonl"
    items.write_bytes(
        items.read_bytes().replace(b'"datasource_item_id": 0', b'"datasource_item_id": 0x', 1)[:-1]
    )
    with pytest.raises(DataError, match=r"jsonl: line \d: "):
        place.put(pulled)
    with place.open() as store:
        assert store.runs.get(published.EVAL, published.RUN) is None
        assert items_of(store, published.RUN) == []


def test_a_store_is_graded_again_as_what_was_pulled_is(
    pulled: Path, published: ModuleType, place: Place
) -> None:
    shutil.rmtree(pulled / "files")
    manifest = json.loads((pulled / "manifest.json").read_text())
    (pulled / "manifest.json").write_text(json.dumps(manifest | {"files": {}}))
    place.put(pulled)
    with open_store(place.folder, place.database) as store:
        actual = regrade(archive_of(store), evals={published.EVAL}).evals[0]
    expected = regrade(Archive.pulled(pulled), evals={published.EVAL}).evals[0]
    assert actual == expected
    assert [each.agree for each in actual.criteria] == [5, 5, 5, 5]


def test_what_is_no_store_is_not_made_one(place: Place, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no store\.sqlite"):
        open_store(tmp_path / "nowhere")
    elsewhere = place.database or f"sqlite:///{tmp_path}/elsewhere.sqlite"
    for _ in range(2):  # nothing was made the first time either
        with pytest.raises(DataError, match="the database holds no store"):
            open_store(tmp_path / "nowhere", elsewhere)
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "elsewhere.sqlite").exists()
    with pytest.raises(RunError, match="not a pulled directory"):
        place.put(tmp_path / "nothing")
