"""A hosted Evals API over loopback: the published shapes and paging, and the ways in which servers fail."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

FAULTS = ("429", "429-seconds", "429-date", "500", "cut", "drop", "html", "half-json")


@dataclass
class HostedApi:
    """What the server holds, and how it behaves.

    `lists` maps a path below /v1 to the raw JSON texts of its objects, `contents` file ids to bytes.
    `fault_rate` of the requests fail at random; `faults` maps a path to faults that come first there.
    """

    lists: dict[str, list[str]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    fault_rate: float = 0.0
    fault_kinds: tuple[str, ...] = FAULTS
    faults: dict[str, list[str]] = field(default_factory=dict)
    latency: float = 0.0
    random: Random = field(default_factory=lambda: Random(7))
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)

    def add_eval(self, value: dict[str, Any] | str) -> None:
        """Add an eval, an object or its raw text."""
        self._add("/evals", value)

    def add_run(self, of_eval: str, value: dict[str, Any] | str) -> None:
        """Add a run."""
        self._add(f"/evals/{of_eval}/runs", value)

    def add_items(self, of_eval: str, run: str, values: list[Any]) -> None:
        """Add output items."""
        for value in values:
            self._add(f"/evals/{of_eval}/runs/{run}/output_items", value)
        self.lists.setdefault(f"/evals/{of_eval}/runs/{run}/output_items", [])

    def add_file(self, value: dict[str, Any], content: bytes) -> None:
        """Add a file."""
        self._add("/files", value)
        self.contents[value["id"]] = content

    def _add(self, path: str, value: dict[str, Any] | str) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.lists.setdefault(path, []).append(text)

    def paths(self) -> list[str]:
        """Give the paths that were asked for."""
        return [path for path, _, _ in self.requests]

    def wait_for(self, n: int) -> None:
        """Wait until n requests have arrived in all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= n, timeout=30)

    def next_fault(self, path: str) -> str | None:
        """Choose how the next request to a path fails, if at all."""
        with self.lock:
            if self.faults.get(path):
                return self.faults[path].pop(0)
            if self.random.random() < self.fault_rate:
                return self.random.choice(self.fault_kinds)
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        api = self.server.api
        split = urlsplit(self.path)
        parts = [unquote(part, errors="surrogateescape") for part in split.path.split("/")[2:]]
        path = "/" + "/".join(parts)
        query = {key: values[0] for key, values in parse_qs(split.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        with api.arrived:
            api.requests.append((path, query, headers))
            api.at_once += 1
            api.most_at_once = max(api.most_at_once, api.at_once)
            api.arrived.notify_all()
        try:
            time.sleep(api.latency)
            fault = api.next_fault(path)
            if fault is None or not self._fail(fault, api, parts, query):
                self._answer(*answer(api, parts, query))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with api.lock:
                api.at_once -= 1

    def _answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: str, api: HostedApi, parts: list[str], query: dict[str, str]) -> bool:
        too_many = error_body("slow down")
        if fault == "429":
            self._answer(429, too_many)
        elif fault == "429-seconds":
            self._answer(429, too_many, Retry_After="0.01")
        elif fault == "429-date":
            self._answer(429, too_many, Retry_After=formatdate(time.time(), usegmt=True))
        elif fault == "429-long":
            self._answer(429, too_many, Retry_After="86400")
        elif fault.isdigit():
            key = self.headers.get("Authorization", "") + self.headers.get("api-key", "")
            self._answer(int(fault), error_body(f"no: {key} {self.path}"))
        elif fault == "html":
            self._answer(200, b"<html><body>Bad gateway</body></html>", "text/html")
        elif fault == "half-json":
            body = answer(api, parts, query)[1]
            self._answer(200, body[: len(body) // 2] or b"{")
        elif fault == "redirect":
            self._answer(302, b"", Location="https://elsewhere.invalid/v1?code=secret")
        else:
            self._cut(fault, answer(api, parts, query)[1])
        return True

    def _cut(self, fault: str, body: bytes) -> None:
        """Close the connection, in the middle of a body or before it."""
        self.close_connection = True
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 1))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])


def error_body(message: str) -> bytes:
    """Give the body of an error."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return json.dumps({"error": error}).encode()


def answer(api: HostedApi, parts: list[str], query: dict[str, str]) -> tuple[int, bytes]:
    """Answer as the API does: a list, one object, or the content of a file."""
    path = "/" + "/".join(parts)
    if parts[0] == "files" and parts[-1] == "content":
        content = api.contents.get(parts[1])
        return (200, content) if content is not None else (404, error_body("No such File object"))
    if path in api.lists:
        return page(api.lists[path], query)
    found = [each for each in api.lists.get("/" + "/".join(parts[:-1]), []) if name_of(each) == parts[-1]]
    return (200, found[0].encode()) if found else (404, error_body("No object found"))


def page(objects: list[str], query: dict[str, str]) -> tuple[int, bytes]:
    """Cut a page out of a list."""
    ids = [name_of(each) for each in objects]
    if "after" in query and query["after"] not in ids:
        return 404, error_body("No such cursor")
    start = ids.index(query["after"]) + 1 if "after" in query else 0
    end = start + int(query.get("limit", "20"))
    first, last = (ids[start], ids[start:end][-1]) if start < len(ids) else (None, None)
    tail = {"first_id": first, "last_id": last, "has_more": end < len(ids)}
    text = f'{{"object": "list", "data": [{", ".join(objects[start:end])}], {json.dumps(tail)[1:]}'
    return 200, text.encode()


def name_of(text: str) -> str:
    """Give the id of an object's text."""
    return str(json.loads(text)["id"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: HostedApi


@contextmanager
def serving(api: HostedApi) -> Iterator[HostedApi]:
    """Serve on a port of loopback."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.api = api
    api.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
