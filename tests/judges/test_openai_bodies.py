"""What is sent: messages with all kinds of content, parameters and the answer's form, in both ways."""

import pytest

from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge, ResponsesJudge
from graders.scoring._verdict import response_schema

SCHEMA = response_schema("float_score_classification", "A number from 0 to 1.", {"type": "number"})
BLOCKS = (
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
            {"type": "input_image", "image_url": "https://h/a.png"},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ],
    },
    {
        "role": "assistant",
        "content": [{"type": "output_text", "text": "a"}, {"type": "input_text", "text": "b"}],
    },
    {"role": "user", "content": [{"type": "output_text", "text": "one block"}]},
    {"role": "system", "content": "plain"},
)
REQUEST = JudgeRequest("gpt-x", BLOCKS, SCHEMA, seed=7, reasoning_effort="low", max_tokens=99)
AUDIO = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}


def test_chat_completions():
    expected = {
        "model": "gpt-x",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64,AA", "detail": "low"},
                    },
                    {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
                    AUDIO,
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "one block"},
            {"role": "system", "content": "plain"},
        ],
        "temperature": 1.0,
        "top_p": 1.0,
        "max_tokens": 99,
        "seed": 7,
        "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": SCHEMA},
    }
    assert OpenAIJudge(None, "http://h/v1").body(REQUEST) == expected


def test_responses():
    expected = {
        "model": "gpt-x",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look"},
                    {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
                    {"type": "input_image", "image_url": "https://h/a.png", "detail": "auto"},
                    AUDIO,
                ],
            },
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}],
            },
            {"type": "message", "role": "user", "content": "one block"},
            {"type": "message", "role": "system", "content": "plain"},
        ],
        "temperature": 1.0,
        "top_p": 1.0,
        "max_output_tokens": 99,
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_schema", **SCHEMA}},
        "store": False,
    }
    assert ResponsesJudge(None, "http://h/v1").body(REQUEST) == expected


def test_what_is_not_said_is_not_sent():
    body = OpenAIJudge(None, "http://h/v1").body(JudgeRequest("m", BLOCKS[3:], SCHEMA))
    assert set(body) == {"model", "messages", "temperature", "top_p", "max_tokens", "response_format"}


@pytest.mark.parametrize("host", ["api.openai.com", "eu.api.openai.com", "x.openai.azure.com"])
def test_the_hosted_services_take_the_newer_name_of_the_limit(endpoint, host):
    body = OpenAIJudge(None, f"https://{host}/v1").body(REQUEST)
    assert (body["max_completion_tokens"], body.get("max_tokens")) == (99, None)


@pytest.mark.parametrize("judge_type", [OpenAIJudge, ResponsesJudge])
def test_the_body_is_what_is_sent(endpoint, judge_type):
    judge = judge_type(None, endpoint.url)
    judge.ask(REQUEST)
    assert endpoint.bodies == [judge.body(REQUEST)]
    expected = "/v1/responses" if judge_type is ResponsesJudge else "/v1/chat/completions"
    assert endpoint.received[0].path == expected


@pytest.mark.parametrize("judge_type", [OpenAIJudge, ResponsesJudge])
def test_half_of_a_surrogate_pair_is_sent_as_the_sign_for_it(endpoint, judge_type):
    content = [{"type": "input_text", "text": "a\ud800b"}, {"type": "input_text", "text": "\ud83d\ude00 é"}]
    request = JudgeRequest("m\udfff", ({"role": "user", "content": content},), SCHEMA)
    judge_type(None, endpoint.url).ask(request)
    (body,) = endpoint.bodies
    message = (body.get("messages") or body.get("input"))[0]
    assert [block["text"] for block in message["content"]] == ["a\ufffdb", "😀 é"]
    assert body["model"] == "m\ufffd"


def test_a_text_may_come_in_blocks(endpoint, misbehaving, monkeypatch):
    blocks = b'[{"type": "thinking"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]'
    body = b'{"choices": [{"message": {"content": ' + blocks + b"}}]}"
    monkeypatch.setitem(misbehaving.FAULTS, "null", lambda *_: misbehaving.Answer(200, body))
    endpoint.faults = ["null"]
    assert OpenAIJudge(None, endpoint.url).ask(REQUEST).text == "ab"


def test_a_judge_without_usage_or_model_still_answers(endpoint, misbehaving, monkeypatch):
    body = b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": -1, "total_tokens": ""}}'
    monkeypatch.setitem(misbehaving.FAULTS, "null", lambda *_: misbehaving.Answer(200, body))
    endpoint.faults = ["null"]
    reply = OpenAIJudge(None, endpoint.url).ask(REQUEST)
    assert (reply.text, reply.model, reply.finish_reason, reply.failure) == ("x", None, None, None)
    assert set(reply.usage.values()) == {0}
