"""The sample object that graders see, made of whatever a row holds."""

import pytest

from graders.batch import build_sample


def from_text(text, output_json=None):
    """Spell the sample that the hosted run endpoint was observed to make of a model's text."""
    message = {"role": "assistant", "content": text, "tool_calls": []}
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "output_text": text,
        "output_json": output_json,
        "output_tools": [],
        "output_reasoning_summary": None,
    }


@pytest.mark.parametrize(
    ("text", "output_json"),
    [
        ("Paris", None),
        ("", None),
        ('{"a": [1, 2.0]}', {"a": [1, 2.0]}),
        (' \n[{"a": 1}]\t', [{"a": 1}]),
        ("{}", {}),
        ("[]", []),
        ("42", None),
        ('"x"', None),
        ("true", None),
        ("null", None),
        ("[NaN]", None),
        ('{"a": Infinity}', None),
        ('```json\n{"a": 1}\n```', None),
        ('{"a": 1} and more', None),
        ('{"a": 1', None),
        ("[" * 100_000, None),
        (f'{{"n": {2**80}}}', {"n": 2**80}),
    ],
)
def test_a_text_becomes_a_whole_sample(text, output_json):
    assert build_sample(text) == from_text(text, output_json)


def test_the_keys_of_a_built_sample_stand_in_the_observed_order():
    assert list(build_sample("x")) == list(from_text("x"))


def test_no_sample_gives_an_empty_object():
    assert build_sample(None) == {}


def test_a_json_array_as_text_fills_no_tools():
    assert build_sample('[{"id": "1", "type": "function"}]')["output_tools"] == []


def test_absent_keys_are_filled_from_the_first_message():
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": '{"a": 1}', "tool_calls": calls}},
        {"index": 1, "message": {"role": "assistant", "content": "other"}},
    ]
    actual = build_sample({"model": "m", "choices": choices})
    assert actual == {
        "model": "m",
        "choices": choices,
        "output_text": '{"a": 1}',
        "output_json": {"a": 1},
        "output_tools": calls,
        "output_reasoning_summary": None,
    }


def test_a_whole_sample_stays_as_it_is():
    sample = {
        "model": "m",
        "choices": [{"message": {"content": "message"}}],
        "output_text": "text",
        "output_json": {"own": True},
        "output_tools": [{"own": True}],
        "output_reasoning_summary": "thought",
        "output_audio": {"data": "", "transcript": ""},
        "input_tools": [],
        "more": 1,
    }
    assert build_sample(sample) == sample


@pytest.mark.parametrize("key", ["output_text", "output_json", "output_tools", "output_reasoning_summary"])
def test_a_key_that_is_there_is_not_filled_even_where_it_is_null(key):
    sample = {"choices": [{"message": {"content": "[1]", "tool_calls": [{}]}}], key: None}
    assert build_sample(sample)[key] is None


def test_null_content_and_null_tool_calls_give_empty_text_and_no_tools_and_choices_stay():
    choices = [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": None}}]
    actual = build_sample({"choices": choices})
    assert (actual["output_text"], actual["output_json"], actual["output_tools"]) == ("", None, [])
    assert actual["choices"] == choices


def test_a_message_without_content_gives_empty_text():
    assert build_sample({"choices": [{"message": {"role": "assistant"}}]})["output_text"] == ""


def test_the_text_blocks_of_an_array_are_joined():
    content = [
        {"type": "text", "text": "[1,"},
        {"type": "refusal", "refusal": "no"},
        {"type": "text", "text": "2]"},
    ]
    actual = build_sample({"choices": [{"message": {"content": content}}]})
    assert (actual["output_text"], actual["output_json"]) == ("[1,2]", [1, 2])


def test_output_json_comes_from_the_own_output_text():
    choices = [{"message": {"content": "[1]"}}]
    assert build_sample({"choices": choices, "output_text": "[2]"})["output_json"] == [2]


def test_a_sample_with_text_and_no_choices_gets_the_rest():
    actual = build_sample({"output_text": '{"a": 1}', "model": "m"})
    assert actual == from_text('{"a": 1}', {"a": 1}) | {"model": "m"}


def test_null_choices_count_as_none():
    assert build_sample({"choices": None, "output_text": "x"}) == from_text("x")


@pytest.mark.parametrize(
    "sample",
    [
        {},
        {"model": "m"},
        {"choices": []},
        {"choices": [5]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": "text"}]},
        {"choices": "text"},
        {"output_text": None},
        {"output_json": {"a": 1}},
    ],
)
def test_a_sample_with_nothing_to_build_from_stays_as_it_is(sample):
    assert build_sample(sample) == sample
