"""Runs, from the request to the last output item."""

import re

import openai
import pytest

ROWS = [
    {"item": {"answer": "Paris"}, "sample": "Paris"},
    {"item": {"answer": "Madrid"}, "sample": "Madri"},
    {"item": {"answer": "Lima"}, "sample": "xyz"},
    {"item": {}, "sample": "Nairobi"},
]


@pytest.fixture
def run(client, an_eval, runs):
    """A finished run over the rows."""
    return runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.inline(ROWS)))


def jsonl(source):
    return {"data_source": {"type": "jsonl", "source": source}}


def path_of(run, end=""):
    return f"/v1/evals/{run.eval_id}/runs/{run.id}{end}"


def test_a_new_run_is_queued_and_has_the_published_shape(server, an_eval, runs):
    given = {"data_source": runs.inline(ROWS), "name": "first", "metadata": {"a": "b"}}
    answer = server.ask("POST", f"/v1/evals/{an_eval.id}/runs", given)
    assert answer.status == 201
    actual = answer.body
    assert re.fullmatch(r"evalrun_[0-9a-f]{32}", actual["id"])
    assert actual == {
        "object": "eval.run", "id": actual["id"], "eval_id": an_eval.id,
        "report_url": f"{server.url[:-3]}/evaluations/{an_eval.id}?run_id={actual['id']}",
        "status": "queued", "model": None, "name": "first", "created_at": actual["created_at"],
        "result_counts": {"total": 0, "errored": 0, "failed": 0, "passed": 0},
        "per_model_usage": None, "per_testing_criteria_results": None,
        "data_source": given["data_source"], "metadata": {"a": "b"}, "error": None,
    }  # fmt: skip


def test_a_failed_grader_counts_as_failed_and_as_errored(run, an_eval):
    assert run.status == "completed"
    assert run.result_counts.to_dict() == {"total": 4, "errored": 1, "failed": 3, "passed": 1}
    exact, near = (criterion.id for criterion in an_eval.testing_criteria)
    assert [each.to_dict() for each in run.per_testing_criteria_results] == [
        {"testing_criteria": exact, "passed": 1, "failed": 3},
        {"testing_criteria": near, "passed": 2, "failed": 2},
    ]
    assert run.per_model_usage == []
    assert run.error is None


def test_an_output_item_has_the_published_shape(server, run, an_eval):
    listed = server.ask("GET", path_of(run, "/output_items")).body
    assert list(listed) == ["object", "data", "first_id", "last_id", "has_more"]
    first = listed["data"][0]
    exact, near = (criterion.id for criterion in an_eval.testing_criteria)
    assert re.fullmatch(r"outputitem_[0-9a-f]{32}", first["id"])
    assert first == {
        "object": "eval.run.output_item", "id": listed["first_id"], "created_at": first["created_at"],
        "run_id": run.id, "eval_id": run.eval_id, "status": "pass",
        "datasource_item_id": 0, "datasource_item": {"answer": "Paris"},
        "_datasource_item_content_hash": first["_datasource_item_content_hash"],
        "results": [
            {"name": exact, "sample": None, "passed": True, "score": 1.0},
            {"name": near, "sample": None, "passed": True, "score": 1.0},
        ],
        "sample": {
            "input": [],
            "output": [{
                "role": "assistant", "content": "Paris", "tool_call_id": None, "tool_calls": None,
                "function_call": None,
            }],
            "finish_reason": "stop", "model": None,
            "usage": {"total_tokens": 0, "completion_tokens": 0, "prompt_tokens": 0, "cached_tokens": 0},
            "error": None, "temperature": None, "max_completion_tokens": None, "top_p": None, "seed": None,
        },
    }  # fmt: skip
    assert server.ask("GET", path_of(run, f"/output_items/{first['id']}")).body == first


def test_items_are_paged_filtered_and_ordered(client, run):
    def rows(**query):
        listed = client.evals.runs.output_items.list(run.id, eval_id=run.eval_id, **query)
        return [item.datasource_item_id for item in listed]

    assert rows(limit=1) == rows(limit=3) == rows() == [0, 1, 2, 3]
    assert rows(order="desc", limit=2) == [3, 2, 1, 0]
    assert rows(status="pass") == [0]
    assert rows(status="fail", limit=1) == rows(extra_query={"status": "failed"}) == [1, 2, 3]
    assert rows(status="fail", limit=1, order="desc") == [3, 2, 1]


def test_runs_are_paged_filtered_and_ordered(client, an_eval, runs):
    made = [client.evals.runs.create(an_eval.id, data_source=runs.inline(ROWS[:1])) for _ in range(5)]
    ids = [run.id for run in made]
    assert [run.id for run in client.evals.runs.list(an_eval.id, limit=2)] == ids
    assert [run.id for run in client.evals.runs.list(an_eval.id, limit=2, order="desc")] == ids[::-1]
    for run in made:
        runs.finished(client, run)
    assert [run.id for run in client.evals.runs.list(an_eval.id, status="completed", limit=2)] == ids
    assert list(client.evals.runs.list(an_eval.id, status="failed")) == []


def test_a_file_is_graded_line_by_line(client, an_eval, runs):
    lines = b'\xef\xbb\xbf{"item": {"answer": "a"}, "sample": "a"}\n\n' + b'{"item": {"answer": "b"}}\n' * 2
    file = client.files.create(file=("rows.txt", lines), purpose="evals")
    run = client.evals.runs.create(an_eval.id, data_source=runs.from_file(file.id))
    client.files.delete(file.id)  # the run has it, whatever becomes of the file
    run = runs.finished(client, run)
    assert run.status == "completed"
    assert run.result_counts.to_dict() == {"total": 3, "errored": 2, "failed": 2, "passed": 1}
    items = list(client.evals.runs.output_items.list(run.id, eval_id=an_eval.id))
    assert [item.sample is None for item in items] == [False, True, True]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "Row 1: the line is not valid JSON; one object per line is expected"),
        (b'{"item": {"x": NaN}}', "Row 1: the line is not valid JSON"),
        (b'{"answer": "b"}', "Row 1: 'item' is missing"),
        (b'{"item": {"answer": 5}}', "Row 1: answer does not conform to type"),
        (
            b'{"item": {}, "sample": 5}',
            "Row 1: expected 'sample' to be an object or a string, but got an integer instead",
        ),
    ],
)
def test_a_file_with_a_wrong_row_fails_the_run_before_any_row_is_graded(client, an_eval, runs, line, message):
    file = client.files.create(file=("a.jsonl", b'{"item": {"answer": "a"}}\n' + line), purpose="evals")
    run = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.from_file(file.id)))
    assert run.status == "failed"
    assert run.error.to_dict() == {"code": "invalid_data", "message": message}
    assert list(client.evals.runs.output_items.list(run.id, eval_id=an_eval.id)) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_required_parameter"),
        ({"data_source": []}, "invalid_type"),
        ({"data_source": {"type": "jsonl"}}, "missing_required_parameter"),
        ({"data_source": {"type": "csv", "source": {}}}, "invalid_value"),
        (jsonl({"type": "file_id", "id": "file-no"}), None),
        (jsonl({"type": "file_content", "content": [{}]}), "invalid_data"),
        (jsonl({"type": "file_content", "content": [{"item": {"answer": 1}}]}), "invalid_data"),
        ({"data_source": {"type": "completions", "model": "m", "source": {}}}, "unsupported_source"),
        ({"data_source": {}, "model": "m"}, "unknown_parameter"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_is_400(server, an_eval, body, code):
    answer = server.ask("POST", f"/v1/evals/{an_eval.id}/runs", body)
    assert answer.status == 400
    assert answer.error["code"] == code


@pytest.mark.parametrize(
    ("kind", "logs"), [("completions", "stored_completions"), ("responses", "responses")]
)
def test_a_run_over_logs_fails_because_there_are_none(client, an_eval, runs, kind, logs):
    source = {"type": kind, "model": "m", "source": {"type": logs, "metadata": {"use": "chat"}}}
    run = client.evals.runs.create(an_eval.id, data_source=source)
    assert run.model == "m"
    run = runs.finished(client, run)
    assert run.status == "failed"
    assert run.error.code == "unsupported_source"


def test_a_run_of_no_eval_is_400(server, runs):
    assert server.ask("POST", "/v1/evals/eval_no/runs", {"data_source": runs.inline(ROWS)}).status == 400


def test_a_finished_run_is_not_cancelled_by_either_path(server, run):
    for end in ("", "/cancel"):
        answer = server.ask("POST", path_of(run, end))
        assert answer.status == 200
        assert answer.body["status"] == "completed"


def test_a_deleted_run_is_gone_with_its_items(server, client, run):
    item = client.evals.runs.output_items.list(run.id, eval_id=run.eval_id).data[0]
    deleted = server.ask("DELETE", path_of(run))
    assert deleted.body == {"object": "eval.run.deleted", "deleted": True, "run_id": run.id}
    for end in ("", "/output_items", f"/output_items/{item.id}"):
        assert server.ask("GET", path_of(run, end)).status == 404
    with pytest.raises(openai.NotFoundError):
        client.evals.runs.delete(run.id, eval_id=run.eval_id)
    with pytest.raises(openai.NotFoundError):
        client.evals.runs.cancel(run.id, eval_id=run.eval_id)


def test_an_item_of_another_run_is_not_found(server, client, run, an_eval, runs):
    other = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.inline(ROWS[:1])))
    item = client.evals.runs.output_items.list(other.id, eval_id=an_eval.id).data[0]
    assert server.ask("GET", path_of(run, f"/output_items/{item.id}")).status == 404
    assert server.ask("GET", path_of(run, f"/output_items?after={item.id}")).status == 404


def test_an_empty_run_completes(client, an_eval, runs):
    run = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.inline([])))
    assert run.status == "completed"
    assert run.result_counts.total == 0
