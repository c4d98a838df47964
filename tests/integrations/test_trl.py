"""A real TRL trains a tiny model with a grader as its reward; what needs no trainer comes first.

It runs in the interpreter that GRADERS_TRL_PYTHON names, which `tools/trainers.sh` makes.
"""

import importlib.util
import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest

from graders import DataError, load_grader
from graders.integrations.trl import reward_function

RUNS = Path(__file__).with_name("trl_runs.py")
EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
HALVES = {
    "type": "multi",
    "name": "halves",
    "graders": {"exact": EXACT, "echo": {**EXACT, "reference": "{{item.prompt}}"}},
    "calculate_output": "(exact + echo) / 2",
}


def test_columns_are_the_fields_of_items_and_the_prompt_is_one():
    reward = reward_function(HALVES)
    assert reward(["a", "b"], ["a", "c"], answer=["a", "c"], completion_ids=[[1], [2]]) == [1.0, 0.5]


def test_messages_are_graded_by_the_last_of_the_assistant():
    turns = [
        {"role": "assistant", "content": "wrong"},
        {"role": "tool", "content": "Paris"},
        {"role": "assistant", "content": "Paris"},
    ]
    assert reward_function(EXACT)(["?", "?"], [turns, []], answer=["Paris", ""]) == [1.0, 1.0]


def test_arguments_of_tool_calls_reach_the_grader_as_openai_writes_them():
    document = {**EXACT, "input": "{{sample.output_tools[0].function.arguments}}"}
    call = {"type": "function", "function": {"name": "find", "arguments": {"city": "Paris"}}}
    said = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    assert reward_function(document)(["?"], [said], answer=['{"city":"Paris"}']) == [1.0]


@pytest.mark.parametrize(
    "items", [[{"answer": "a"}, {"answer": "b"}], ['{"answer": "a"}', '{"answer": "b"}']]
)
def test_one_column_may_hold_the_items(items):
    assert reward_function(EXACT, item_from="item")(["", ""], ["a", "a"], item=items) == [1.0, 0.0]


def test_fields_may_come_from_columns_of_other_names():
    reward = reward_function(EXACT, item_from={"answer": "solution"})
    assert reward([""], ["a"], solution=["a"], other=["b"]) == [1.0]


def test_a_row_that_cannot_be_graded_has_no_reward_and_costs_no_other():
    items = ['{"answer": "a"}', "{", None, {"question": "?"}]
    assert reward_function(EXACT, item_from="item")([""] * 4, ["a"] * 4, item=items) == [
        1.0,
        None,
        None,
        None,
    ]


def test_a_field_that_no_row_has_is_named_before_anything_is_graded():
    with pytest.raises(DataError, match=r"the grader reads item\.answer; the item has gold, prompt"):
        reward_function(EXACT)(["?"], ["a"], gold=["a"])
    with pytest.raises(DataError, match=r"no column 'solution'; it has gold, prompt"):
        reward_function(EXACT, item_from={"answer": "solution"})(["?"], ["a"], gold=["a"])


def test_sub_rewards_and_failures_are_logged():
    metrics: dict[str, float] = {}
    extra: dict[str, list[Any]] = {}
    reward_function({**HALVES, "calculate_output": "exact / echo"})(
        ["a", "b"], ["a", "c"], answer=["a", "c"], log_metric=metrics.__setitem__, log_extra=extra.__setitem__
    )
    assert metrics == {"halves/exact": 1.0, "halves/echo": 0.5, "halves/failed": 0.5}
    assert extra["halves/exact"] == [1.0, 1.0]
    assert extra["halves/echo"] == [1.0, 0.0]
    assert extra["halves/errors"][0] == ""
    assert "gives no finite number" in extra["halves/errors"][1]


def test_it_goes_by_the_name_of_the_grader_and_can_be_pickled():
    reward = pickle.loads(pickle.dumps(reward_function(load_grader(EXACT))))
    assert reward.__name__ == "exact"
    assert reward(["?"], ["a"], answer=["a"]) == [1.0]


def test_a_batch_of_nothing_gives_nothing():
    assert reward_function(EXACT)([], [], answer=[], log_metric={}.__setitem__) == []


@pytest.fixture(scope="module")
def of_trl(tmp_path_factory) -> dict[str, Any]:
    done = subprocess.run(
        [os.environ["GRADERS_TRL_PYTHON"], RUNS, tmp_path_factory.mktemp("trl")],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def by_core(calls: list[dict[str, Any]]) -> list[list[float | None]]:
    """What our core says of the completions that the trainer had graded."""
    spec = importlib.util.spec_from_file_location("trl_runs", RUNS)
    runs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runs)
    grader = load_grader(runs.DOCUMENT)
    found = []
    for call in calls:
        pairs = zip(call["letter"], call["target"], strict=True)
        items = [{"letter": letter, "target": target} for letter, target in pairs]
        texts = [said if isinstance(said, str) else said[-1]["content"] for said in call["completions"]]
        found.append(grader.score(items, texts).values.tolist())
    return found


@pytest.mark.outside
@pytest.mark.parametrize("run", ["text", "messages", "item"])
def test_the_rewards_of_a_training_are_those_of_the_core(of_trl, run):
    calls = of_trl[run]["calls"]
    assert len(calls) == 2
    assert [call["rewards"] for call in calls] == by_core(calls)
    assert isinstance(calls[0]["completions"][0], list) is (run == "messages")


@pytest.mark.outside
@pytest.mark.parametrize(("run", "name"), [("text", "wanted"), ("messages", "wanted"), ("item", "own")])
def test_rewards_reach_the_log_of_the_trainer_under_the_graders_name(of_trl, run, name):
    for line, call in zip(of_trl[run]["history"], of_trl[run]["calls"], strict=True):
        expected = sum(call["rewards"]) / len(call["rewards"])
        assert line["reward"] == line[f"rewards/{name}/mean"] == pytest.approx(expected, abs=1e-6)
        assert line[f"{name}/has"] + line[f"{name}/near"] == pytest.approx(expected, abs=1e-6)
        assert line[f"{name}/failed"] == 0.0


@pytest.mark.outside
def test_a_trainer_takes_the_reward_function_itself_and_learns_from_it(of_trl):
    assert of_trl["itself"]["parameters"] < 5000
    assert of_trl["itself"]["moved"]
    assert of_trl["itself"]["history"][0]["reward"] == of_trl["text"]["history"][0]["reward"]


@pytest.mark.outside
def test_failed_rows_are_left_out_of_mean_and_baseline(of_trl):
    run = of_trl["some fail"]
    for line, call in zip(run["history"], run["calls"], strict=True):
        scored = [reward for reward in call["rewards"] if reward is not None]
        assert 0 < len(scored) < len(call["rewards"])
        assert line["reward"] == pytest.approx(sum(scored) / len(scored), abs=1e-6)
        assert line["some_fail/failed"] == 1 - len(scored) / len(call["rewards"])
    groups: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in run["table"]:
        groups.setdefault((row["step"], row["prompt"]), []).append(row)
    for rows in groups.values():
        failed = [row for row in rows if row["some_fail"] is None]
        assert {row["advantage"] for row in failed} <= {0.0}
        assert all("no finite number" in row["some_fail/errors"] for row in failed)
        advantages = [row["advantage"] for row in rows if row["some_fail"] is not None]
        assert sum(advantages) == pytest.approx(0.0, abs=1e-4)  # their baseline is their own mean
        assert max(advantages) > 0.1


@pytest.mark.outside
def test_a_training_of_which_every_row_fails_teaches_nothing(of_trl):
    run = of_trl["all fail"]
    assert [set(call["rewards"]) for call in run["calls"]] == [{None}, {None}]
    assert [line["all_fail/failed"] for line in run["history"]] == [1.0, 1.0]
    assert not run["moved"]
