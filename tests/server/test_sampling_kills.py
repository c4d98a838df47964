"""A run that was killed while its model answered goes on, and pays for nothing twice."""

import os
import signal

import pytest

ROWS = 120


def answer_of(received):
    return received.body["messages"][0]["content"]


def source(rows):
    messages = {"type": "template", "template": [{"role": "user", "content": "{{item.answer}}"}]}
    content = {"type": "file_content", "content": [{"item": {"answer": str(n)}} for n in range(rows)]}
    return {"type": "completions", "model": "m", "input_messages": messages, "source": content}


def check(client, made, done):
    assert done.status == "completed"
    assert done.result_counts.to_dict() == {"total": ROWS, "errored": 0, "failed": 0, "passed": ROWS}
    assert done.per_model_usage[0].invocation_count == ROWS
    listed = client.evals.runs.output_items.list(done.id, eval_id=made.id, limit=100)
    assert [(item.datasource_item_id, item.sample.output[0].content) for item in listed] == [
        (n, str(n)) for n in range(ROWS)
    ]


@pytest.mark.long
def test_a_killed_server_pays_again_only_for_what_was_on_its_way(
    tmp_path, serving, endpoint, custom, exact, runs
):
    endpoint.say, endpoint.latency = answer_of, 0.02
    options = ("--model-base-url", endpoint.url, "--concurrency", "4")
    with serving(tmp_path / "store", *options) as server:
        client = server.client()
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        run = client.evals.runs.create(made.id, data_source=source(ROWS))
        endpoint.wait_for(lambda it: it.n >= 50, 60)
        os.kill(server.runner(), signal.SIGKILL)
        endpoint.wait_for(lambda it: it.n >= 80, 60)
        server.stop(signal.SIGKILL)
        server.start()
        client = server.client()
        check(client, made, runs.finished(client, run))
    asked = [answer_of(received) for received in endpoint.received]
    assert set(asked) == set(map(str, range(ROWS)))
    assert ROWS <= len(asked) <= ROWS + 2 * 4  # two kills, four on their way at each


@pytest.mark.one_database("a server more, for what the others show")
def test_a_budget_holds_for_the_samples_of_a_run(tmp_path, serving, endpoint, custom, exact, runs):
    endpoint.say = answer_of
    options = ("--model-base-url", endpoint.url, "--max-judge-calls", "30")
    with serving(tmp_path / "store", *options) as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        run = runs.finished(client, client.evals.runs.create(made.id, data_source=source(ROWS)))
        assert run.result_counts.to_dict() == {"total": ROWS, "errored": 90, "failed": 0, "passed": 30}
        failed = client.evals.runs.output_items.list(run.id, eval_id=made.id, status="fail", limit=100)
        assert {item.sample.error.code for item in failed} == {"budget"}
    assert endpoint.n == 30
