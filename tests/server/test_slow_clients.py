"""Clients that are slow, on purpose or not: others are served, and nothing is held for them for long."""

import contextlib
import json
import re
import socket
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_database("what a client is slow with reaches no database")

IDLE = 1


@pytest.fixture(scope="module")
def hurried(tmp_path_factory, serving_limited):
    """A server that waits for a second where others wait for half a minute."""
    folder = tmp_path_factory.mktemp("hurried") / "store"
    with serving_limited(folder, idle_seconds=IDLE, read_seconds=IDLE) as server:
        yield server


def connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def head(server, line, *more):
    return "\r\n".join([line, f"Host: localhost:{server.port}", *more, "", ""]).encode()


def memory(server):
    """Give the bytes that the process that answers holds in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def rest_of(connection):
    """Read until the server ends the connection; give how much came."""
    n = 0
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(2**20):
            n += len(data)
    return n


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_who_does_not_bring_a_head_is_let_go_and_keeps_nobody_waiting(hurried, sent):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connected(hurried)) for _ in range(300)]
        for connection in slow:
            connection.sendall(sent)
        began = time.monotonic()
        assert hurried.ask("GET", "/healthz").status == 200
        assert time.monotonic() - began < 5
        assert [rest_of(connection) for connection in slow] == [0] * 300
        assert time.monotonic() - began < IDLE + 10


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(hurried):
    with connected(hurried) as connection:
        began = time.monotonic()
        for byte in head(hurried, "GET /healthz HTTP/1.1", "X: " + "x" * 1000):
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)
        assert time.monotonic() - began < IDLE + 10


def test_a_connection_that_is_used_again_may_be_slow_no_more_than_a_new_one(hurried):
    with connected(hurried) as connection:
        connection.sendall(head(hurried, "GET /healthz HTTP/1.1"))
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(2**16)
        connection.sendall(b"GET /healthz HT")
        assert rest_of(connection) == 0


@pytest.mark.parametrize("pause", [0.2, 5])
def test_a_body_that_comes_too_slowly_is_408(hurried, pause):
    with connected(hurried) as connection:
        began = time.monotonic()
        more = ("Content-Type: application/json", "Content-Length: 100000")
        connection.sendall(head(hurried, "POST /v1/evals HTTP/1.1", *more))
        connection.settimeout(pause)
        answer = b""
        while not answer.endswith(b"}}") and time.monotonic() < began + 10:
            connection.sendall(b" ")
            with contextlib.suppress(TimeoutError):
                answer += connection.recv(2**16)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "invalid_request_error"
        connection.settimeout(10)
        assert rest_of(connection) == 0  # nor is the rest of the body waited for


def test_who_does_not_read_is_let_go_and_costs_no_memory(hurried):
    with hurried.client() as client:
        file = client.files.create(file=("large", bytes(2**26)), purpose="user_data")
    before = memory(hurried)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connected(hurried)) for _ in range(20)]
        for connection in slow:
            connection.sendall(head(hurried, f"GET /v1/files/{file.id}/content HTTP/1.1"))
        assert hurried.ask("GET", "/healthz").status == 200
        time.sleep(3 * IDLE)
        assert memory(hurried) - before < 2**26
        for connection in slow:
            assert rest_of(connection) < 2**25


def test_who_reads_slowly_but_steadily_gets_everything(hurried):
    size = 2**25
    with hurried.client() as client:
        file = client.files.create(file=("large", bytes(size)), purpose="user_data")
    with connected(hurried) as connection:
        connection.sendall(head(hurried, f"GET /v1/files/{file.id}/content HTTP/1.1"))
        n, began = 0, time.monotonic()
        while n < size:
            n += len(connection.recv(2**20))
            time.sleep(0.08)
        assert n > size
        assert time.monotonic() - began > 2 * IDLE
