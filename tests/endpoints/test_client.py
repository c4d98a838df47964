"""One request over HTTP: what is sent, over which connections, and what is too much."""

import gc
from contextlib import nullcontext

import pytest

from graders.endpoints.client import Client, NoAnswerError, OutOfTimeError
from graders.endpoints.credentials import Entrance


@pytest.fixture
def client(endpoint):
    client = Client(Entrance.of(f"{endpoint.url}?code=of-the-query", "a-key-of-mine"))
    yield client
    client.close()


def test_a_body_goes_out_as_it_is_with_the_headers_of_the_official_client(client, endpoint):
    answer = client.post("/embeddings", b'{"input": "a  b"}', seconds=5)
    assert answer.status == 200
    (received,) = endpoint.received
    assert (received.path, received.query) == ("/v1/embeddings", {"code": "of-the-query"})
    assert received.raw == b'{"input": "a  b"}'
    assert received.headers["user-agent"].startswith("OpenAI/Python")
    assert received.headers["content-type"] == "application/json"
    assert received.headers["authorization"] == "Bearer a-key-of-mine"


def test_paths_have_forms_of_their_own_and_share_connections(client, endpoint):
    for path in ("/chat/completions", "/responses", "/chat/completions"):
        client.post(path, b'{"messages": []}', seconds=5)
    assert [each.path[3:] for each in endpoint.received] == [
        "/chat/completions",
        "/responses",
        "/chat/completions",
    ]
    assert endpoint.connections <= 2


def test_an_answer_may_be_as_long_as_the_limit(endpoint, misbehaving, monkeypatch):
    client = Client(Entrance.of(endpoint.url), longest=1000)
    for n, fits in ((1000, True), (1001, False)):
        answer = misbehaving.Answer(200, b"x" * n)
        monkeypatch.setitem(misbehaving.FAULTS, "null", lambda *_, answer=answer: answer)
        endpoint.faults = ["null"]
        if fits:
            assert len(client.post("/responses", b"{}", seconds=5).body) == n
        else:
            with pytest.raises(NoAnswerError, match="longer than"):
                client.post("/responses", b"{}", seconds=5)


def test_of_a_refusal_only_a_part_is_read(client, endpoint, misbehaving, monkeypatch):
    answer = misbehaving.Answer(400, b"x" * 10_000_000)
    monkeypatch.setitem(misbehaving.FAULTS, "400", lambda *_: answer)
    endpoint.faults = ["400"]
    assert len(client.post("/responses", b"{}", seconds=5).body) < 200_000
    assert client.post("/responses", b'{"input": []}', seconds=5).status == 200


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_where_no_time_is_left_nothing_is_sent(client, endpoint, seconds):
    with pytest.raises(OutOfTimeError):
        client.post("/responses", b"{}", seconds=seconds)
    assert endpoint.n == 0


def test_a_call_is_out_of_time_also_where_the_http_client_notices_first(client, endpoint, monkeypatch):
    monkeypatch.setattr(client._deadlines, "watch", lambda at, cut: nullcontext())  # as a thread that is late
    endpoint.always = "silence"
    with pytest.raises(OutOfTimeError):
        client.post("/responses", b"{}", seconds=0.2)


def test_connections_close_when_nobody_holds_the_client(endpoint):
    client = Client(Entrance.of(endpoint.url))
    client.post("/responses", b'{"input": []}', seconds=5)
    (line,) = client._lines
    assert not line.http.is_closed
    del client
    gc.collect()
    assert line.http.is_closed


@pytest.mark.parametrize("query", ["", "?code=of-the-query"])
def test_a_proxy_of_the_environment_is_used(endpoint, monkeypatch, query):
    monkeypatch.setenv("HTTP_PROXY", endpoint.url.removesuffix("/v1"))
    client = Client(Entrance.of(f"http://judge.invalid/v1{query}"))
    assert client.post("/responses", b'{"input": []}', seconds=5).status == 200
    (received,) = endpoint.received
    assert received.headers["host"] == "judge.invalid"
    assert received.path == "/v1/responses"
    assert received.query == ({"code": "of-the-query"} if query else {})
