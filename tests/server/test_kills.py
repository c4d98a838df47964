"""Whatever is killed is started again, and no output item is lost or doubled."""

import contextlib
import os
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

ROWS = 2000


def rows_of(client, run):
    listed = client.evals.runs.output_items.list(run.id, eval_id=run.eval_id, limit=100)
    return [item.datasource_item_id for item in listed]


def done_rows(run):
    return run.result_counts.passed + run.result_counts.failed


def lines(n):
    return b"".join(b'{"item": {"answer": "%d"}, "sample": "%d"}\n' % (row, row % 7) for row in range(n))


def begun(client, made, file, runs, n):
    return [client.evals.runs.create(made.id, data_source=runs.from_file(file.id)) for _ in range(n)]


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "after", [0, 3000, *(pytest.param(400 * n, marks=pytest.mark.soak) for n in range(1, 49))]
)
def test_a_killed_server_goes_on_with_its_runs(tmp_path, serving, custom, exact, fuzzy, runs, after):
    with serving(tmp_path / "store", "--runs-at-once", "10") as server:
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact, fuzzy])
        file = client.files.create(file=("rows.jsonl", lines(ROWS)), purpose="evals")
        queued = begun(client, made, file, runs, 10)
        wait_until(lambda: sum(map(done_rows, client.evals.runs.list(made.id))) >= after)
        server.stop(signal.SIGKILL)
        server.start()
        client = server.client()
        for run in queued:
            done = runs.finished(client, run)
            assert done.status == "completed"
            assert (done.result_counts.total, done_rows(done), done.result_counts.passed) == (ROWS, ROWS, 7)
        assert rows_of(client, queued[0]) == rows_of(client, queued[-1]) == list(range(ROWS))


def test_a_killed_runner_is_replaced(tmp_path, serving, custom, fuzzy, runs):
    with serving(tmp_path / "store") as server:
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[fuzzy])
        file = client.files.create(file=("rows.jsonl", lines(20_000)), purpose="evals")
        (run,) = begun(client, made, file, runs, 1)
        killed = set()
        for _ in range(3):
            wait_until(lambda: server.runner() not in {None, *killed})
            killed.add(server.runner())
            os.kill(server.runner(), signal.SIGKILL)
        done = runs.finished(client, run)
        assert done.result_counts.total == 20_000
        assert done.result_counts.passed + done.result_counts.failed == 20_000
        assert server.ask("GET", "/healthz").status == 200


def test_a_run_is_cancelled_and_deleted_while_it_is_going_on(tmp_path, serving, custom, fuzzy, runs):
    with serving(tmp_path / "store") as server:
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[fuzzy])
        file = client.files.create(file=("rows.jsonl", lines(300_000)), purpose="evals")
        run, other = begun(client, made, file, runs, 2)
        wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).status == "in_progress")
        assert client.evals.runs.cancel(run.id, eval_id=made.id).status == "canceled"
        client.evals.runs.delete(other.id, eval_id=made.id)
        counts = client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts
        small = client.evals.runs.create(
            made.id, data_source=runs.inline([{"item": {"answer": "a"}, "sample": "a"}])
        )
        assert runs.finished(client, small).status == "completed"
        after = client.evals.runs.retrieve(run.id, eval_id=made.id)
        assert after.status == "canceled"
        assert after.result_counts == counts


def test_a_server_that_is_told_to_end_ends_with_its_processes(tmp_path, serving):
    with serving(tmp_path / "store", "--workers", "2") as server:
        runner = server.runner()
        assert server.stop(signal.SIGTERM) == 0
        assert not os.path.exists(f"/proc/{runner}")
        server.start()
        assert server.stop(signal.SIGINT) == 130


def test_who_writes_waits_for_whoever_is_writing(server, client, custom, exact):
    with contextlib.closing(sqlite3.connect(server.folder / "store.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor() as executor:
            made = executor.submit(client.evals.create, data_source_config=custom, testing_criteria=[exact])
            assert client.evals.list().object == "list"  # who reads waits for nobody
            assert not made.done()
            other.execute("ROLLBACK")
            assert made.result(30).object == "eval"


def test_a_client_that_goes_away_half_way_leaves_nothing(server):
    said = len(server.said)
    head = f"POST /v1/files HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Length: 1000000\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n")
        wait_until(lambda: list((server.folder / "files").glob("incoming-*")))
    wait_until(lambda: not list((server.folder / "files").glob("incoming-*")))
    assert server.ask("GET", "/healthz").status == 200
    assert server.said[said:] == []


def test_several_processes_answer(tmp_path, serving, custom, exact):
    with serving(tmp_path / "store", "--workers", "3") as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        assert {server.ask("GET", f"/v1/evals/{made.id}").status for _ in range(50)} == {200}
