"""Full disks, locked databases, torn uploads: each ends with a clear error, or goes on; nothing is lost."""

import contextlib
import os
import resource
import socket
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest

ROWS = 8000


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines(n):
    return b"".join(b'{"item": {"answer": "%d"}, "sample": "%d"}\n' % (row, row % 7) for row in range(n))


def incoming(server):
    return list((server.folder / "files").glob("incoming-*"))


class SmallDisk:
    """A file system of 64 MB, in memory."""

    database = None

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("a file system cannot be mounted here; the test of a limit on files goes on")

    def fill(self, server):
        with (self.folder / "ballast").open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(2**16))
                file.flush()

    def free(self, server):
        (self.folder / "ballast").unlink()

    def end(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


class SmallTablespace(SmallDisk):
    """A file system of 64 MB that also holds the tables of a PostgreSQL server."""

    def __init__(self, postgres):
        super().__init__(postgres.folder / "disk")
        tables = self.folder / "tables"
        tables.mkdir()
        self.database = postgres.database(tables)


class SmallFiles:
    """A limit that the system sets to the size of every file that a process writes."""

    database = None

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def fill(self, server):
        self._limit(server, 2**16)

    def free(self, server):
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server, size):
        for number in server.processes():
            _, hard = resource.prlimit(number, resource.RLIMIT_FSIZE)
            resource.prlimit(number, resource.RLIMIT_FSIZE, (size, hard))

    def end(self):
        pass


@pytest.fixture(params=[SmallDisk, SmallFiles, pytest.param(SmallTablespace, marks=pytest.mark.outside)])
def disk(request, tmp_path):
    on_postgres = request.param is SmallTablespace
    disk = request.param(request.getfixturevalue("own_postgres") if on_postgres else tmp_path / "disk")
    yield disk
    disk.end()


def until_refused(ask):
    """Ask until there is no room for more; give the error."""
    try:
        for _ in range(2000):
            ask()
    except openai.InternalServerError as error:
        return error
    raise AssertionError("there is always room")


@pytest.mark.long
@pytest.mark.one_database("the disk says which it is")
def test_what_finds_no_room_is_refused_and_goes_on_when_there_is(disk, serving, custom, exact, fuzzy, runs):
    with serving(disk.folder / "store", database=disk.database) as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact, fuzzy])
        file = client.files.create(file=("rows.jsonl", lines(ROWS)), purpose="evals")
        run = client.evals.runs.create(made.id, data_source=runs.from_file(file.id))
        wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts.failed)
        disk.fill(server)
        with pytest.raises(openai.APIStatusError) as caught:
            client.files.create(file=("large", bytes(2**23)), purpose="evals")
        assert (caught.value.status_code, caught.value.code) == (413, "storage_quota_exceeded")
        assert incoming(server) == []
        wait_until(lambda: any("cannot be used now" in line for line in server.said))
        stands = client.evals.runs.retrieve(run.id, eval_id=made.id)
        assert stands.status == "in_progress"
        assert stands.result_counts.passed + stands.result_counts.failed < ROWS
        refused = until_refused(
            lambda: client.evals.create(data_source_config=custom, testing_criteria=[exact], name="x" * 9000)
        )
        assert refused.response.headers["retry-after"] == "1"
        time.sleep(8)  # longer than a run would live if each wait counted as an attempt
        disk.free(server)
        over = runs.finished(client, run)
        assert (over.status, over.error) == ("completed", None)
        assert over.result_counts.to_dict() == {"total": ROWS, "errored": 0, "failed": ROWS - 7, "passed": 7}
        assert server.stored("SELECT count(*) FROM output_items") == [(ROWS,)]


HOLDING = {
    "sqlite": ("PRAGMA busy_timeout=30000", "BEGIN IMMEDIATE"),
    "postgresql": (
        "SET LOCAL lock_timeout = '30s'", "LOCK TABLE evals, runs, output_items IN EXCLUSIVE MODE",
    ),
}  # fmt: skip


@contextlib.contextmanager
def locked(server):
    """Hold what everybody who writes to a server's database needs."""
    with contextlib.closing(server.engine.raw_connection()) as connection:
        for statement in HOLDING[server.engine.dialect.name]:
            connection.cursor().execute(statement)
        yield
        connection.rollback()


@pytest.fixture
def hurried(tmp_path, serving, database):
    """A server whose writers wait for half a second only."""
    mine = f"sqlite:///{tmp_path}/mine.sqlite?timeout=0.5"
    url = mine if database is None else f"{database}&options=-c lock_timeout=500ms"
    with serving(tmp_path / "store", database=url) as server:
        yield server


@pytest.mark.long
def test_a_database_that_is_locked_for_long_is_said_and_passes(hurried, custom, exact, runs):
    server, client = hurried, hurried.client()
    made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
    file = client.files.create(file=("rows.jsonl", lines(10 * ROWS)), purpose="evals")
    run = client.evals.runs.create(made.id, data_source=runs.from_file(file.id))
    wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts.failed)
    with ThreadPoolExecutor() as executor:
        with locked(server):
            answer = server.ask("POST", f"/v1/evals/{made.id}", {"name": "renamed"})
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.error["type"] == "server_error"
            assert client.evals.retrieve(made.id).name == made.name  # who reads waits for nobody
            patient = server.client(max_retries=9).evals
            renamed = executor.submit(patient.update, made.id, name="renamed")
            wait_until(lambda: any("cannot be used now" in line for line in server.said))
        assert renamed.result(30).name == "renamed"
    over = runs.finished(client, run)
    assert (over.status, over.result_counts.total) == ("completed", 10 * ROWS)
    assert over.result_counts.passed + over.result_counts.failed == 10 * ROWS


def test_who_writes_waits_for_whoever_is_writing(server, client, custom, exact):
    with ThreadPoolExecutor() as executor:
        with locked(server):
            made = executor.submit(client.evals.create, data_source_config=custom, testing_criteria=[exact])
            assert client.evals.list().object == "list"  # who reads waits for nobody
            assert not made.done()
        assert made.result(30).object == "eval"


@pytest.mark.outside
@pytest.mark.one_database("the server that goes away is that of PostgreSQL")
def test_a_database_that_goes_away_and_comes_back_costs_nothing(
    tmp_path, serving, own_postgres, custom, exact, runs
):
    url = own_postgres.database()
    with serving(tmp_path / "store", database=url) as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        file = client.files.create(file=("rows.jsonl", lines(10 * ROWS)), purpose="evals")
        run = client.evals.runs.create(made.id, data_source=runs.from_file(file.id))
        wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts.failed)
        own_postgres.stop("immediate")
        try:
            assert server.ask("GET", "/healthz").status == 503
            wait_until(lambda: any("cannot be used now" in line for line in server.said))
        finally:
            own_postgres.start()
        over = runs.finished(client, run)
        assert over.status == "completed"
        assert over.result_counts.passed + over.result_counts.failed == 10 * ROWS


def upload_head(server, *lines):
    usual = [
        "POST /v1/files HTTP/1.1", f"Host: localhost:{server.port}",
        "Content-Type: multipart/form-data; boundary=x",
    ]  # fmt: skip
    return "\r\n".join([*usual, *lines, "", ""]).encode()


BEGINNING = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@pytest.mark.parametrize("how", ["in order", "by force"])
@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_an_upload_that_is_torn_leaves_nothing(server, framing, how):
    said = len(server.said)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(upload_head(server, framing))
        piece = BEGINNING + bytes(5000)
        size = b"%x\r\n" % (len(piece) + 1) if "chunked" in framing else b""
        connection.sendall(size + piece)
        wait_until(lambda: incoming(server))
        if how == "by force":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: not incoming(server))
    assert server.ask("GET", "/healthz").status == 200
    assert server.said[said:] == []


@pytest.mark.one_database("the bytes of files are in no database")
@pytest.mark.parametrize(
    ("limits", "code"), [({"upload": 2**20}, None), ({"quota": 2**20}, "storage_quota_exceeded")]
)
def test_an_upload_over_a_limit_is_413_and_the_client_hears_it(tmp_path, serving_limited, limits, code):
    with serving_limited(tmp_path / "store", **limits) as server, server.client() as client:
        kept = client.files.create(file=("small", bytes(2**19)), purpose="evals")
        for _ in range(3):
            with pytest.raises(openai.APIStatusError) as caught:
                client.files.create(file=("large", bytes(2**25)), purpose="evals")
            assert caught.value.status_code == 413
            assert code in (None, caught.value.code)
        assert incoming(server) == []
        assert [file.id for file in client.files.list()] == [kept.id]


@pytest.mark.one_database("the bytes of files are in no database")
def test_a_body_that_says_no_length_is_cut_off_at_the_limit(tmp_path, serving_limited):
    with serving_limited(tmp_path / "store", upload=2**20) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(upload_head(server, "Transfer-Encoding: chunked"))
            connection.sendall(b"%x\r\n" % len(BEGINNING) + BEGINNING + b"\r\n")
            for _ in range(40):
                connection.sendall(b"10000\r\n" + bytes(2**16) + b"\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
        assert incoming(server) == []


def held(server):
    """Give how many sockets and uploaded files the process that answers has open."""
    opened = Path(f"/proc/{server.process.pid}/fd")
    links = []
    for number in opened.iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(str(number.readlink()))
    return sum(link.startswith("socket:") or "/files/" in link for link in links)


def test_a_client_that_goes_away_from_an_answer_is_let_go(server, client):
    file = client.files.create(file=("large", bytes(2**25)), purpose="user_data")
    said = len(server.said)
    head = f"GET /v1/files/{file.id}/content HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n"
    before = held(server)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100)
    wait_until(lambda: held(server) <= before)
    assert server.ask("GET", "/healthz").status == 200
    assert server.said[said:] == []
    client.files.delete(file.id)


def test_what_killed_processes_left_is_swept_away(tmp_path, serving):
    with serving(tmp_path / "store") as server, server.client() as client:
        kept = client.files.create(file=("a", b"kept"), purpose="evals")
        folder = server.folder / "files"
        server.stop(9)
        (folder / "ab").mkdir(exist_ok=True)
        orphan, torn, fresh = folder / "ab" / ("ab" * 32), folder / "incoming-torn", folder / "incoming-now"
        for path in (orphan, torn, fresh):
            path.write_bytes(b"left behind")
        os.utime(torn, (1, 1))
        server.start()
        wait_until(lambda: not orphan.exists() and not torn.exists())
        assert fresh.exists()  # somebody may be writing to it
        assert server.client().files.content(kept.id).read() == b"kept"
