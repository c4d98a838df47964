"""What pages read: portions of a store, however large its runs, and pages that are made once."""

import json
import secrets
import threading
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.server.pages.lines import Lines, sample_of
from graders.server.pages.making import Making
from graders.server.pages.searching import SHOWN, Wanted, search
from graders.server.pages.stored_results import results_of
from graders.store import Block, Store, StoredEval, StoredRun
from graders.store.listings import Listings
from graders.strict_json import dumps

CRITERIA = [
    {
        "type": "string_check",
        "name": name,
        "id": f"{name}-1",
        "operation": "eq",
        "input": "a",
        "reference": "b",
    }
    for name in ("first", "second")
]
EVAL = StoredEval("eval_1", 1, 1, {"name": "e", "testing_criteria": CRITERIA, "metadata": {}})


@pytest.fixture
def store(tmp_path, database):
    with Store(tmp_path / "store", database) as store:
        store.evals.add(EVAL)
        yield store


def item(row, verdicts, text):
    """Make an output item; a verdict is `p`, `f`, or `e` where the criterion failed."""
    results = [
        {"name": f"{name}-1", "sample": None, "passed": verdict == "p", "score": float(verdict == "p")}
        | ({"error": {"code": "other_error", "reason": "r", "message": "m"}} if verdict == "e" else {})
        for name, verdict in zip(("first", "second"), verdicts, strict=True)
    ]
    passed = set(verdicts) == {"p"}
    return {
        "datasource_item_id": row, "datasource_item": {"text": text}, "sample": None, "results": results,
        "status": "pass" if passed else "fail",
    }  # fmt: skip


def keep(store, items, run_id="evalrun_1", **body):
    made = {"name": "r", "metadata": {}, "model": None, "data_source": {"type": "jsonl"}, **body}
    store.runs.add(StoredRun(run_id, "eval_1", 1, "queued", made))
    claim = store.runs.claim("me", 1.0, 60.0)
    for start in range(0, len(items), 10_000):
        part = items[start : start + 10_000]
        rows = [(each["datasource_item_id"], each["status"], dumps(each)) for each in part]
        assert store.runs.append(claim, "me", start, Block(rows, {}))
    store.runs.end(claim, "me", "completed")
    return Listings(store.database)


def naive(items, wanted):
    """Say what is to be found, the simplest way."""
    found = []
    for each in items:
        results = [r for r in each["results"] if wanted.criterion in (None, r["name"])]
        verdict = {
            "all": True,
            "passed": all(r["passed"] for r in results),
            "failed": not all(r["passed"] for r in results),
            "errored": any("error" in r for r in results),
        }[wanted.show]
        if verdict and wanted.text.casefold() in each["datasource_item"]["text"].casefold():
            found.append(each["datasource_item_id"])
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.text("pfe", min_size=2, max_size=2),
            st.sampled_from(["Ab", "b", "\u212ab", "\ud800k", "ßb", 'k"']),
        ),
        max_size=30,
    ),
    show=st.sampled_from(SHOWN),
    criterion=st.sampled_from([None, "first-1", "second-1"]),
    text=st.sampled_from(["", "a", "K", "SS", '"']),
    limit=st.integers(1, 7),
)
def test_paging_in_either_direction_finds_what_a_loop_finds(store, rows, show, criterion, text, limit):
    items = [item(row, verdicts, words) for row, (verdicts, words) in enumerate(rows)]
    wanted, run_id = Wanted(show, criterion, text), f"evalrun_{secrets.token_hex(16)}"
    listings = keep(store, items, run_id)
    forwards = turned(listings, run_id, wanted, limit, None, backwards=False)
    assert [row for page in forwards for row in page] == naive(items, wanted)
    backwards = turned(listings, run_id, wanted, limit, len(items), backwards=True)
    assert [row for page in reversed(backwards) for row in page] == naive(items, wanted)


def turned(listings, run_id, wanted, limit, at, *, backwards):
    pages = []
    while True:
        found = search(listings, run_id, wanted, behind=at, backwards=backwards, limit=limit, seconds=60)
        assert found.searched is None
        pages.append([each["datasource_item_id"] for each in found.items])
        assert len(pages[-1]) <= limit
        at = found.before if backwards else found.after
        if at is None:
            return pages


def test_a_search_that_takes_long_stops_and_goes_on_there(store):
    listings = keep(store, [item(row, "pp", "needle" if row == 900 else "hay") for row in range(1000)])
    seconds = iter(range(10_000))
    at, turns = None, 0
    while True:
        found = search(
            listings, "evalrun_1", Wanted(text="needle"), behind=at, backwards=False, limit=5, seconds=1,
            clock=lambda: next(seconds),
        )  # fmt: skip
        if found.items:
            break
        assert found.searched == found.after
        at, turns = found.after, turns + 1
    assert [each["datasource_item_id"] for each in found.items] == [900]
    assert turns == 1


def test_rows_that_came_with_a_run_are_not_read_for_its_name(store):
    content = [{"item": {"text": "x" * 1000}, "sample": '","data_source":{"x'} for _ in range(5000)]
    hostile = {'","data_source":{': ',"data_source":{', "data_source": "{"}
    source = {"type": "jsonl", "source": {"type": "file_content", "content": content}}
    name = ',"data_source":{"' * 100
    listings = keep(store, [item(0, "pp", "x")], name=name, metadata=hostile, data_source=source)
    tracemalloc.start()
    try:
        (run,) = listings.runs("eval_1", before=None, limit=5).objects
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * 2**20
    assert (run.body["name"], run.body["metadata"], run.body["data_source"]) == (name, hostile, {})
    assert listings.run("eval_1", run.id) == run == listings.chosen("eval_1", [run.id])[0]
    assert listings.standings(["eval_1"])["eval_1"] == (1, run)


def test_a_small_run_is_known_whole(store):
    source = {"type": "jsonl", "source": {"type": "file_id", "id": "file-1"}}
    listings = keep(store, [], data_source=source)
    run = listings.run("eval_1", "evalrun_1")
    assert run is not None
    assert run.body["data_source"] == source
    assert listings.run("eval_2", "evalrun_1") is None
    assert listings.runs("eval_1", before="nothing", limit=1).objects == [run]


def test_rows_of_a_large_run_are_never_held_all_at_once(store):
    listings = keep(store, [item(row, "pf", "x" * 2000) for row in range(2000)])
    run = listings.run("eval_1", "evalrun_1")
    results = results_of(listings, EVAL, run)
    tracemalloc.start()
    try:
        rows = sum(1 for _ in results.rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 2000
    assert peak < 3 * 2**20
    assert (results.summary.mean, results.summary.passed.count) == (0.0, 0)
    assert {name: part.mean for name, part in results.summary.sub_rewards.items()} == {
        "first": 1.0, "second": 0.0,
    }  # fmt: skip


def test_the_line_of_a_judged_item_has_its_steps_and_its_error():
    step = {"description": "d", "conclusion": "c"}
    said = {"steps": [step], "result": 0.5}
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    judged = {"output": [{"content": json.dumps(said)}], "model": "m", "usage": usage, "error": None}
    refused = {"output": [], "model": "m", "usage": usage, "error": {"code": "refused", "message": "no"}}
    results = [
        {"name": "first-1", "sample": judged, "passed": True, "score": 0.5},
        {"name": "second-1", "sample": refused, "passed": False, "score": 0.0},
    ]
    line = Lines.of(CRITERIA).line({**item(3, "pf", "x"), "results": results})
    (trace,) = line["traces"]
    assert (trace["grader"], trace["steps"], trace["result"]) == ("first", [step], 0.5)
    error = {"code": "refused", "reason": "refused", "detail": "no", "grader": "second"}
    assert line["errors"] == [error]
    assert (line["reward"], line["passed"]) == (0.0, False)
    assert line["sub_rewards"] == {"first": 0.5, "second": 0.0}


def test_a_row_that_no_model_answered_has_no_reward():
    error = {"code": "server_error", "message": "down"}
    unsampled = {**item(0, "ff", "x"), "results": [], "sample": {"output": [], "error": error}}
    line = Lines.of(CRITERIA).line(unsampled)
    assert (line["reward"], line["passed"], line["sample"]) == (None, None, None)
    assert [each["detail"] for each in line["errors"]] == ["down"]


@pytest.mark.parametrize(
    ("output", "sample"),
    [
        ([], None),
        ([{"role": "assistant", "content": "a"}], "a"),
        ([{"role": "assistant", "content": ""}], ""),
        ([{"role": "tool", "content": None}, {"role": "assistant", "content": "b"}], "b"),
    ],
)
def test_the_sample_of_an_item_is_what_the_model_said(output, sample):
    assert sample_of({"output": output}) == sample


def test_a_call_of_a_tool_is_part_of_the_sample():
    message = {"role": "assistant", "content": "a", "tool_calls": [{"function": {"name": "f"}}]}
    assert sample_of({"output": [message], "finish_reason": "stop"}) == {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]
    }


def test_criteria_of_one_name_are_told_apart():
    names = Lines.of([{"name": "a", "id": "1"}, {"name": "a", "id": "2"}, {"name": "b", "id": "3"}]).names
    assert list(names.values()) == ["a", "a (2)", "b"]


def test_a_page_is_made_once_for_all_who_ask(tmp_path):
    making, made, ready = Making(), [], threading.Event()

    def make():
        made.append(1)
        ready.wait(20)
        return "page"

    assert [making.get("a", make, 0.01) for _ in range(3)] == [None, None, None]
    ready.set()
    assert making.get("a", make, 20) == making.get("a", make, 20) == "page"
    assert made == [1]


def test_pages_that_were_asked_for_last_are_kept_while_there_is_room():
    making, made = Making(room=250), []

    def page(key):
        return making.get(key, lambda: made.append(key) or "x" * 100, 20)

    for key in ("a", "b", "a", "c"):
        page(key)
    page("a")
    assert made == ["a", "b", "c"]
    page("b")
    assert made == ["a", "b", "c", "b"]


def test_what_could_not_be_made_is_tried_again():
    making = Making()

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        making.get("a", fail, 20)
    assert making.get("a", lambda: "page", 20) == "page"
