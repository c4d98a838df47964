"""Rows in clusters: the same summary however they are counted, and an interval that allows for them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import DataError, Results, evaluate, load_grader
from graders.batch import Path
from graders.results import Tally
from graders.stats import describe, rate_interval

EQUAL = {
    "type": "string_check",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ROWS = [
    {"item": {"answer": "yes", "q": n // 3, "kind": "ab"[n % 2]}, "sample": "yes" if n % 5 else "no"}
    for n in range(30)
]
CLUSTER = Path.parse("item.q")


def line(reward, cluster, row=0, part=None):
    return {
        "row": row, "id": row, "reward": reward, "passed": None if reward is None else reward >= 0.5,
        "sub_rewards": {} if part is None else {"part": part}, "errors": [],
        "item": {} if cluster is None else {"q": cluster, "kind": "ab"[row % 2]}, "sample": None,
    }  # fmt: skip


@pytest.mark.parametrize("slim", [False, True])
@pytest.mark.parametrize("group_by", [[], ["item.kind", "item.q"]])
def test_a_clustered_summary_is_that_of_the_rows(tmp_path, slim, group_by):
    results = evaluate(
        load_grader(EQUAL), ROWS, out=tmp_path / "run", cluster_by="item.q", slim=slim, group_by=group_by
    )
    written = json.loads((results.path / "summary.json").read_text())
    assert written == Results.open(results.path).summary.to_dict()
    assert written["clusters"] == {"path": "item.q", "count": 10}
    rewards, clusters = [1.0 if n % 5 else 0.0 for n in range(30)], [n // 3 for n in range(30)]
    assert written["reward"] == describe(rewards, clusters=clusters).to_dict()
    rate = rate_interval([each == 1.0 for each in rewards], clusters=clusters)
    assert [written["passed"][key] for key in ("rate", "low", "high")] == list(vars(rate).values())


def test_two_processes_count_clusters_as_one_does(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS * 200))
    options = {"cluster_by": "item.q", "group_by": ["item.kind"]}
    found = [
        evaluate(load_grader(EQUAL), rows, out=tmp_path / str(workers), workers=workers, **options)
        for workers in (1, 2)
    ]
    assert found[0].summary.to_dict() == found[1].summary.to_dict()


def test_a_clustered_run_goes_on_only_as_such(tmp_path):
    grader = load_grader(EQUAL)
    evaluate(grader, ROWS, out=tmp_path / "run", cluster_by="item.q")
    evaluate(grader, ROWS, out=tmp_path / "run", cluster_by="item.q", resume=True)
    with pytest.raises(Exception, match=r'options.cluster_by was "item.q" and is null'):
        evaluate(grader, ROWS, out=tmp_path / "run", resume=True)


rows = st.lists(st.tuples(st.none() | st.floats(-10, 10), st.sampled_from("abcd")), max_size=30)


@given(rows, st.integers(0, 30))
def test_it_does_not_matter_in_which_pieces_clustered_rows_are_counted(pairs, cut):
    lines = [line(reward, q, row, reward) for row, (reward, q) in enumerate(pairs)]
    whole, pieces, later = (Tally(0.5, [Path.parse("item.kind")], None, CLUSTER) for _ in range(3))
    whole.add(lines)
    pieces.add(lines[:cut])
    later.add(lines[cut:])
    pieces.merge(later)
    assert whole.summary().to_dict() == pieces.summary().to_dict()
    assert whole.summary().clusters == len({q for reward, q in pairs if reward is not None})


def test_groups_and_parts_are_clustered_too():
    random = np.random.default_rng(0)
    rewards, clusters = random.random(40).tolist(), (np.arange(40) // 4).tolist()
    tally = Tally(None, [Path.parse("item.kind")], None, CLUSTER)
    tally.add(
        [line(reward, q, row, reward) for row, (reward, q) in enumerate(zip(rewards, clusters, strict=True))]
    )
    summary = tally.summary()
    assert summary.sub_rewards["part"] == summary.reward == describe(rewards, clusters=clusters)
    assert summary.groups[0].reward == describe(rewards[::2], clusters=clusters[::2])


def test_rows_without_a_cluster_share_one():
    tally = Tally(None, (), None, CLUSTER)
    tally.add([line(reward, None, row) for row, reward in enumerate([0.0, 1.0, 1.0])])
    summary = tally.summary()
    assert (summary.clusters, summary.reward.low) == (1, None)


def test_a_cluster_that_is_no_path_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected a path that begins with item or sample; got 'q'"):
        evaluate(load_grader(EQUAL), ROWS, out=tmp_path / "run", cluster_by="q")


SAMPLED = [
    {"item": {"answer": "yes", "kind": "ab"[n % 2]}, "samples": ["yes" if n % 3 else "no"] * (n % 4)}
    for n in range(1, 40)
    if n % 4
]


def in_rows():
    """The rewards of `SAMPLED` and the rows that they are of."""
    found = [(float(text == "yes"), n) for n, row in enumerate(SAMPLED) for text in row["samples"]]
    return [list(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize("options", [{}, {"slim": True}, {"workers": 2}, {"group_by": ["item.kind"]}])
def test_samples_of_a_row_are_not_taken_for_independent(tmp_path, options):
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in SAMPLED))
    results = evaluate(load_grader(EQUAL), data, out=tmp_path / "run", **options)
    written = json.loads((results.path / "summary.json").read_text())
    assert written == Results.open(results.path).summary.to_dict()
    rewards, rows_of_rewards = in_rows()
    assert written["clusters"] == {"path": "row", "count": len(SAMPLED)}
    assert written["reward"] == describe(rewards, clusters=rows_of_rewards).to_dict()
    assert written["reward"]["low"] < describe(rewards).low
    rate = rate_interval([each == 1.0 for each in rewards], clusters=rows_of_rewards)
    assert [written["passed"][key] for key in ("rate", "low", "high")] == list(vars(rate).values())


def test_what_the_run_is_clustered_by_goes_before_its_samples(tmp_path):
    results = evaluate(load_grader(EQUAL), SAMPLED, out=tmp_path / "run", cluster_by="item.kind")
    assert (results.summary.cluster_by, results.summary.clusters) == ("item.kind", 2)


@given(st.integers(0, 12))
def test_rows_of_one_sample_beside_rows_of_several_are_clusters_by_themselves(cut):
    rewards, clusters = [0.1, 0.9, 0.2, 0.8, 0.5, 0.7, 0.7, 1.0, 0.0, 0.0], [0, 1, 2, 3, 3, 3, 4, 5, 6, 6]
    lines = [line(reward, 0, row, reward) for reward, row in zip(rewards, clusters, strict=True)]
    lines = [{**each, "sample_index": 0} if clusters.count(each["row"]) > 1 else each for each in lines]
    tally, later = Tally(0.5), Tally(0.5)
    tally.add(lines[:cut])
    later.add(lines[cut:])
    tally.merge(later)
    summary = tally.summary()
    assert summary.clusters == 7
    assert summary.reward == summary.sub_rewards["part"] == describe(rewards, clusters=clusters)
    rate = rate_interval([each >= 0.5 for each in rewards], clusters=clusters)
    assert (summary.passed.rate, summary.passed.low, summary.passed.high) == tuple(vars(rate).values())
