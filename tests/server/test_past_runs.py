"""What was pulled from the hosted API appears in a server that is running, and is graded again there."""

import json
import subprocess
import sys

import pytest

from graders.store import Store


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a command in a process of its own."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "graders", *map(str, words)],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def test_a_pulled_run_appears_in_the_server_and_is_graded_again(server, client, command, hosted, published):
    published.fill(hosted, runs=1, items=120, hostile=0)
    into_store = ("--into-store", *server.store_words[1:])
    done = command("pull", "--base-url", hosted.url, "-o", "out", *into_store)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "2 evals, 3 runs, 125 output items, 1 files new in",
        str(server.folder),
    ]
    made = client.evals.retrieve(published.EVAL)
    assert [each.name for each in made.testing_criteria] == [each["name"] for each in published.CRITERIA]
    run = client.evals.runs.retrieve(published.RUN, eval_id=published.EVAL)
    assert (run.status, run.result_counts.passed, run.result_counts.failed) == ("completed", 2, 3)
    assert run.report_url.startswith(server.url[:-3])
    (large,) = client.evals.runs.list(published.LARGE)
    listed = client.evals.runs.output_items.list(large.id, eval_id=published.LARGE, limit=50)
    items = list(listed)
    assert [item.datasource_item_id for item in items] == list(range(120))
    one = client.evals.runs.output_items.retrieve(
        items[7].id, run_id=items[7].run_id, eval_id=published.LARGE
    )
    assert one.to_dict() == items[7].to_dict()
    assert client.files.content("file-Abc123").read().count(b"\n") == 5
    again = command("pull", "--offline", "-o", "out", *into_store, "--json")
    actual = json.loads(again.stdout)["into_store"]
    assert [actual[name] for name in ("evals", "runs", "items", "files")] == [0, 0, 0, 0]
    regraded = command("regrade", *server.store_words, "--eval", published.EVAL)
    assert (regraded.returncode, regraded.stderr) == (0, "")
    assert ["fuzzy_match", "5", "5", "0", "0", "0"] in [line.split() for line in regraded.stdout.splitlines()]
    assert regraded.stdout == command("regrade", "out", "--eval", published.EVAL).stdout


def test_runs_of_this_server_are_graded_again(server, client, command, an_eval, runs):
    rows = [{"item": {"answer": "Paris"}, "sample": "Paris"}, {"item": {"answer": "Rome"}, "sample": "Lima"}]
    run = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.inline(rows)))
    assert run.status == "completed"
    actual = json.loads(command("regrade", *server.store_words, "--eval", an_eval.id, "--json").stdout)
    assert (actual["compared"], actual["differ"], actual["failed"]) == (4, 0, 0)


@pytest.mark.outside
def test_a_store_that_takes_no_changes_now_is_told_in_a_sentence(
    command, hosted, published, postgres, tmp_path
):
    published.fill(hosted, runs=1, items=1, hostile=0)
    url = postgres.database()
    Store(tmp_path / "store", url).close()
    assert command("pull", "--base-url", hosted.url, "-o", "out").returncode == 0
    unwilling = f"{url}&options=-c default_transaction_read_only=on"
    done = command("pull", "--offline", "-o", "out", "--into-store", "store", "--database", unwilling)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the database cannot be used now: ")


@pytest.mark.one_database("no store is opened")
def test_options_that_do_not_fit_are_refused(command, server):
    for words in (
        ("pull", "--offline", "-o", "out"),
        ("pull", "--dry-run", "--into-store", "x"),
        ("regrade", "out", "--store", server.folder),
        ("regrade", "out", "--database", "sqlite://"),
    ):
        assert command(*words).returncode == 2
    assert command("regrade", "--store", "nowhere").returncode == 1
    assert command("pull", "--offline", "-o", "nothing", "--into-store", "new").returncode == 1
