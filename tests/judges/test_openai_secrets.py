"""A key goes into requests and nowhere else: a canary is looked for in all that is said."""

import logging
import pickle
import traceback

import pytest

from graders.endpoints.client import Client, NoAnswerError
from graders.endpoints.credentials import Entrance
from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge, ResponsesJudge

REQUEST = JudgeRequest("gpt-x", ({"role": "user", "content": "Rate this"},), {})


def test_the_key_goes_as_bearer(endpoint, misbehaving):
    OpenAIJudge(None, endpoint.url).ask(REQUEST)
    assert endpoint.received[0].headers["authorization"] == f"Bearer {misbehaving.CANARY}"


def test_no_fault_brings_a_secret_to_light(endpoint, misbehaving, caplog):
    caplog.set_level(logging.DEBUG)
    base = endpoint.url.replace("http://", "http://user:canary-password@")
    faults = sorted(set(misbehaving.FAULTS) - {"silence", "drip", "drip-headers", "long", "long-verdict"})
    for url in (endpoint.url, f"{base}?code=canary-query"):
        judge = OpenAIJudge(None, url)
        for fault in faults:
            endpoint.faults = [fault]
            told = f"{judge.ask(REQUEST)!r} {judge!r} {judge.identity}"
            assert "canary" not in told, fault
    assert "canary" not in caplog.text


def test_credentials_of_an_address_are_used_and_cut_out(endpoint):
    base = endpoint.url.replace("http://", "http://user:canary-password@")
    judge = OpenAIJudge(None, f"{base}?code=canary-query")
    assert judge.ask(REQUEST).failure is None
    (received,) = endpoint.received
    assert received.query == {"code": "canary-query"}
    assert received.headers["authorization"] == "Basic dXNlcjpjYW5hcnktcGFzc3dvcmQ="
    assert judge.identity == f"openai@{endpoint.url}"


@pytest.mark.parametrize("judge_type", [OpenAIJudge, ResponsesJudge])
def test_a_pickled_judge_takes_its_key_from_where_it_wakes_up(endpoint, misbehaving, monkeypatch, judge_type):
    judge = judge_type("m", endpoint.url)
    judge.ask(REQUEST)
    pickled = pickle.dumps(judge)
    assert b"canary" not in pickled
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    assert pickle.loads(pickled).ask(REQUEST).failure is None
    assert endpoint.received[-1].headers["authorization"] == "Bearer another-key"


def test_a_redirect_is_not_followed(endpoint, misbehaving, monkeypatch):
    with misbehaving.serving(misbehaving.Endpoint()) as elsewhere:
        answer = misbehaving.Answer(307, b"", {"Location": f"{elsewhere.url}/chat/completions"})
        monkeypatch.setitem(misbehaving.FAULTS, "redirect", lambda *_: answer)
        endpoint.faults = ["redirect"]
        assert OpenAIJudge(None, endpoint.url).ask(REQUEST).failure.reason == "request_refused"
        assert elsewhere.n == 0


def test_an_exception_of_the_client_holds_no_key(endpoint, misbehaving):
    client = Client(Entrance.of(endpoint.url, misbehaving.CANARY))
    endpoint.faults = ["reset"]
    with pytest.raises(NoAnswerError) as caught:
        client.post("/chat/completions", b"{}", seconds=5)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert "canary" not in f"{client!r} {vars(client)!r} {Entrance.of(endpoint.url, misbehaving.CANARY)!r}"


def test_what_begins_like_a_secret_is_hushed_too():
    entrance = Entrance.of("http://u:password-of-mine@h/v1", "sk-0123456789abcdef")
    said = entrance.hushed("Incorrect API key: sk-0123456789****\n password-of-mine, and password-of-xy?")
    assert "sk-" not in said
    assert "password-of" not in said
    assert Entrance.of("http://h", "x").hushed("an x is a word") == "an x is a word"
