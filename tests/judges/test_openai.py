"""The judges `openai` and `responses` against a real HTTP server: every fault has its named outcome."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from graders.errors import ConfigError, MissingExtraError
from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge, ResponsesJudge
from graders.scoring._verdict import read_verdict, response_schema

SCHEMA = response_schema("float_score_classification", "A number from 0 to 1.", {"type": "number"})
LABELS = response_schema("label", "One of the labels.", {"type": "string", "enum": ["good", "bad"]})
VERDICT = '{"steps":[{"description":"read it","conclusion":"fine"}],"result":1}'


def asking(text="Rate this", schema=SCHEMA, **more):
    return JudgeRequest("gpt-x", ({"role": "user", "content": text},), schema, **more)


@pytest.fixture(params=[OpenAIJudge, ResponsesJudge])
def judge(request, endpoint):
    judge = request.param(None, endpoint.url, seconds=5.0)
    yield judge
    judge.close()


def test_it_gives_the_text_the_snapshot_and_the_tokens(judge, endpoint):
    reply = judge.ask(asking())
    assert reply.text == VERDICT
    assert (reply.finish_reason, reply.refusal, reply.failure) == ("stop", None, None)
    assert reply.model == "judge-2024-08-06"
    expected = {"prompt_tokens": 20, "total_tokens": 25, "completion_tokens": 5, "cached_tokens": 4}
    assert reply.usage == expected


FAILURES = {
    "429": ("rate_limited", "the endpoint wants fewer requests (HTTP 429): slow down Bearer [key]"),
    "429-quota": ("budget", "you exceeded your current quota"),
    "500": ("server_error", "the endpoint failed (HTTP 500): the server had an error"),
    "502-html": ("server_error", "the endpoint failed (HTTP 502)"),
    "503": ("server_error", "the endpoint failed (HTTP 503): overloaded"),
    "400": ("request_refused", "the endpoint refuses the request (HTTP 400): this model's maximum context"),
    "404": ("request_refused", "the endpoint refuses the request (HTTP 404): the model does not exist"),
    "400-filter": ("content_filter", "a content filter refuses the prompt (HTTP 400)"),
    "401": ("unauthorized", "the endpoint refuses the key (HTTP 401)"),
    "403": ("unauthorized", "the endpoint refuses the key (HTTP 403)"),
    "redirect": (
        "request_refused",
        "the endpoint redirects to 'https://elsewhere.invalid/v1' (HTTP 307); is the base URL right?",
    ),
    "reset": ("no_answer", "no answer: "),
    "drop": ("no_answer", "no answer: "),
    "half": ("no_answer", "no answer: "),
    "endless": ("no_answer", "no answer: the answer is longer than 16 MiB"),
    "zipped": ("no_answer", "no answer: the answer is compressed, which was not asked for"),
    "html": ("no_answer", "the endpoint's answer is not JSON"),
    "empty": ("no_answer", "the endpoint's answer is not JSON"),
    "invalid-json": ("no_answer", "the endpoint's answer is not JSON"),
    "nan-json": ("no_answer", "the endpoint's answer is not JSON"),
    "deep-json": ("no_answer", "the endpoint's answer is not JSON"),
    "null": ("no_answer", "the endpoint's answer is none"),
    "wrong-shape": ("no_answer", "the endpoint's answer is none: no "),
    "no-choices": ("no_answer", "the endpoint's answer is none: no "),
    "error-200": ("no_answer", "the worker died"),
}


@pytest.mark.parametrize("fault", FAILURES)
def test_a_fault_is_a_failure_with_its_name(judge, endpoint, fault):
    endpoint.faults = [fault]
    failure = judge.ask(asking()).failure
    reason, detail = FAILURES[fault]
    assert failure.reason == reason
    assert detail in failure.detail
    assert judge.ask(asking()).failure is None, "no other call is lost"
    assert endpoint.n == 2


VERDICTS = {
    "number-as-text": None,
    "nan": "not_json",
    "duplicate-keys": "not_json",
    "fenced": "not_json",
    "prose": "not_json",
    "long": "not_json",
    "long-verdict": None,
    "no-text": "not_json",
    "other-keys": "wrong_reply_shape",
    "refusal": "refusal",
    "content-filter": "content_filter",
    "length": "token_limit",
}


@pytest.mark.parametrize("fault", VERDICTS)
def test_a_text_is_handed_on_as_it_is_and_read_strictly(judge, endpoint, fault):
    endpoint.faults = [fault]
    reply = judge.ask(asking())
    verdict = read_verdict(reply)
    assert reply.failure is None
    assert getattr(verdict, "reason", None) == VERDICTS[fault]


def test_a_refusal_is_told_in_the_words_of_the_model(judge, endpoint):
    endpoint.faults = ["refusal"]
    assert judge.ask(asking()).refusal == "I would rather not."


def test_labels_come_as_they_are_written(judge, endpoint):
    endpoint.faults = ["other-case", None]
    assert read_verdict(judge.ask(asking(schema=LABELS))).result == "GOOD"
    assert read_verdict(judge.ask(asking(schema=LABELS))).result == "good"


def test_every_fault_is_in_one_of_the_tables(misbehaving):
    waits = {"429-seconds", "429-ms", "429-date", "429-long", "503-seconds"}
    late = {"silence", "drip", "drip-headers"}
    assert set(misbehaving.FAULTS) == {*FAILURES, *VERDICTS, *waits, *late, "other-case"}


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("429", None), ("429-seconds", 0.02), ("429-ms", 0.02), ("429-long", 86400.0), ("503-seconds", 0.02)],
)
def test_the_pause_that_the_endpoint_asks_for_is_told(judge, endpoint, fault, seconds):
    endpoint.faults = [fault]
    assert judge.ask(asking()).retry_after == seconds


def test_the_pause_may_be_a_date(judge, endpoint):
    endpoint.faults = ["429-date"]
    assert 0 < judge.ask(asking()).retry_after <= 2


@pytest.mark.parametrize("fault", ["silence", "drip", "drip-headers"])
def test_the_time_of_a_call_ends_whatever_happens_in_it(judge, endpoint, fault):
    endpoint.faults = [fault]
    started = time.monotonic()
    failure = judge.limited(0.15).ask(asking()).failure
    assert 0.14 < time.monotonic() - started < 2.0
    assert (failure.reason, failure.detail) == ("timeout", "no whole answer within 0.15 s")
    endpoint.wait_for(lambda server: server.closed == 1)
    assert judge.ask(asking()).text == VERDICT


def test_the_time_of_one_call_is_not_that_of_another(endpoint):
    judge = OpenAIJudge(None, endpoint.url)
    endpoint.decide = lambda received: "drip" if b"slow" in received.raw else None
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(judge.limited(0.3).ask, asking("slow"))
        replies = [judge.ask(asking(str(number))) for number in range(50)]
    assert slow.result().failure.reason == "timeout"
    assert {reply.text for reply in replies} == {VERDICT}


def test_the_steps_down_share_the_time_of_one_call(endpoint):
    judge = OpenAIJudge(None, endpoint.url, seconds=0.5)
    endpoint.latency, endpoint.lacks = 0.2, ("json_schema", "json_object")
    started = time.monotonic()
    assert judge.ask(asking()).failure.reason == "timeout"
    assert time.monotonic() - started < 2.0


def test_a_server_that_is_not_there_gives_no_answer(endpoint, unused_address):
    failure = OpenAIJudge(None, unused_address).ask(asking()).failure
    assert failure.reason == "no_answer"
    assert failure.detail.startswith("no answer: ConnectError")
    assert failure.detail.endswith(f" ({unused_address})")


def test_many_threads_ask_at_once_over_connections_that_are_kept(judge, endpoint):
    endpoint.latency = 0.1
    barrier = threading.Barrier(32)

    def ask(number):
        barrier.wait()
        return judge.ask(asking(str(number)))

    with ThreadPoolExecutor(32) as pool:
        for _ in range(3):
            assert {reply.text for reply in pool.map(ask, range(32))} == {VERDICT}
    assert endpoint.connections <= 33
    assert endpoint.most_at_once > 8


def test_a_connection_that_the_server_closed_is_opened_anew(judge, endpoint):
    endpoint.faults = [None, "drop", None]
    reasons = [getattr(judge.ask(asking()).failure, "reason", None) for _ in range(3)]
    assert reasons == [None, "no_answer", None]


def test_a_judge_has_a_default_address(monkeypatch, endpoint):
    assert OpenAIJudge("m").identity == "openai:m@https://api.openai.com/v1"
    assert ResponsesJudge().identity == "responses@https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://h/v1/")
    assert OpenAIJudge.from_spec("m", None).identity == "openai:m@http://h/v1"


@pytest.mark.parametrize(
    ("key", "url", "message"),
    [
        (None, None, "^judge: openai needs a key: set OPENAI_API_KEY$"),
        (None, "https://eu.api.openai.com/v1", "^judge: openai needs a key: set OPENAI_API_KEY$"),
        ("a\nb", "http://h/v1", "^judge: expected OPENAI_API_KEY to be printable ASCII without spaces$"),
        ("k", "ftp://user:pass@h/v1", "expected an address such as .*; got 'ftp://h/v1'$"),
        ("k", "http://h:99999/v1", "expected an address such as"),
    ],
)
def test_what_cannot_be_asked_is_a_config_error(monkeypatch, endpoint, key, url, message):
    monkeypatch.delenv("OPENAI_API_KEY")
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigError, match=message):
        OpenAIJudge("m", url)


def test_a_server_of_ones_own_needs_no_key_and_gets_none(monkeypatch, endpoint):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert OpenAIJudge("m", endpoint.url).ask(asking()).text == VERDICT
    assert "authorization" not in endpoint.received[0].headers


def test_without_the_client_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[models\]'"):
        OpenAIJudge("m", "http://h/v1")
