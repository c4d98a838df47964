"""An endpoint over loopback that speaks as OpenAI's API does, and fails in every way such servers fail.

It answers chat completions, responses and embeddings below any path, so that Azure's paths work too. In a
test it runs in a thread (`serving`); as a program it prints its address, then serves until it is ended:

    python tests/endpoints/misbehaving.py --port 0 --latency 0.005 --fault-rate 0.05

As a program it keeps no requests; `GET /stats` tells how many came, and how many at once.
"""

import argparse
import asyncio
import base64
import gzip
import selectors
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

CANARY = "sk-canary-0123456789-abcdefghijklmnop"
"""A key that a test gives a client, and then looks for in everything the client says."""

USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "cached_tokens": 4}
"""The tokens of every answer."""

PASSING = ("429", "429-seconds", "500", "503", "reset", "half", "html")
"""Faults of which the same request, made again, is free."""

_LONG = 10_000_000


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """Its JSON."""
        return orjson.loads(self.raw)

    @property
    def schema(self) -> Any:
        """The JSON schema that the answer is to have, or None."""
        given = self.body.get("response_format") or self.body.get("text", {}).get("format") or {}
        return (given.get("json_schema") or given).get("schema")


@dataclass(frozen=True)
class Answer:
    """What goes over the wire, and in which manner."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    manner: str = "whole"


def verdict_of(received: Received) -> str:
    """Say what a good model says: the first of the offered labels, else 1."""
    schema = received.schema or {"properties": {"result": {}}}
    labels = schema["properties"]["result"].get("enum", [1])
    steps = [{"description": "read it", "conclusion": "fine"}]
    return orjson.dumps({"steps": steps, "result": labels[0]}).decode()


@dataclass
class Endpoint:
    """How it behaves, and what came in.

    The next requests are answered by `faults`, one each (None is well), then by what `decide` says of the
    request, then by `always`, then by chance: `fault_rate` of them by one of `fault_kinds`. `say` is the text
    of the model. `lacks` names what the server does not take: json_schema, schema, json_object, developer,
    max_completion_tokens, max_tokens, temperature, top_p. `closed` counts clients that went away while they
    were being answered.
    """

    latency: float = 0.0
    faults: list[str | None] = field(default_factory=list)
    decide: Callable[[Received], str | None] | None = None
    always: str | None = None
    fault_rate: float = 0.0
    fault_kinds: tuple[str, ...] = PASSING
    say: Callable[[Received], str] = verdict_of
    lacks: tuple[str, ...] = ()
    retry_after: str = "0.02"
    model: str = "judge-2024-08-06"
    keeps: bool = True
    random: Random = field(default_factory=lambda: Random(7))
    received: list[Received] = field(default_factory=list)
    given: Counter[str] = field(default_factory=Counter)
    n: int = 0
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0
    closed: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.changed = threading.Condition()

    @property
    def bodies(self) -> list[Any]:
        """The JSON of every request."""
        return [each.body for each in self.received]

    def wait_for(self, reached: Callable[["Endpoint"], bool], seconds: float = 60.0) -> None:
        """Wait until something is true of the endpoint."""
        with self.changed:
            assert self.changed.wait_for(lambda: reached(self), seconds)

    def take(self, received: Received) -> None:
        """Count a request in."""
        with self.changed:
            self.n += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if self.keeps:
                self.received.append(received)
            self.changed.notify_all()

    def let_go(self, *, closed: bool) -> None:
        """Count a request out."""
        with self.changed:
            self.at_once -= 1
            self.closed += closed
            self.changed.notify_all()

    def answer(self, received: Received) -> Answer:
        """Decide how a request is answered."""
        fault = self._fault(received)
        self.given[fault or "well"] += 1
        lacking = _lacking(self, received)
        if fault is None:
            return lacking or _ok(envelope(self, received, self.say(received)))
        return FAULTS[fault](self, received)

    def _fault(self, received: Received) -> str | None:
        if self.faults:
            return self.faults.pop(0)
        fault = self.decide(received) if self.decide else None
        if fault or self.always:
            return fault or self.always
        return self.random.choice(self.fault_kinds) if self.random.random() < self.fault_rate else None


def envelope(endpoint: Endpoint, received: Received, text: str | None, **changes: Any) -> bytes:
    """Put a text into the answer that the path asks for; `changes` are a refusal or a finish_reason."""
    if received.path.endswith("/embeddings"):
        return _embeddings(endpoint, received)
    if received.path.endswith("/responses"):
        return orjson.dumps(_response(endpoint, text, **changes))
    message = {"role": "assistant", "content": text, "refusal": changes.get("refusal")}
    choice = {"index": 0, "message": message, "finish_reason": changes.get("finish_reason", "stop")}
    usage = {name: USAGE[name] for name in ("prompt_tokens", "completion_tokens")}
    usage |= {"total_tokens": 25, "prompt_tokens_details": {"cached_tokens": USAGE["cached_tokens"]}}  # type: ignore[dict-item]
    value = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": endpoint.model}
    return orjson.dumps(value | {"choices": [choice], "usage": usage})


def _response(endpoint: Endpoint, text: str | None, **changes: Any) -> dict[str, Any]:
    refusal, finish = changes.get("refusal"), changes.get("finish_reason", "stop")
    part = {"type": "output_text", "text": text, "annotations": []}
    if refusal is not None:
        part = {"type": "refusal", "refusal": refusal}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
    return {
        "id": "resp_1",
        "object": "response",
        "model": endpoint.model,
        "status": "incomplete" if reason else "completed",
        "incomplete_details": reason and {"reason": reason},
        "error": None,
        "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, message],
        "usage": {
            "input_tokens": USAGE["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": USAGE["cached_tokens"]},
            "output_tokens": USAGE["completion_tokens"],
            "total_tokens": 25,
        },
    }


def vector_of(text: str) -> list[float]:
    """Give the vector of a text: its length, its words, and one."""
    return [float(len(text)), float(len(text.split())), 1.0]


def _embeddings(endpoint: Endpoint, received: Received) -> bytes:
    texts = received.body["input"]
    vectors = [vector_of(text) for text in ([texts] if isinstance(texts, str) else texts)]
    in_base64 = received.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if in_base64 else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return orjson.dumps({"object": "list", "model": endpoint.model, "data": data, "usage": usage})


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def error_body(message: str, **more: Any) -> bytes:
    """Give the body of an error."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return orjson.dumps({"error": error | more})


def _ok(body: bytes, manner: str = "whole") -> Answer:
    return Answer(200, body, manner=manner)


def _lacking(endpoint: Endpoint, received: Received) -> Answer | None:
    """Refuse what the server does not take, in the words of one such server or another."""
    if not endpoint.lacks or received.path.endswith("/embeddings"):
        return None
    body = received.body
    form = body.get("response_format") or body.get("text", {}).get("format") or {}
    kind, messages = form.get("type"), body.get("messages") or body.get("input") or []
    for lack in endpoint.lacks:
        if lack == kind:
            param = "text.format" if "text" in body else "response_format"
            message = f"Invalid parameter: '{param}' of type '{kind}' is not supported with this model."
            return Answer(400, error_body(message, param=param))
        if lack == "schema" and kind == "json_object" and "schema" in form:
            return Answer(422, orjson.dumps({"detail": [_EXTRA | {"input": received.body}]}))
        if lack == "developer" and any(each.get("role") == "developer" for each in messages):
            return Answer(400, error_body("Unknown role 'developer': expected system, user or assistant"))
        if lack in body:
            other = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}.get(lack)
            hint = f" Use '{other}' instead." if other else ""
            message = f"Unsupported parameter: '{lack}' is not supported with this model.{hint}"
            return Answer(400, error_body(message, param=lack, code="unsupported_parameter"))
    return None


def _said(text: Callable[[dict[str, Any]], str]) -> Callable[[Endpoint, Received], Answer]:
    """Answer well, with a text made of the good verdict."""

    def make(endpoint: Endpoint, received: Received) -> Answer:
        return _ok(envelope(endpoint, received, text(orjson.loads(endpoint.say(received)))))

    return make


def _refused(status: int, message: str, **more: Any) -> Callable[[Endpoint, Received], Answer]:
    """Answer with a status; the message holds what came as the key, as some servers' do."""

    def make(endpoint: Endpoint, received: Received) -> Answer:
        key = received.headers.get("authorization") or received.headers.get("api-key", "")
        return Answer(status, error_body(f"{message} {key}", **more))

    return make


def _waiting(status: int, header: str, value: str | None = None) -> Callable[[Endpoint, Received], Answer]:
    def make(endpoint: Endpoint, received: Received) -> Answer:
        date = formatdate(time.time() + 2, usegmt=True)
        said = {None: endpoint.retry_after, "date": date}.get(value, value)
        return Answer(status, error_body("slow down"), {header: str(said)})

    return make


def _in_manner(manner: str) -> Callable[[Endpoint, Received], Answer]:
    return lambda endpoint, received: _ok(envelope(endpoint, received, endpoint.say(received)), manner)


def _constant(body: bytes, status: int = 200, **headers: str) -> Callable[[Endpoint, Received], Answer]:
    return lambda endpoint, received: Answer(status, body, headers)


def _ended(text: str | None, **changes: Any) -> Callable[[Endpoint, Received], Answer]:
    return lambda endpoint, received: _ok(envelope(endpoint, received, text, **changes))


def _dumped(value: Any) -> str:
    return orjson.dumps(value).decode()


def _zipped(endpoint: Endpoint, received: Received) -> Answer:
    return Answer(200, gzip.compress(b" " * 100_000_000, 1), {"Content-Encoding": "gzip"})


_EXTRA = {"type": "extra_forbidden", "loc": ["body", "response_format", "schema"], "msg": "not permitted"}
_FILTERED = {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}
_HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"

FAULTS: dict[str, Callable[[Endpoint, Received], Answer]] = {
    # refusals of the server
    "429": _refused(429, "slow down", code="rate_limit_exceeded"),
    "429-seconds": _waiting(429, "Retry-After"),
    "429-ms": _waiting(429, "Retry-After-Ms", "20"),
    "429-date": _waiting(429, "Retry-After", "date"),
    "429-long": _waiting(429, "Retry-After", "86400"),
    "429-quota": _refused(429, "you exceeded your current quota", code="insufficient_quota"),
    "500": _refused(500, "the server had an error"),
    "502-html": _constant(_HTML, 502, **{"Content-Type": "text/html"}),
    "503": _refused(503, "overloaded"),
    "503-seconds": _waiting(503, "Retry-After"),
    "400": _refused(400, "this model's maximum context length is 8192 tokens"),
    "400-filter": _refused(400, "the prompt was filtered", **_FILTERED),
    "401": _refused(401, "incorrect API key provided:"),
    "403": _refused(403, "not allowed:"),
    "404": _refused(404, "the model does not exist", code="model_not_found"),
    "redirect": _constant(b"", 307, Location="https://elsewhere.invalid/v1?code=secret"),
    # connections
    "reset": _in_manner("reset"),
    "drop": _in_manner("drop"),
    "half": _in_manner("half"),
    "drip": _in_manner("drip"),
    "drip-headers": _in_manner("drip-headers"),
    "silence": _in_manner("silence"),
    "endless": _in_manner("endless"),
    "zipped": _zipped,
    # bodies that are no answer
    "html": _constant(_HTML, **{"Content-Type": "text/html"}),
    "empty": _constant(b""),
    "invalid-json": _constant(b'{"choices": [}'),
    "nan-json": _constant(b'{"choices": NaN}'),
    "deep-json": _constant(b"[" * 200_000),
    "null": _constant(b"null"),
    "wrong-shape": _constant(b'{"choices": {"message": "hello"}, "output": "hello", "data": 1}'),
    "no-choices": _constant(b'{"choices": [], "output": [], "data": []}'),
    "error-200": _constant(error_body("the worker died")),
    # texts that are no verdict
    "number-as-text": _said(lambda verdict: _dumped(verdict | {"result": str(verdict["result"])})),
    "nan": _said(lambda verdict: '{"steps": [], "result": NaN}'),
    "other-case": _said(lambda verdict: _dumped(verdict | {"result": str(verdict["result"]).swapcase()})),
    "duplicate-keys": _said(lambda verdict: '{"steps": [], "result": 0, "result": 1}'),
    "fenced": _said(lambda verdict: f"```json\n{_dumped(verdict)}\n```"),
    "prose": _said(lambda verdict: f"I would say {verdict['result']}."),
    "other-keys": _said(lambda verdict: _dumped({"score": verdict["result"]})),
    "long": _said(lambda verdict: "x" * _LONG),
    "long-verdict": _said(
        lambda verdict: _dumped(verdict | {"steps": [{"description": "x" * _LONG, "conclusion": ""}]})
    ),
    "no-text": _ended(None),
    "refusal": _ended(None, refusal="I would rather not."),
    "content-filter": _ended(None, finish_reason="content_filter"),
    "length": _ended('{"steps": [{"descr', finish_reason="length"),
}
"""Every fault by its name."""


class _Talk:
    """One connection."""

    def __init__(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.endpoint, self.reader, self.writer = endpoint, reader, writer

    async def go_on(self) -> None:
        """Answer requests until either side has had enough."""
        self.endpoint.connections += 1
        try:
            while await self._one():
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()

    async def _one(self) -> bool:
        head = await self.reader.readuntil(b"\r\n\r\n")
        arrived = time.monotonic()
        request, *lines = head[:-4].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        raw = await self.reader.readexactly(int(headers.get("content-length", 0)))
        target = urlsplit(request.split(" ")[1])
        received = Received(unquote(target.path), dict(parse_qsl(target.query)), headers, raw)
        if received.path == "/stats":
            return await self._tell()
        self.endpoint.take(received)
        closed = True
        try:
            if self.endpoint.latency:
                await asyncio.sleep(arrived + self.endpoint.latency - time.monotonic())
            goes_on = await self._send(self.endpoint.answer(received))
            closed = False
        finally:
            self.endpoint.let_go(closed=closed)
        return goes_on

    async def _tell(self) -> bool:
        told = {name: getattr(self.endpoint, name) for name in ("n", "at_once", "most_at_once", "given")}
        return await self._send(_ok(orjson.dumps(told)))

    async def _send(self, answer: Answer) -> bool:
        manner = answer.manner
        head = _head(answer)
        if manner == "whole":
            self.writer.write(head + answer.body)
            await self.writer.drain()
            return True
        if manner == "reset":
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if manner == "half":
            self.writer.write(head + answer.body[: len(answer.body) // 2])
        elif manner == "silence":
            await self._until_closed()
        elif manner.startswith("drip"):
            start = b"HTTP/1.1 200 OK\r\nX-Slow: " if manner == "drip-headers" else head + b" "
            await self._drip(start)
        elif manner == "endless":
            await self._flood()
        return False

    async def _until_closed(self) -> None:
        await self.reader.read(1)
        raise ConnectionResetError

    async def _drip(self, start: bytes) -> None:
        gone = asyncio.ensure_future(self.reader.read(1))
        self.writer.write(start)
        while not (await asyncio.wait([gone], timeout=0.02))[0]:
            self.writer.write(b" ")
        raise ConnectionResetError

    async def _flood(self) -> None:
        self.writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"id": "')
        for _ in range(4096):
            self.writer.write(b"x" * 2**16)
            await self.writer.drain()


def _head(answer: Answer) -> bytes:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} said\r\n{lines}\r\n".encode("latin-1")


async def _serve(endpoint: Endpoint, port: int, ready: Callable[[], object], stop: asyncio.Event) -> None:
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        task.add_done_callback(talks.discard)
        with suppress(asyncio.CancelledError):
            await _Talk(endpoint, reader, writer).go_on()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=2**20, backlog=1024)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    ready()
    await stop.wait()
    server.close()
    for task in list(talks):
        task.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Serve on a port of loopback, in a thread."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    def run() -> None:
        loop.run_until_complete(_serve(endpoint, 0, ready.set, stop))
        loop.close()

    thread = threading.Thread(target=run, name="misbehaving", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--faults", default=",".join(PASSING))
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    endpoint = Endpoint(
        latency=given.latency,
        fault_rate=given.fault_rate,
        fault_kinds=tuple(given.faults.split(",")),
        random=Random(given.seed),
        keeps=False,
    )
    # epoll counts whole milliseconds
    runner = asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector()))
    with suppress(KeyboardInterrupt), runner:
        runner.run(_serve(endpoint, given.port, lambda: print(endpoint.url, flush=True), asyncio.Event()))


if __name__ == "__main__":
    sys.exit(main())
