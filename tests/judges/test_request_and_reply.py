"""What a judge is asked and what it answers: equal where everything is equal, and nothing else gets in."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import REASONS, Failure
from graders.judges import JUDGE_REASONS, JudgeReply, JudgeRequest

REQUEST = JudgeRequest(
    model="m",
    messages=({"role": "user", "content": [{"type": "input_text", "text": "Zürich \ud800"}]},),
    response_schema={"name": "s", "schema": {"type": "object"}},
)
CHANGES = [
    {"model": "n"},
    {"messages": ({"role": "user", "content": "Zürich"},)},
    {"response_schema": {}},
    {"temperature": 0.0},
    {"top_p": 0.5},
    {"max_tokens": 1},
    {"seed": 0},
    {"reasoning_effort": "low"},
    {"repetition": 1},
]


def test_the_hosted_defaults_are_asked_for():
    sampling = (REQUEST.temperature, REQUEST.top_p, REQUEST.max_tokens, REQUEST.seed)
    assert sampling == (1.0, 1.0, 4096, None)
    assert (REQUEST.reasoning_effort, REQUEST.repetition) == (None, 0)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_part_of_a_request_is_in_its_key(change):
    other = replace(REQUEST, **change)
    assert other != REQUEST
    assert other.key() != REQUEST.key()
    assert other.fingerprint() != REQUEST.fingerprint()


def test_every_field_but_the_row_is_among_the_changes():
    assert {name for change in CHANGES for name in change} == vars(REQUEST).keys() - {"row"}


def test_the_row_is_no_part_of_a_request():
    assert replace(REQUEST, row=7) == REQUEST
    assert replace(REQUEST, row=7).fingerprint() == REQUEST.fingerprint()


def test_equal_requests_are_one_key_of_a_dict():
    again = JudgeRequest(**vars(REQUEST))
    assert again == REQUEST
    assert {REQUEST: 1, again: 2} == {REQUEST: 2}


def test_a_number_and_its_float_are_two_requests_with_two_hashes():
    whole, exact = replace(REQUEST, temperature=1), replace(REQUEST, temperature=1.0)
    assert whole != exact
    assert len({whole, exact}) == 2


def test_the_key_is_the_request_as_json():
    said = {name: value for name, value in vars(REQUEST).items() if name != "row"}
    assert json.loads(REQUEST.key()) == {**said, "messages": [*REQUEST.messages]}


@given(
    text=st.none() | st.text(),
    finish_reason=st.none() | st.sampled_from(["stop", "length"]),
    counts=st.none() | st.fixed_dictionaries({}, optional={"prompt_tokens": st.integers(0, 9)}),
    reason=st.none() | st.sampled_from(sorted(JUDGE_REASONS)),
)
def test_a_reply_survives_json(text, finish_reason, counts, reason):
    failure = reason and Failure(reason, "why")
    reply = JudgeReply(text=text, finish_reason=finish_reason, usage=counts, failure=failure)
    assert JudgeReply.from_dict(json.loads(json.dumps(reply.to_dict()))) == reply


def test_usage_is_completed_and_odd_counts_are_dropped():
    usage = {"completion_tokens": 2, "prompt_tokens": 3, "cached_tokens": None, "prompt_tokens_details": {}}
    reply = JudgeReply("x", usage=usage)
    assert list(reply.usage.items()) == [
        *(("prompt_tokens", 3), ("total_tokens", 5), ("completion_tokens", 2), ("cached_tokens", 0))
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": 1}, "text: expected a text or None; got int"),
        ({"model": b"m"}, "model: expected a text or None; got bytes"),
        ({"usage": [1]}, "usage: expected a mapping; got list"),
        ({"usage": {"prompt_tokens": True}}, "usage: expected a whole number of prompt_tokens; got bool"),
        ({"usage": {"cached_tokens": -1}}, "usage: expected cached_tokens of at least 0; got -1"),
        ({"failure": "timeout"}, "failure: expected a Failure with a text; got 'timeout'"),
        ({"failure": Failure("timeout", None)}, "failure: expected a Failure with a text; got "),
        ({"failure": Failure("missing_variable", "")}, "failure: expected one of budget, content_filter"),
        ({"failure": Failure("tired", "")}, "failure: expected one of budget, content_filter"),
    ],
)
def test_a_reply_takes_nothing_that_is_no_reply(fields, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        JudgeReply(**fields)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("value", [{"txt": "x"}, {"failure": "timeout"}, {"failure": {"reason": "timeout"}}])
def test_no_reply_is_made_of_another_object(value):
    with pytest.raises(ValueError, match=r"key 'txt'|expected an object with reason and detail"):
        JudgeReply.from_dict(value)


def test_the_reasons_of_a_judge_are_those_of_model_graders():
    assert {"timeout", "rate_limited", "server_error", "budget", "judge_failed"} < JUDGE_REASONS
    assert {"refusal", "content_filter", "token_limit", "not_json", "wrong_reply_shape"} < JUDGE_REASONS
    assert {REASONS[reason].name.rpartition("_error")[0] for reason in JUDGE_REASONS} == {
        *("model_grader_server", "model_grader_refusal", "model_grader_parse"),
        "model_grader_exceeded_max_tokens",
    }
