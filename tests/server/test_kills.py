"""Whatever is killed is started again, and no output item is lost or doubled."""

import os
import signal
import time

import pytest

ROWS, RUNS = 4000, 10
SOME, MANY = 10, 50
OFTEN = [pytest.param(SOME, marks=pytest.mark.long), pytest.param(MANY, marks=pytest.mark.soak)]


def lines(n):
    return b"".join(b'{"item": {"answer": "%d"}, "sample": "%d"}\n' % (row, row % 7) for row in range(n))


def begun(client, made, file, runs, n):
    return [client.evals.runs.create(made.id, data_source=runs.from_file(file.id)) for _ in range(n)]


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def written(server):
    """Give how many rows have an output item, as the runs count them; to count the items would take long."""
    return server.stored("SELECT sum(done) FROM runs")[0][0]


def kill_often(server, total, times, victim):
    """Kill the server, or its runner alone, so many times, each time when a bit more has been written."""
    for time_ in range(times):
        wait_until(lambda due=total * time_ // times: written(server) >= due)
        if victim == "server":
            server.stop(signal.SIGKILL)
            server.start()
        else:
            wait_until(server.runner)
            os.kill(server.runner(), signal.SIGKILL)


@pytest.mark.parametrize("times", OFTEN)
@pytest.mark.parametrize("victim", ["server", "runner"])
def test_ten_runs_go_on_whoever_is_killed(tmp_path, serving, custom, exact, fuzzy, runs, victim, times):
    with serving(tmp_path / "store", "--runs-at-once", "10") as server:
        if times == SOME and server.database is not None:  # all of it is for `make soak`
            times //= 3
        n = ROWS * times // SOME
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact, fuzzy])
        file = client.files.create(file=("rows.jsonl", lines(n)), purpose="evals")
        queued = begun(client, made, file, runs, RUNS)
        kill_often(server, RUNS * n, times, victim)
        client = server.client()
        over = [runs.finished(client, run, 300) for run in queued]
        per_run = server.stored(
            "SELECT count(*), count(DISTINCT row), min(row), max(row) FROM output_items GROUP BY run_seq"
        )
        assert per_run == [(n, n, 0, n - 1)] * RUNS
        for run in over:
            counts = run.result_counts.to_dict()
            assert run.status == "completed"
            assert counts == {"total": n, "errored": 0, "failed": n - 7, "passed": 7}
            assert [each.passed + each.failed for each in run.per_testing_criteria_results] == [n, n]
        first = client.evals.runs.output_items.list(queued[0].id, eval_id=made.id, limit=100)
        assert [item.datasource_item_id for item in first] == list(range(n))


@pytest.mark.soak
@pytest.mark.one_database("how often a run was begun is counted on both by the tests of the store")
def test_a_run_that_ends_every_runner_is_given_up_and_the_others_are_not(
    tmp_path, serving, custom, exact, runs
):
    with serving(tmp_path / "store", "--runs-at-once", "10") as server:
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        source = runs.inline([{"item": {"answer": "a"}, "sample": "a"}])
        many = client.files.create(file=("rows.jsonl", lines(300_000)), purpose="evals")
        deadly, *others = [*begun(client, made, many, runs, 1), *begun(client, made, many, runs, 3)]
        seqs = [seq for (seq,) in server.stored("SELECT seq FROM runs ORDER BY seq")]
        killed = 0
        while client.evals.runs.retrieve(deadly.id, eval_id=made.id).status != "failed":
            held = server.stored(f"SELECT owner, attempts FROM runs WHERE seq = {seqs[0]}")[0]
            if held.owner is not None and held.attempts > killed and server.runner():
                os.kill(server.runner(), signal.SIGKILL)
                killed = held.attempts
            time.sleep(0.001)
        over = client.evals.runs.retrieve(deadly.id, eval_id=made.id)
        assert over.error.message == "The run has ended several processes."
        for run in others:
            assert runs.finished(client, run, 300).status == "completed"
        small = client.evals.runs.create(made.id, data_source=source)
        assert runs.finished(client, small).status == "completed"


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


@pytest.mark.one_database("processes end as they do elsewhere")
@pytest.mark.long
def test_a_server_that_is_told_to_end_ends_with_its_processes(tmp_path, serving):
    with serving(tmp_path / "store", "--workers", "2") as server:
        runner = server.runner()
        assert server.stop(signal.SIGTERM) == 0
        assert not os.path.exists(f"/proc/{runner}")
        server.start()
        assert server.stop(signal.SIGINT) == 130


@pytest.mark.one_database("the official clients ask two processes on both")
def test_several_processes_answer(tmp_path, serving, custom, exact):
    with serving(tmp_path / "store", "--workers", "3") as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        assert {server.ask("GET", f"/v1/evals/{made.id}").status for _ in range(50)} == {200}
