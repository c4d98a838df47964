"""Samples come from an endpoint that fails in every way; each is kept, counted, and different."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.cache import Cache
from graders.endpoints.abilities import Abilities
from graders.endpoints.client import Answer
from graders.endpoints.limits import Limits
from graders.errors import ConfigError
from graders.sampling import Chat, Responses, Sampler, SampleRequest, repetitions
from graders.sampling.replies import read_answer
from graders.strict_json import dumps

PROMPT = ({"role": "developer", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"})
QUICK = Limits(concurrency=4, seconds=5.0, retries=3)


def count(received: Any) -> str:
    """Say the seed of a request, or nothing."""
    return str(received.body.get("seed"))


@pytest.fixture
def sampler(endpoint: Any) -> Sampler:
    endpoint.say = count
    return Sampler("tiny", endpoint.url, limits=QUICK)


def test_k_samples_are_k_requests_whose_seeds_go_up(sampler: Sampler, endpoint: Any) -> None:
    sampled = sampler.sample(repetitions(SampleRequest(PROMPT, seed=7), 3))
    texts = [each.sample["choices"][0]["message"]["content"] for each in sampled if each.sample]
    assert texts == ["7", "8", "9"]
    assert endpoint.n == 3


def test_without_a_seed_the_repetitions_are_different_requests_all_the_same(
    sampler: Sampler, endpoint: Any
) -> None:
    sampler.sample(repetitions(SampleRequest(PROMPT), 4))
    assert endpoint.n == 4
    assert not any("seed" in body for body in endpoint.bodies)


def test_only_what_is_said_is_sent(sampler: Sampler, endpoint: Any) -> None:
    sampler.sample([SampleRequest(PROMPT, temperature=0.5, max_tokens=9)])
    assert endpoint.bodies == [
        {
            "model": "tiny",
            "messages": [{"role": "system", "content": "Be brief."}, dict(PROMPT[1])],
            "temperature": 0.5,
            "max_tokens": 9,
        }
    ]


def test_what_is_kept_is_not_asked_again_and_more_samples_cost_the_new_ones_only(
    endpoint: Any, tmp_path: Any
) -> None:
    request = SampleRequest(PROMPT)
    first = Sampler("tiny", endpoint.url, cache=Cache(tmp_path)).sample(repetitions(request, 2))
    again = Sampler("tiny", endpoint.url, cache=Cache(tmp_path))
    assert again.sample(repetitions(request, 3))[:2] == first
    assert endpoint.n == 3
    assert again.account() == {
        "model": f"tiny@{endpoint.url}",
        "calls": 1,
        "retried": 0,
        "from_cache": 2,
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25, "cached_tokens": 4},
    }


def test_another_model_has_other_samples(endpoint: Any, tmp_path: Any) -> None:
    for model in ("tiny", "large"):
        Sampler(model, endpoint.url, cache=Cache(tmp_path)).sample([SampleRequest(PROMPT)])
    assert endpoint.n == 2


@pytest.mark.parametrize("fault", ["429-seconds", "500", "503", "reset", "half"])
def test_a_fault_that_passes_costs_a_call_and_no_sample(sampler: Sampler, endpoint: Any, fault: str) -> None:
    endpoint.faults = [fault]
    (sampled,) = sampler.sample([SampleRequest(PROMPT)])
    assert sampled.sample is not None
    assert sampler.account()["retried"] == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("400", "request_refused"),
        ("404", "request_refused"),
        ("401", "unauthorized"),
        ("429-quota", "budget"),
        ("redirect", "request_refused"),
    ],
)
def test_a_fault_that_stays_is_an_outcome_without_the_key_in_it(
    sampler: Sampler, endpoint: Any, misbehaving: Any, fault: str, reason: str
) -> None:
    endpoint.always = fault
    (sampled,) = sampler.sample([SampleRequest(PROMPT)])
    assert sampled.failure is not None
    assert sampled.failure.reason == reason
    assert misbehaving.CANARY[:12] not in sampled.failure.detail


def test_the_budget_ends_the_asking(endpoint: Any) -> None:
    sampler = Sampler("tiny", endpoint.url, limits=Limits(max_calls=2))
    outcomes = sampler.sample(repetitions(SampleRequest(PROMPT), 5))
    assert sum(each.sample is not None for each in outcomes) == 2
    assert {each.failure.reason for each in outcomes if each.failure} == {"budget"}


def test_tool_calls_come_through(sampler: Sampler, endpoint: Any, monkeypatch: Any) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode()
    sample = read_answer(Answer(200, {}, body), "tiny", str).sample
    assert sample is not None
    assert sample["choices"][0]["message"] == {"role": "assistant", "content": "", "tool_calls": [call]}


def test_what_a_model_thinks_is_no_part_of_its_answer() -> None:
    blocks = [{"type": "thinking", "text": "carry the one"}, {"type": "text", "text": "4"}]
    body = json.dumps({"choices": [{"message": {"content": blocks}}]}).encode()
    sample = read_answer(Answer(200, {}, body), "tiny", str).sample
    assert sample is not None
    assert sample["choices"][0]["message"]["content"] == "4"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": 1}]}', b"\xff"]
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    failure = read_answer(Answer(200, {}, body), "tiny", str).failure
    assert failure is not None
    assert failure.reason == "no_answer"


def test_a_spec_is_a_model_and_perhaps_an_address(endpoint: Any) -> None:
    sampler = Sampler.from_spec(f"org/model:8b@v2@{endpoint.url}")
    assert sampler.model == "org/model:8b@v2"
    for wrong in ("@http://localhost:1/v1", "tiny@http://"):
        with pytest.raises(ConfigError):
            Sampler.from_spec(wrong)


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"role": "assistant"}, "finish_reason": "stop"},
        {"message": {"content": {"text": "a"}}},
        {"message": {"content": 7}},
        {"message": {"content": ""}, "finish_reason": "error"},
        {"message": {"content": "2 +"}, "error": {"message": "upstream is gone"}},
    ],
)
def test_a_failure_is_not_taken_for_an_empty_answer(choice: Any) -> None:
    sampled = read_answer(Answer(200, {}, json.dumps({"choices": [choice]}).encode()), "tiny", str)
    assert sampled.failure is not None
    assert sampled.failure.reason == "no_answer"


@pytest.mark.parametrize("message", [{"content": ""}, {"content": None}, {"content": []}, {"refusal": "no"}])
def test_a_model_that_says_nothing_has_answered(message: Any) -> None:
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    sample = read_answer(Answer(200, {}, body), "tiny", str).sample
    assert sample is not None
    assert sample["choices"][0]["message"]["content"] == ""


WILD = st.none() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
TEXT = WILD | st.just("text")
BLOCK = WILD | st.fixed_dictionaries(
    {"type": WILD | st.sampled_from(("text", "input_text", "output_text", "input_image", "image_url"))},
    optional={"text": TEXT, "image_url": TEXT | st.fixed_dictionaries({}, optional={"url": TEXT})},
)
CALL = WILD | st.fixed_dictionaries(
    {"type": st.just("function"), "call_id": WILD},
    optional={"function": WILD | st.fixed_dictionaries({"name": TEXT}), "name": TEXT, "arguments": TEXT},
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": WILD | st.sampled_from(("user", "developer", "assistant", "tool")),
        "content": TEXT | st.lists(BLOCK, max_size=3),
        "tool_calls": WILD | st.lists(CALL, max_size=2),
        "audio": WILD,
        "refusal": WILD,
    },
)
ITEM = CALL | st.fixed_dictionaries(
    {"type": st.sampled_from(("message", "reasoning", "function_call"))},
    optional={"content": WILD | st.lists(BLOCK, max_size=2), "summary": WILD | st.lists(BLOCK, max_size=2)},
)
ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "choices": WILD | st.lists(WILD | st.fixed_dictionaries({"message": WILD | MESSAGE}), max_size=2),
        "output": WILD | st.lists(WILD | ITEM, max_size=3),
        "status": WILD | st.sampled_from(("completed", "incomplete")),
        "incomplete_details": WILD,
        "model": WILD,
        "usage": WILD | st.fixed_dictionaries({"prompt_tokens": WILD, "prompt_tokens_details": WILD}),
    },
)


@given(st.lists(MESSAGE, max_size=3), ANSWER)
def test_messages_and_answers_of_any_form_raise_nothing(messages: list[Any], value: Any) -> None:
    for style in (Chat(), Responses()):
        body = style.body(SampleRequest(messages), "m", Abilities(has_developer=False))
        assert json.loads(dumps(body))["model"] == "m"
        sampled = read_answer(Answer(200, {}, dumps(value)), "m", str, style)
        assert (sampled.sample is None) == (sampled.failure is not None)


def test_the_responses_api_gives_calls_refusals_and_the_summary_of_the_reasoning() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "I think"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "message", "content": [{"type": "refusal", "refusal": "b"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    ]  # fmt: skip
    body = dumps({"status": "completed", "model": "served", "output": output})
    sample = read_answer(Answer(200, {}, body), "asked", str, Responses()).sample
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "a", "tool_calls": [call], "refusal": "b"}
    assert sample == {
        "model": "served",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "output_reasoning_summary": "I think",
    }


def test_what_is_heard_is_in_the_sample() -> None:
    message = {"content": None, "audio": {"id": "1", "data": "QUJD", "transcript": "abc"}}
    body = dumps({"choices": [{"message": message}]})
    sample = read_answer(Answer(200, {}, body), "tiny", str).sample
    assert sample is not None
    assert sample["output_audio"] == {"data": "QUJD", "transcript": "abc"}


def test_samples_of_another_owner_are_asked_for_anew(endpoint: Any, tmp_path: Any) -> None:
    for owner, n in (("one", 1), ("other", 2), ("one", 2)):
        Sampler("tiny", endpoint.url, cache=Cache(tmp_path)).sample([SampleRequest(PROMPT, owner=owner)])
        assert endpoint.n == n
