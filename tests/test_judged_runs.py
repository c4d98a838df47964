"""Whole runs with a judge behind a real server: faults, kills, budgets, keys; no row lost, none doubled."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from graders import RunStoppedError, evaluate, load_grader
from graders.cache import Cache
from graders.endpoints.limits import Limits
from graders.errors import REASONS
from graders.judges.asking import Asking

SCORE = {
    "type": "score_model",
    "name": "score",
    "model": "m",
    "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}],
}
LABEL = SCORE | {
    "type": "label_model",
    "name": "label",
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
}
BOTH = {
    "type": "multi",
    "name": "both",
    "graders": {"score": SCORE, "label": LABEL},
    "calculate_output": "score * label",
}


def rows_of(n):
    return [{"item": {}, "sample": f"answer {number}"} for number in range(n)]


@pytest.fixture
def judged(endpoint, tmp_path, monkeypatch):
    """Grade rows with the judge behind the endpoint, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(document, rows, out="out", *, cache=None, limits=None, resume=False):
        grader = load_grader(
            document, judge=f"openai@{endpoint.url}", cache=cache, asking=Asking(limits or Limits())
        )
        return evaluate(grader, rows, out=out, resume=resume)

    return run


def lines(out="out"):
    return [json.loads(line) for line in Path(out, "results.jsonl").read_text().splitlines()]


OUTCOMES = {
    "number-as-text": "not_a_number",
    "nan": "not_json",
    "duplicate-keys": "not_json",
    "prose": "not_json",
    "fenced": "not_json",
    "other-keys": "wrong_reply_shape",
    "long": "not_json",
    "no-text": "not_json",
    "refusal": "refusal",
    "content-filter": "content_filter",
    "400-filter": "content_filter",
    "length": "token_limit",
    "400": "request_refused",
    "404": "request_refused",
    "redirect": "request_refused",
}
"""What is wrong with an answer, and what its row fails for."""


def test_every_fault_has_its_name_and_fails_its_own_row_only(endpoint, judged):
    names = list(OUTCOMES)
    endpoint.decide = lambda received: next(
        (name for name in names if f"fault {name}." in received.raw.decode()), None
    )
    rows = [{"item": {}, "sample": f"fault {name}."} for name in names] + rows_of(20)
    results = judged(SCORE, rows)
    assert results.summary.scored == 20
    outcomes = {name: line["errors"][0]["reason"] for name, line in zip(names, lines(), strict=False)}
    assert outcomes == OUTCOMES
    assert [line["reward"] for line in lines()] == [None] * len(names) + [1.0] * 20
    counted = Counter(REASONS[reason].name for reason in OUTCOMES.values())
    assert results.summary.errors == dict(sorted(counted.items()))


def test_a_label_in_another_case_is_no_label(endpoint, judged):
    endpoint.always = "other-case"
    judged(LABEL, rows_of(2))
    assert [line["errors"][0]["reason"] for line in lines()] == ["not_a_label"] * 2


def test_what_may_pass_is_asked_for_again_until_every_row_is_graded(endpoint, judged):
    endpoint.fault_rate = 0.1
    results = judged(BOTH, rows_of(150))
    assert (results.summary.rows, results.summary.scored) == (150, 150)
    assert results.about["asked"]["calls"] == endpoint.n > 300
    assert results.about["asked"]["retried"] == endpoint.n - 300


def test_every_call_within_its_time(endpoint, judged):
    endpoint.faults = ["drip", "silence", "drip-headers"]
    results = judged(SCORE, rows_of(12), limits=Limits(seconds=0.3, retries=0))
    reasons = Counter(error["reason"] for line in lines() for error in line["errors"])
    assert reasons == {"timeout": 3}
    assert results.summary.scored == 9


def test_a_finished_run_is_repeated_without_a_call_and_to_the_byte(endpoint, judged, tmp_path):
    cache = tmp_path / "cache"
    judged(BOTH, rows_of(70), "first", cache=cache)
    asked = endpoint.n
    results = judged(BOTH, rows_of(70), "second", cache=cache)
    assert endpoint.n == asked == 140
    assert {"calls": 0, "from_cache": 140}.items() <= results.about["asked"].items()
    assert Path("first/results.jsonl").read_bytes() == Path("second/results.jsonl").read_bytes()


def test_a_refreshed_run_asks_once_for_each_request_and_keeps_the_new_replies(endpoint, judged, tmp_path):
    rows = rows_of(40) + rows_of(40)
    judged(SCORE, rows, "first", cache=tmp_path / "cache")
    endpoint.say = lambda received: '{"steps": [], "result": 0.25}'
    judged(SCORE, rows, "second", cache=Cache(tmp_path / "cache", refresh=True))
    assert endpoint.n == 80
    results = judged(SCORE, rows, "third", cache=tmp_path / "cache")
    assert endpoint.n == 80
    assert results.summary.mean == 0.25


def test_rows_beyond_the_budget_are_absent_and_come_with_the_next_command(endpoint, judged, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(RunStoppedError, match="the budget of 100 calls is used up; --resume goes on"):
        judged(SCORE, rows_of(250), cache=cache, limits=Limits(max_calls=100))
    assert endpoint.n == 100
    assert [line["reward"] for line in lines()] == [1.0] * 100
    assert json.loads(Path("out/run.json").read_text())["status"] == "interrupted"
    results = judged(SCORE, rows_of(250), cache=cache, resume=True)
    assert endpoint.n == 250
    assert (results.summary.rows, results.summary.scored) == (250, 250)
    judged(SCORE, rows_of(250), "whole", cache=cache)
    assert Path("out/results.jsonl").read_bytes() == Path("whole/results.jsonl").read_bytes()


def test_a_budget_of_tokens_stops_a_run(endpoint, judged):
    limits = Limits(concurrency=1, max_tokens=100)
    with pytest.raises(RunStoppedError, match="the budget of 100 tokens is used up"):
        judged(SCORE, rows_of(50), limits=limits)
    assert len(lines()) == endpoint.n == 4  # 25 tokens each


def test_a_refused_key_stops_the_run_at_once(endpoint, judged):
    endpoint.always = "401"
    with pytest.raises(RunStoppedError, match="--resume goes on") as caught:
        judged(SCORE, rows_of(500), limits=Limits(concurrency=2))
    assert "canary" not in str(caught.value)
    assert endpoint.n <= 2
    assert lines() == []
    endpoint.always = None
    assert judged(SCORE, rows_of(500), resume=True).summary.scored == 500


def test_a_key_is_nowhere_in_what_a_run_leaves(endpoint, judged, tmp_path, misbehaving):
    endpoint.faults = ["400", "404", "500", "429", "refusal"]
    judged(SCORE, rows_of(12), cache=tmp_path / "cache", limits=Limits(retries=1))
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"answer 11" in held
    assert misbehaving.CANARY.encode() not in held


def test_rows_of_several_blocks_are_asked_about_at_once(endpoint, judged):
    endpoint.latency = 0.3
    judged(SCORE, rows_of(300), limits=Limits(concurrency=100))
    assert endpoint.most_at_once > 64


def test_a_run_works_within_an_event_loop(judged):
    async def inside():
        return judged(SCORE, rows_of(3)).summary.scored

    assert asyncio.run(inside()) == 3


SCRIPT = """
import sys
from graders import evaluate, load_grader
from graders.endpoints.limits import Limits
from graders.judges.asking import Asking
url, rows, folder = sys.argv[1:]
grader = load_grader("grader.json", judge="openai@" + url, cache=folder + "/cache",
                     asking=Asking(Limits(concurrency=8)))
evaluate(grader, rows, out=folder + "/out", resume=True)
"""


@pytest.mark.parametrize(
    "kills", [pytest.param(3, marks=pytest.mark.long), pytest.param(25, marks=pytest.mark.soak)]
)
def test_a_killed_run_asks_again_only_for_what_was_under_way(endpoint, judged, tmp_path, kills):
    n, concurrency = 600, 8
    Path("grader.json").write_text(json.dumps(SCORE))
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_of(n)))
    endpoint.latency, endpoint.keeps = 0.01, False
    arguments = [sys.executable, "-c", SCRIPT, endpoint.url, "rows.jsonl", "."]
    done = 0
    for kill in range(1, kills + 1):
        process = subprocess.Popen(arguments)
        target = n * kill // (kills + 1)
        endpoint.wait_for(lambda endpoint, target=target: endpoint.n >= target, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
        assert len(lines()) >= done if Path("out/results.jsonl").exists() else not done
    subprocess.run(arguments, check=True, timeout=120)
    assert [line["row"] for line in lines()] == list(range(n))
    assert endpoint.n <= n + kills * concurrency
    judged(SCORE, "rows.jsonl", "whole", cache="cache")
    assert endpoint.n <= n + kills * concurrency
    assert Path("out/results.jsonl").read_bytes() == Path("whole/results.jsonl").read_bytes()
