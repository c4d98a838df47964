"""The embedder `openai` against a real HTTP server: what it sends, takes, refuses and never tells."""

import pickle
import socket

import numpy as np
import pytest

from graders import load_grader
from graders.cache import Cache
from graders.embedders.openai import OpenAIEmbedder
from graders.endpoints.limits import Limits
from graders.errors import ConfigError, EmbeddingError, MissingExtraError

COSINE = {
    "type": "text_similarity",
    "name": "near",
    "input": "{{sample.output_text}}",
    "reference": "{{item.a}}",
    "evaluation_metric": "cosine",
}


@pytest.fixture
def embedder(api, quick):
    return OpenAIEmbedder("m", api.url, limits=quick)


@pytest.mark.parametrize("form", [None, "in digits"])
def test_it_gives_the_vectors_of_the_endpoint(api, embedder, vector, form):
    api.always = form
    actual = embedder.embed(["one", "two words", "it's three words"])
    assert actual.dtype == np.float32
    assert actual.tolist() == [vector("one"), vector("two words"), vector("it's three words")]
    (received,) = api.received
    assert (received.path, received.body["model"]) == ("/v1/embeddings", "m")
    assert received.headers["authorization"].startswith("Bearer sk-canary")


def test_vectors_go_by_their_index(api, embedder, vector):
    api.faults = ["reversed"]
    assert embedder.embed(["a", "bb", "cc c"]).tolist() == [vector("a"), vector("bb"), vector("cc c")]


def test_no_texts_are_no_request(api, embedder):
    assert len(embedder.embed([])) == 0
    assert api.n == 0


def test_requests_are_bounded_by_texts_and_by_characters(api, embedder, vector):
    texts = [f"text {number}" for number in range(600)]
    assert embedder.embed(texts).tolist() == [vector(text) for text in texts]
    assert [len(body["input"]) for body in api.bodies] == [256, 256, 88]
    api.received.clear()
    long = ["a" * 60_000, "b" * 60_000, "c" * 300_000, "d"]
    embedder.embed(long)
    assert [len(body["input"]) for body in api.bodies] == [1, 1, 1, 1]


def test_half_of_a_surrogate_pair_is_sent_as_the_sign_for_it(texts, embedder):
    embedder.embed(["a\ud800b", "\U0001f600"])
    assert texts() == ["a\ufffdb", "\U0001f600"]


@pytest.mark.parametrize("fault", ["429-ms", "500", "503-seconds", "half", "drop"])
def test_a_fault_that_passes_is_tried_again(api, embedder, vector, fault):
    api.faults = [fault]
    assert embedder.embed(["a"]).tolist() == [vector("a")]
    assert api.n == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("429-ms", r"^the endpoint wants fewer requests \(HTTP 429\): slow down$"),
        ("503-seconds", r"^the endpoint failed \(HTTP 503\): slow down$"),
    ],
)
def test_attempts_end_and_from_then_on_there_is_one(api, embedder, vector, fault, message):
    api.always = fault
    with pytest.raises(EmbeddingError, match=message):
        embedder.embed(["a"])
    assert api.n == 3
    with pytest.raises(EmbeddingError):
        embedder.embed(["a"])
    assert api.n == 4
    api.always = None
    embedder.embed(["a"])
    api.faults = [fault, fault]
    assert embedder.embed(["a"]).tolist() == [vector("a")]


def test_an_endpoint_that_is_not_there_is_an_embedding_error(quick):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    embedder = OpenAIEmbedder("m", f"http://127.0.0.1:{port}/v1", limits=quick)
    with pytest.raises(
        EmbeddingError, match=rf"^no answer: ConnectError: .* \(http://127\.0\.0\.1:{port}/v1\)"
    ):
        embedder.embed(["a"])


@pytest.mark.parametrize("fault", ["401", "404"])
def test_a_refusal_for_good_is_asked_once(api, embedder, fault):
    api.always = fault
    with pytest.raises(EmbeddingError):
        embedder.embed(["a", "b"])
    assert api.n == 1


def test_answers_that_cannot_be_used_are_embedding_errors(api, embedder, unusable):
    for fault in unusable:
        api.faults = [fault]
        with pytest.raises(EmbeddingError, match=r"^the endpoint's answer cannot be used: "):
            embedder.embed(["a", "b"])
    assert api.n == len(unusable)


@pytest.mark.parametrize("fault", ["endless", "zipped"])
def test_an_answer_without_end_is_not_read_to_its_end(api, embedder, fault):
    api.always = fault
    with pytest.raises(EmbeddingError, match=r"^no answer: the answer is (longer than 64 MiB|compressed)"):
        embedder.embed(["a"])


def test_an_answer_that_drips_is_given_up(api):
    api.always = "drip"
    embedder = OpenAIEmbedder("m", api.url, limits=Limits(retries=0, seconds=0.2))
    with pytest.raises(EmbeddingError, match=r"^no whole answer within 0\.2 s$"):
        embedder.embed(["a"])


def test_a_redirect_is_not_followed(api, embedder, misbehaving, monkeypatch):
    with misbehaving.serving(misbehaving.Endpoint()) as elsewhere:
        answer = misbehaving.Answer(307, b"", {"Location": f"{elsewhere.url}/embeddings"})
        monkeypatch.setitem(misbehaving.FAULTS, "redirect", lambda *_: answer)
        api.always = "redirect"
        with pytest.raises(EmbeddingError, match=r"redirects to .* is the base URL right\?$"):
            embedder.embed(["a"])
    assert (api.n, elsewhere.n) == (1, 0)


def test_a_pause_that_is_too_long_ends_the_asking(api, embedder):
    api.always = "429-long"
    with pytest.raises(EmbeddingError, match=r"^the endpoint asks for a pause of 86400 s$"):
        embedder.embed(["a"])
    assert api.n == 1


def test_an_outage_fails_the_rows_of_a_block_and_asks_no_more(api, embedder):
    api.always = "503-seconds"
    items = [{"a": f"text {number}"} for number in range(300)]
    scores = load_grader(COSINE, embedder=embedder).score(items, ["x"] * 300)
    assert np.isnan(scores.values).all()
    assert api.n == 3
    (error,) = scores.row_errors(299)
    assert (error.code.name, error.reason) == ("embedding_error", "embedding_failed")
    assert error.detail.startswith("cosine failed: EmbeddingError: the endpoint failed (HTTP 503)")


def test_what_was_embedded_before_an_outage_is_scored_and_kept(api, embedder, texts, tmp_path):
    cache = Cache(tmp_path)
    grader = load_grader(COSINE, embedder=embedder, cache=cache)
    items = [{"a": f"text {number}"} for number in range(600)]
    api.faults = [None, *["503-seconds"] * 3]
    scores = grader.score(items, ["text 0"] * 600)
    assert np.isfinite(scores.values).sum() == 256
    assert cache.info()["embedding"].entries == 256
    assert np.isfinite(grader.score(items, ["text 0"] * 600).values).all()
    assert texts().count("text 0") == 1


def test_a_text_that_the_endpoint_refuses_fails_its_rows_only(api, embedder):
    api.decide = lambda received: "400" if max(map(len, received.body["input"])) > 20 else None
    items = [{"a": "a" * (21 if number in (7, 150) else 3) + str(number)} for number in range(200)]
    scores = load_grader(COSINE, embedder=embedder).score(items, ["x"] * 200)
    assert np.flatnonzero(np.isnan(scores.values)).tolist() == [7, 150]
    (error,) = scores.row_errors(7)
    expected = "cosine failed: ValueError: the endpoint refuses the request (HTTP 400): this model's maximum"
    assert error.detail.startswith(expected)
    assert api.n < 40


def test_an_endpoint_that_refuses_every_text_is_not_asked_for_each(api, embedder):
    api.always = "400"
    items = [{"a": str(number)} for number in range(1000)]
    scores = load_grader(COSINE, embedder=embedder).score(items, ["x"] * 1000)
    assert np.isnan(scores.values).all()
    assert api.n < 40


@pytest.mark.parametrize("fault", ["401", "400", "404", "500"])
def test_the_key_is_in_no_message_and_in_no_pickle(api, quick, misbehaving, fault):
    base = api.url.replace("http://", "http://user:canary-password@")
    embedder = OpenAIEmbedder("m", f"{base}?code=canary-query", limits=quick)
    api.always = fault
    with pytest.raises((EmbeddingError, ValueError)) as caught:
        embedder.embed(["a"])
    told = f"{caught.value!r} {embedder!r} {embedder.identity} {vars(embedder)['identity']}"
    assert "canary" not in told
    assert misbehaving.CANARY.encode() not in pickle.dumps(embedder)
    assert embedder.identity == f"openai:m@{api.url}"


def test_it_survives_pickling(embedder, vector):
    embedder.embed(["a"])
    assert pickle.loads(pickle.dumps(embedder)).embed(["a"]).tolist() == [vector("a")]


def test_the_address_and_the_model_have_defaults(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAIEmbedder().identity == "openai:text-embedding-3-large@https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://h/v1/")
    assert OpenAIEmbedder("m").identity == "openai:m@http://h/v1"


@pytest.mark.parametrize(
    ("key", "url", "message"),
    [
        (None, None, "^embedder: openai needs a key: set OPENAI_API_KEY$"),
        (None, "https://eu.api.openai.com/v1", "^embedder: openai needs a key: set OPENAI_API_KEY$"),
        ("a\nb", "http://h/v1", "^embedder: expected OPENAI_API_KEY to be printable ASCII without spaces$"),
        ("k", "ftp://user:pass@h/v1", "expected an address such as .*; got 'ftp://h/v1'$"),
        ("k", "http://h:99999/v1", "expected an address such as"),
    ],
)
def test_what_cannot_be_asked_is_a_config_error(monkeypatch, key, url, message):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigError, match=message):
        OpenAIEmbedder("m", url)


def test_a_server_of_ones_own_needs_no_key(api, quick, vector, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert OpenAIEmbedder("m", api.url, limits=quick).embed(["a"]).tolist() == [vector("a")]


def test_without_the_client_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[models\]'"):
        OpenAIEmbedder("m", "http://h/v1")
