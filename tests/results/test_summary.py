"""The summary: recomputed from the rows, whole or in blocks, grouped, with rows left out by name."""

import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import Results, evaluate, load_grader
from graders.batch import Path
from graders.results import Tally
from graders.stats import describe

ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
    "pass_threshold": 0.8,
}
ROWS = [
    {"item": {"answer": "one", "model": "m1", "n": 1}, "sample": "one"},
    {"item": {"answer": "two", "model": "m2", "n": 1}, "sample": "tow"},
    {"item": {"answer": "three", "n": 2.5}, "sample": "three"},
    {"item": {"model": "m1", "n": None}, "sample": "x"},
    {"item": {"answer": "five", "model": ["m3"], "n": True}, "sample": {"output_text": "5"}},
    "broken",
]
DESCRIPTION = ["mean", "low", "high", "std", "min", "p05", "p25", "p50", "p75", "p95", "max"]


def line(reward, *, codes=(), parts=None, item=None, row=0):
    return {
        "row": row,
        "id": row,
        "reward": reward,
        "passed": None if reward is None else reward >= 0.5,
        "sub_rewards": parts or {},
        "errors": [{"code": code, "reason": "r", "detail": f"d{row}", "grader": "g"} for code in codes],
        "item": item,
        "sample": None,
    }


@pytest.fixture
def run(tmp_path):
    def evaluate_rows(name="run", **options):
        rows = tmp_path / "rows.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        return evaluate(load_grader(ALIKE), rows, out=tmp_path / name, **options)

    return evaluate_rows


def groups_of(results):
    return {(group.path, group.value): (group.rows, group.scored) for group in results.summary.groups}


@pytest.mark.parametrize("slim", [False, True])
@pytest.mark.parametrize("group_by", [[], ["item.model", "item.n", "sample.output_text"]])
def test_the_summary_on_disk_is_that_of_the_rows(run, slim, group_by):
    results = run(slim=slim, group_by=group_by)
    written = json.loads((results.path / "summary.json").read_text())
    assert written == Results.open(results.path).summary.to_dict()


def test_the_keys_of_a_summary_come_in_their_order(run):
    written = json.loads((run(group_by=["item.model"]).path / "summary.json").read_text())
    head = ["rows", "scored", "errors", "reward", "passed"]
    assert list(written) == [*head, "sub_rewards", "groups", "usage"]
    assert list(written["reward"]) == DESCRIPTION
    assert list(written["passed"]) == ["threshold", "count", "rate", "low", "high"]
    assert list(written["groups"][0]) == ["path", "value", *head]


def test_rows_without_a_reward_are_left_out_and_counted(run):
    summary = run().summary
    assert (summary.rows, summary.scored, summary.failed) == (6, 4, 2)
    assert summary.errors == {"invalid_variable_error": 1, "row_parse_error": 1}
    assert summary.passed.count == 2
    assert summary.passed.rate == 0.5
    assert list(summary.examples) == ["invalid_variable_error", "row_parse_error"]
    assert summary.examples["row_parse_error"]["row"] == 5


def test_groups_hold_every_row_and_missing_values_have_one_of_their_own(run):
    assert groups_of(run(group_by=["item.model", "item.n"])) == {
        ("item.model", "m1"): (2, 1),
        ("item.model", "m2"): (1, 1),
        ("item.model", "(missing)"): (2, 1),
        ("item.model", '["m3"]'): (1, 1),
        ("item.n", "1"): (2, 2),
        ("item.n", "2.5"): (1, 1),
        ("item.n", "null"): (1, 0),
        ("item.n", "true"): (1, 1),
        ("item.n", "(missing)"): (1, 0),
    }


def test_slim_rows_have_the_same_groups(run):
    paths = ["item.model", "sample.output_text"]
    assert groups_of(run("slim", slim=True, group_by=paths)) == groups_of(run("full", group_by=paths))


def test_a_row_too_deep_to_be_written_has_its_group_too(tmp_path):
    deep = json.loads("[" * 700 + "]" * 700)
    rows = [{"item": {"answer": "x", "deep": value}, "sample": "x"} for value in (deep, 1)]
    results = evaluate(load_grader(ALIKE), rows, out=tmp_path / "run", group_by=["item.deep"])
    assert groups_of(results) == {("item.deep", "(missing)"): (1, 0), ("item.deep", "1"): (1, 1)}


def test_a_summary_of_nothing_has_no_numbers():
    summary = Tally(0.5).summary()
    assert (summary.rows, summary.scored, summary.mean, summary.passed.rate) == (0, 0, None, None)
    assert json.loads(json.dumps(summary.to_dict()))["reward"] == dict.fromkeys(DESCRIPTION)


def test_without_a_threshold_there_is_no_pass_rate():
    tally = Tally(None)
    tally.add([line(1.0)])
    assert tally.summary().passed is None


def test_a_row_counts_once_for_each_code_however_many_parts_failed():
    tally = Tally(None)
    tally.add([line(None, codes=["other_error", "other_error", "row_parse_error"], row=4)])
    summary = tally.summary()
    assert summary.errors == {"other_error": 1, "row_parse_error": 1}
    assert summary.examples["other_error"]["detail"] == "d4"


def test_the_parts_are_described_by_themselves():
    tally = Tally(None)
    tally.add([line(1.0, parts={"a": 1.0, "b": None}), line(None, parts={"a": 0.5, "b": None})])
    summary = tally.summary()
    assert {key: part.mean for key, part in summary.sub_rewards.items()} == {"a": 0.75, "b": None}


rewards = st.lists(st.none() | st.floats(-10, 10), max_size=30)


@given(rewards)
def test_the_mean_is_that_of_the_scored_rows(values):
    tally = Tally(0.5)
    tally.add([line(value) for value in values])
    scored = [value for value in values if value is not None]
    summary = tally.summary()
    assert summary.scored == len(scored)
    expected = pytest.approx(statistics.fmean(scored), rel=1e-12, abs=1e-12) if scored else None
    assert summary.mean == expected


@given(rewards, st.integers(0, 30), st.data())
def test_it_does_not_matter_in_which_pieces_rows_are_counted(values, cut, data):
    kinds = data.draw(st.lists(st.sampled_from("abc"), min_size=len(values), max_size=len(values)))
    lines = [
        line(value, codes=[] if value is not None else ["other_error"], item={"k": kind}, row=row)
        for row, (value, kind) in enumerate(zip(values, kinds, strict=True))
    ]
    whole, pieces = (Tally(0.5, [Path.parse("item.k")]) for _ in range(2))
    whole.add(lines)
    pieces.add(lines[:cut])
    pieces.add(lines[cut:])
    assert whole.summary().to_dict() == pieces.summary().to_dict()
    assert sum(group.rows for group in whole.summary().groups) == len(values)


def test_rewards_of_which_very_many_differ_are_described_like_any_others():
    rewards = [n / 7 for n in range(20_000)] + [0.5] * 5000
    tally = Tally(None)
    for start in range(0, len(rewards), 1000):
        tally.add([line(reward, parts={"a": reward}) for reward in rewards[start : start + 1000]])
    summary = tally.summary()
    assert summary.reward == summary.sub_rewards["a"] == describe(rewards)
    assert summary.scored == len(rewards)
    assert int(summary.histogram.counts.sum()) == len(rewards)


def test_parts_that_only_some_rows_have_are_counted_in_the_order_they_come():
    tally = Tally(None)
    tally.add([line(1.0, parts={"b": 1.0}), line(0.0, parts={"a": None, "b": 0.0}), line(0.5)])
    summary = tally.summary()
    assert list(summary.sub_rewards) == ["b", "a"]
    assert (summary.sub_rewards["b"].mean, summary.sub_rewards["a"].mean) == (0.5, None)
