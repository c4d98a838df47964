"""The operator's receivers are told, in a way that the official client takes for genuine."""

import base64
import contextlib
import json
import signal
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes that nobody else knows"[:32]).decode()
ROW = {"item": {"answer": "a"}, "sample": "a"}


@dataclass
class Receiver:
    """Somebody who is told; answers with the next of `statuses`, then with 200; `silent` never answers."""

    statuses: list = field(default_factory=list)
    silent: bool = False
    received: list = field(default_factory=list)
    url: str = ""

    def __post_init__(self):
        self.changed = threading.Condition()
        self.released = threading.Event()

    def wait_for(self, n, seconds=30):
        """Wait until so many messages came; give them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= n, seconds), self.received
            return self.received[:n]

    def take(self, path, headers, body):
        with self.changed:
            self.received.append((path, headers, body))
            self.changed.notify_all()
        if self.silent:
            self.released.wait()
        return self.statuses.pop(0) if self.statuses else 200


@contextlib.contextmanager
def receiving(port=0, **behaviour):
    receiver = Receiver(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(self.path, headers, body)
            self.send_response(status)
            self.send_header("location", receiver.url)
            self.send_header("content-length", "0")
            with contextlib.suppress(ConnectionError):
                self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/a%2Fb?token=of+ours"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield receiver
        receiver.released.set()
        server.shutdown()


@pytest.fixture(scope="module")
def told(tmp_path_factory, serving):
    """Start a server that tells some receivers."""

    def start(*urls):
        folder = tmp_path_factory.mktemp("told")
        (folder / "secret").write_text(f"{SECRET}\n")
        words = [word for url in urls for word in ("--webhook", url)]
        return serving(folder / "store", *words, "--webhook-secret-file", str(folder / "secret"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield start


@pytest.fixture(scope="module")
def both(told):
    """A receiver, and a server that tells it."""
    with receiving() as receiver, told(receiver.url) as server:
        yield receiver, server


@pytest.fixture
def receiver(both):
    both[0].received.clear()
    return both[0]


def unwrapped(client, message):
    _, headers, body = message
    return client.webhooks.unwrap(body.decode(), headers, secret=SECRET)


def a_run(client, custom, criterion, runs, **row):
    made = client.evals.create(data_source_config=custom, testing_criteria=[criterion])
    return client.evals.runs.create(made.id, data_source=runs.inline([ROW | row]))


def waiting(server):
    """Give how many messages are still to be delivered."""
    return server.stored("SELECT count(*) FROM webhook_deliveries")[0][0]


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_end_of_a_run_is_told_once_and_the_client_takes_it_for_genuine(
    both, receiver, custom, exact, runs
):
    server = both[1]
    judged = {
        "type": "label_model", "name": "l", "model": "m", "labels": ["a"], "passing_labels": ["a"],
        "input": [{"role": "user", "content": "x"}],
    }  # fmt: skip
    with server.client() as client:
        succeeded = a_run(client, custom, exact, runs)
        (first,) = receiver.wait_for(1)
        failed = a_run(client, custom, judged, runs)  # there is no judge
        receiver.wait_for(2)
        file = client.files.create(
            file=("a", b'{"item": {"answer": "a"}, "sample": "b"}\n' * 300_000), purpose="evals"
        )
        long = client.evals.runs.create(succeeded.eval_id, data_source=runs.from_file(file.id))
        client.evals.runs.cancel(long.id, eval_id=long.eval_id)
        client.evals.runs.cancel(long.id, eval_id=long.eval_id)
        events = [unwrapped(client, message) for message in receiver.wait_for(3)]
        wait_until(lambda: waiting(server) == 0)
    assert [(event.type, event.data.id) for event in events] == [
        ("eval.run.succeeded", succeeded.id),
        ("eval.run.failed", failed.id),
        ("eval.run.canceled", long.id),
    ]
    assert {event.object for event in events} == {"event"}
    assert len({event.id for event in events}) == len(receiver.received) == 3
    path, headers, body = first
    assert path == "/hooks/a%2Fb?token=of+ours"
    assert headers["webhook-id"] == events[0].id
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers
    assert list(json.loads(body)) == ["id", "object", "created_at", "type", "data"]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        unwrapped(client, (path, headers, body.replace(b"succeeded", b"failed")))


def test_the_example_of_the_readme_takes_what_is_told(
    both, receiver, custom, exact, runs, repository, monkeypatch, capsys
):
    with both[1].client() as client:
        run = a_run(client, custom, exact, runs)
    ((_, headers, body),) = receiver.wait_for(1)
    readme = (repository / "README.md").read_text("utf-8")
    example = readme.partition("<!-- webhook -->\n```py\n")[2].partition("```")[0]
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    exec(example, {"headers": headers, "body": body})
    assert capsys.readouterr().out == f"eval.run.succeeded {run.id}\n"


def test_a_receiver_that_fails_is_told_again_with_the_same_id_and_a_new_signature(
    both, receiver, custom, exact, runs
):
    server = both[1]
    receiver.statuses[:] = [500, 302]
    with server.client() as client:
        a_run(client, custom, exact, runs)
        messages = receiver.wait_for(3)
        wait_until(lambda: waiting(server) == 0)
    assert len({headers["webhook-id"] for _, headers, _ in messages}) == 1
    assert len({body for _, _, body in messages}) == 1
    stamps = [int(headers["webhook-timestamp"]) for _, headers, _ in messages]
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[-1]
    assert {unwrapped(client, message).type for message in messages} == {"eval.run.succeeded"}


def test_a_dead_receiver_and_a_silent_one_hold_up_neither_runs_nor_others(told, custom, exact, runs):
    with receiving() as gone:
        dead = gone.url
    with (
        receiving() as receiver,
        receiving(silent=True) as silent,
        told(dead, silent.url, receiver.url) as server,
        server.client() as client,
    ):
        first = a_run(client, custom, exact, runs)
        silent.wait_for(1)
        others = [a_run(client, custom, exact, runs) for _ in range(3)]
        assert {runs.finished(client, run).status for run in [first, *others]} == {"completed"}
        messages = receiver.wait_for(4)
        assert waiting(server) >= 4  # those for the dead one
        assert not [line for line in server.said if "token" in line]
        silent.released.set()
    assert len({headers["webhook-id"] for _, headers, _ in messages}) == 4


def test_what_was_not_delivered_is_delivered_by_the_next_server(told, custom, exact, runs):
    with receiving() as gone:
        dead = gone.url
    with told(dead) as server:
        with server.client() as client:
            run = runs.finished(client, a_run(client, custom, exact, runs))
        assert waiting(server) == 1
        server.stop(signal.SIGKILL)
        port = int(dead.split(":")[2].split("/")[0])
        with receiving(port) as receiver:
            server.start()
            (message,) = receiver.wait_for(1, 60)
            wait_until(lambda: waiting(server) == 0)
    assert unwrapped(client, message).data.id == run.id


def test_without_receivers_nothing_is_kept_for_them(server, client, custom, exact, runs):
    runs.finished(client, a_run(client, custom, exact, runs))
    assert waiting(server) == 0
