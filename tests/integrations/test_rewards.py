"""A grader as a plain function of completions and items."""

import pickle

import pytest

from graders import load_grader
from graders.integrations.rewards import Rewards, sample_of

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


def test_it_gives_what_the_core_gives():
    items = [{"answer": "a"}, {"answer": "b"}, {}]
    expected = [
        grade.reward for grade in load_grader(EXACT).grades(load_grader(EXACT).score(items, ["a"] * 3))
    ]
    assert Rewards.of(EXACT)(["a"] * 3, items) == expected == [1.0, 0.0, None]


def test_without_items_every_item_is_empty():
    assert Rewards.of({**EXACT, "reference": "a"})(["a", "b"]) == [1.0, 0.0]


def test_what_is_no_item_fails_its_own_row_only():
    grades = Rewards.of(EXACT).grades(["a"] * 3, [{"answer": "a"}, "[1]", "{"])
    assert [grade.reward for grade in grades] == [1.0, None, None]
    assert [grade.errors[0].reason for grade in grades[1:]] == ["not_an_object", "malformed_json"]


@pytest.mark.parametrize("completion", [5, [1], ["a"], [{"role": "assistant", "content": "a"}, None], b"a"])
def test_what_is_no_completion_fails_its_own_row_only(completion):
    grades = Rewards.of(EXACT).grades(["a", completion], [{"answer": "a"}] * 2)
    assert [grade.reward for grade in grades] == [1.0, None]
    assert grades[1].errors[0].reason == "not_an_object"


def test_as_many_items_as_completions_are_needed():
    with pytest.raises(ValueError, match="differ in length: 1 and 2"):
        Rewards.of(EXACT)(["a", "b"], [{"answer": "a"}])


def test_a_sample_object_stays_what_it_is():
    sample = {"output_text": "a", "model": "m"}
    assert sample_of(sample) is sample
    assert sample_of(None) is None


def test_parts_of_a_message_that_are_text_are_joined():
    message = {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    assert Rewards.of(EXACT)([[message]], [{"answer": "ab"}]) == [1.0]


def test_flat_tool_calls_become_those_of_openai():
    call = {"id": "1", "type": "function", "name": "find", "arguments": '{"a": 1}'}
    found = sample_of([{"role": "assistant", "content": None, "tool_calls": [call]}])
    function = {"name": "find", "arguments": '{"a": 1}'}
    assert found["choices"][0]["message"]["tool_calls"] == [
        {"id": "1", "type": "function", "function": function}
    ]
    assert found["choices"][0]["finish_reason"] == "tool_calls"


def test_it_can_be_pickled_and_has_the_name_of_its_grader():
    rewards = pickle.loads(pickle.dumps(Rewards.of(EXACT)))
    assert (rewards.__name__, rewards(["a"], [{"answer": "a"}])) == ("exact", [1.0])
