"""A server in a process of its own, spoken to over a real socket."""

import contextlib
import functools
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from sqlalchemy import Engine, text

from graders.store.database import sqlite_url
from graders.store.engines import engine_of
from graders.store.store import DATABASE

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
FUZZY = {
    "type": "text_similarity",
    "name": "near it",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
    "pass_threshold": 0.5,
}
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}
LIMITED = Path(__file__).parent / "limited.py"
CUSTOM = {"type": "custom", "item_schema": SCHEMA}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def error(self) -> Any:
        return self.body["error"]


@dataclass
class Server:
    """A server and its store, whose database is SQLite in its folder where no other is named."""

    folder: Path
    database: str | None = None
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None
    url: str = ""
    said: list[str] = field(default_factory=list)
    limits: dict[str, float] | None = None
    listener: threading.Thread | None = None

    def start(self) -> "Server":
        named = [] if self.database is None else [self.database]
        command = ["-m", "graders", "serve", "--port", "0", *self.store_words, *self.options]
        if self.limits is not None:
            command = [str(LIMITED), str(self.folder), json.dumps(self.limits), *named]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        self.listener = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        self.listener.start()
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.said
        return self

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        self.said += process.stderr

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        assert self.listener is not None
        self.listener.join(20)  # what it has said is all here
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @property
    def store_words(self) -> tuple[str, ...]:
        """The options of the command line that lead to the store."""
        named = () if self.database is None else ("--database", self.database)
        return "--store", str(self.folder), *named

    @functools.cached_property
    def engine(self) -> Engine:
        return engine_of(self.database or sqlite_url(self.folder / DATABASE))

    def stored(self, query: str) -> list[Any]:
        """Ask the database itself, whichever process is alive."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].split("/")[0])

    def client(self, **options: Any) -> OpenAI:
        return OpenAI(**({"base_url": self.url, "api_key": "any", "max_retries": 0} | options))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask with nothing but what is given; a body that is no bytes is sent as JSON."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, given)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())

    def processes(self) -> list[int]:
        """Give the numbers of the processes that the server and its children are."""
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [number for task in tasks for number in (task / "children").read_text().split()]
        return [self.process.pid, *map(int, children)]

    def runner(self) -> int | None:
        """Give the number of the process that is, or will be, the runner; None while there is none."""
        return next((each for each in self.processes()[1:] if _is_child(each)), None)


def _is_child(number: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/cmdline").read_text().endswith("graders.server.child\0")
    return False


@contextlib.contextmanager
def running(folder: Path, *options: str, database: str | None = None, **environment: str) -> Iterator[Server]:
    with _kept(Server(folder, database, options, environment)) as server:
        yield server


@contextlib.contextmanager
def _kept(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        server.engine.dispose()


@pytest.fixture(scope="session")
def serving(new_database):
    """Start a server in a folder with some options, on a new database where none is named."""

    def start(folder, *options, database=None, **environment):
        return running(folder, *options, database=database or new_database(), **environment)

    return start


@pytest.fixture(scope="session")
def serving_limited(new_database):
    """Start a server in a folder whose limits are these."""

    def start(folder, **limits):
        return _kept(Server(folder, new_database(), limits=limits))

    return start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, serving: Any) -> Iterator[Server]:
    """A server without a key that all tests of this folder share; none relies on what others left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        with serving(tmp_path_factory.mktemp("server") / "store") as server:
            yield server


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with server.client() as client:
        yield client


@pytest.fixture
def exact() -> dict[str, Any]:
    return dict(EXACT)


@pytest.fixture
def fuzzy() -> dict[str, Any]:
    return dict(FUZZY)


@pytest.fixture
def custom() -> dict[str, Any]:
    return dict(CUSTOM)


@pytest.fixture
def an_eval(client: OpenAI) -> Any:
    """An eval with two criteria."""
    return client.evals.create(data_source_config=CUSTOM, testing_criteria=[EXACT, FUZZY], name="capitals")


def inline(rows: list[Any]) -> dict[str, Any]:
    """Give a data source that holds its rows."""
    return {"type": "jsonl", "source": {"type": "file_content", "content": rows}}


def from_file(file_id: str) -> dict[str, Any]:
    """Give a data source that names a file."""
    return {"type": "jsonl", "source": {"type": "file_id", "id": file_id}}


def finished(client: OpenAI, run: Any, seconds: float = 60) -> Any:
    """Wait for a run as the client's users do, by asking."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run = client.evals.runs.retrieve(run.id, eval_id=run.eval_id)
        if run.status not in ("queued", "in_progress"):
            return run
        time.sleep(0.02)
    raise AssertionError(f"the run is still {run.status}")


@pytest.fixture(scope="session")
def runs():
    """What tests of runs share."""

    class Shared:
        pass

    for function in (inline, from_file, finished):
        setattr(Shared, function.__name__, staticmethod(function))
    return Shared
