"""A `/v1/embeddings` over loopback, with the ways in which such servers fail."""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from graders.embedders.connection import Limits

CANARY = "sk-canary-0123456789-abcdef"


def vector_of(text):
    """The vector that the server gives a text: its length, its words, and one."""
    return [float(len(text)), float(len(text.split())), 1.0]


@dataclass
class EmbeddingsApi:
    """What was asked, and how the next requests are answered: by a fault's name each, then well."""

    faults: list = field(default_factory=list)
    always: str | None = None
    as_floats: bool = False
    longest: int | None = None
    requests: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    url: str = ""

    @property
    def texts(self):
        return [text for request in self.requests for text in request["input"]]

    def answer(self, request):
        """Give the status, the headers and the body."""
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else self.always
        if fault in STATUSES:
            body = {"error": {"message": f"as you wish: Bearer {CANARY} and {CANARY}"}}
            return STATUSES[fault], {"Retry-After-Ms": "20"}, json.dumps(body).encode()
        if self.longest is not None and max(map(len, request["input"])) > self.longest:
            return 400, {}, json.dumps({"error": {"message": "a text is too long"}}).encode()
        vectors = [vector_of(text) for text in request["input"]]
        entries = [
            {"object": "embedding", "index": index, "embedding": self.written(request, vector)}
            for index, vector in enumerate(vectors)
        ]
        return 200, {}, BODIES.get(fault, lambda entries: dumped(entries))(entries)

    def written(self, request, vector):
        if self.as_floats or request.get("encoding_format") != "base64":
            return vector
        return base64.b64encode(np.array(vector, "<f4").tobytes()).decode()


STATUSES = {"429": 429, "500": 500, "401": 401, "404": 404, "400": 400}


def dumped(entries):
    return json.dumps({"object": "list", "data": entries}).encode()


def changed(entries, **changes):
    return dumped([{**entry, **changes} for entry in entries])


BODIES = {
    "short": lambda entries: dumped(entries[:-1]),
    "long": lambda entries: dumped([*entries, entries[0]]),
    "reversed": lambda entries: dumped(entries[::-1]),
    "same index": lambda entries: changed(entries, index=0),
    "no index": lambda entries: dumped([{"embedding": entry["embedding"]} for entry in entries]),
    "nan": lambda entries: changed(entries, embedding=[float("nan"), 1.0]),
    "hidden nan": lambda entries: changed(
        entries, embedding=base64.b64encode(np.array([np.nan, 1], "<f4").tobytes()).decode()
    ),
    "too large": lambda entries: changed(entries, embedding=[1e300]),
    "very large": lambda entries: changed(entries, embedding=[10**400]),
    "words": lambda entries: changed(entries, embedding=["1.0"]),
    "no base64": lambda entries: changed(entries, embedding="¡no!"),
    "odd bytes": lambda entries: changed(entries, embedding="AAA="),
    "empty vectors": lambda entries: changed(entries, embedding=[]),
    "ragged": lambda entries: dumped([{**entries[0], "embedding": [1.0]}, *entries[1:]]),
    "html": lambda entries: b"<html>It works!</html>",
    "null": lambda entries: b"null",
    "list": lambda entries: b"[]",
    "no data": lambda entries: b'{"data": null}',
}
"""Answers of status 200; all but `reversed` cannot be used."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        api = self.server.api
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        api.headers.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if api.faults[:1] == ["drop"]:
            api.requests.append(request | {"fault": api.faults.pop(0)})
            self.close_connection = True
            return
        cut = api.faults[:1] == ["cut"] and api.faults.pop(0)
        status, headers, body = api.answer(request)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = bool(cut)


@pytest.fixture
def api(monkeypatch):
    """An endpoint over loopback; the key of the environment is the canary."""
    for name, value in {"NO_PROXY": "127.0.0.1", "OPENAI_API_KEY": CANARY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    api = EmbeddingsApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.api, server.daemon_threads = api, True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield api
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def canary():
    return CANARY


@pytest.fixture
def vector():
    return vector_of


@pytest.fixture
def quick():
    return Limits(attempts=3, timeout=5.0)


@pytest.fixture
def unusable():
    return sorted(set(BODIES) - {"reversed"})
