"""Runs that ask a model: what results tell of it, and what becomes of its failures."""

import pytest

pytestmark = pytest.mark.one_database("what a judge says is kept as what any other grader says is")

JUDGED = {
    "type": "score_model",
    "name": "polite",
    "model": "gpt-4o",
    "range": [0, 1],
    "input": [
        {"role": "system", "content": "Grade."},
        {"role": "user", "content": [
            {"type": "input_text", "text": "{{item.answer}}"},
            {"type": "input_text", "text": "{{sample.output_text}}"},
        ]},
    ],
}  # fmt: skip


@pytest.fixture
def judged(tmp_path, serving, endpoint):
    """A server whose judge is the endpoint."""
    options = ("--model-base-url", endpoint.url, "--judge-retries", "0")
    with serving(tmp_path / "store", *options) as server, server.client() as client:
        yield client


def test_a_result_tells_what_the_judge_was_asked_and_answered(judged, endpoint, custom, runs):
    made = judged.evals.create(data_source_config=custom, testing_criteria=[JUDGED])
    source = runs.inline([{"item": {"answer": "a"}, "sample": "b"}])
    run = runs.finished(judged, judged.evals.runs.create(made.id, data_source=source))
    assert run.result_counts.to_dict() == {"total": 1, "errored": 0, "failed": 0, "passed": 1}
    assert [each.to_dict() for each in run.per_model_usage] == [{
        "model_name": endpoint.model, "invocation_count": 1, "prompt_tokens": 20, "total_tokens": 25,
        "completion_tokens": 5, "cached_tokens": 4,
    }]  # fmt: skip
    (item,) = judged.evals.runs.output_items.list(run.id, eval_id=made.id)
    (result,) = item.results
    assert (result.score, result.passed) == (1.0, True)
    assert result.sample["input"] == [
        {"role": "system", "content": "Grade."}, {"role": "user", "content": "a b"},
    ]  # fmt: skip
    assert result.sample["output"][0]["role"] == "assistant"
    assert '"result":1' in result.sample["output"][0]["content"]
    assert list(result.sample) == [
        "input", "output", "finish_reason", "model", "usage", "error", "seed", "temperature", "top_p",
        "reasoning_effort", "max_completions_tokens",
    ]  # fmt: skip


def test_what_a_row_has_no_sample_of_is_an_empty_text_to_a_judge(judged, endpoint, custom, exact, runs):
    made = judged.evals.create(data_source_config=custom, testing_criteria=[JUDGED, exact])
    source = runs.inline([{"item": {"answer": "a"}}])
    run = runs.finished(judged, judged.evals.runs.create(made.id, data_source=source))
    (item,) = judged.evals.runs.output_items.list(run.id, eval_id=made.id)
    assert [result.passed for result in item.results] == [True, False]
    assert run.result_counts.errored == 1
    assert endpoint.bodies[-1]["messages"][1]["content"][1]["text"] == ""


def test_a_judge_that_fails_costs_its_rows_only(judged, endpoint, custom, runs):
    endpoint.decide = lambda received: "refusal" if b"rude" in received.raw else None
    made = judged.evals.create(data_source_config=custom, testing_criteria=[JUDGED])
    rows = [
        {"item": {"answer": f"{word} {n}"}, "sample": "b"} for n in range(50) for word in ("rude", "nice")
    ]
    run = runs.finished(judged, judged.evals.runs.create(made.id, data_source=runs.inline(rows)))
    assert run.status == "completed"
    assert run.result_counts.to_dict() == {"total": 100, "errored": 50, "failed": 50, "passed": 50}
    first = next(iter(judged.evals.runs.output_items.list(run.id, eval_id=made.id)))
    assert first.results[0].score == 0.0
    assert first.results[0].sample["error"]["code"] == "model_grader_refusal_error"


def test_a_run_that_waits_for_its_judge_is_cancelled_soon(judged, endpoint, custom, runs):
    endpoint.always = "silence"
    made = judged.evals.create(data_source_config=custom, testing_criteria=[JUDGED])
    rows = [{"item": {"answer": str(n)}, "sample": "b"} for n in range(100)]
    run = judged.evals.runs.create(made.id, data_source=runs.inline(rows))
    endpoint.wait_for(lambda it: it.n > 0)
    assert judged.evals.runs.cancel(run.id, eval_id=made.id).status == "canceled"
    endpoint.always = None
    other = judged.evals.runs.create(made.id, data_source=runs.inline(rows[:1]))
    assert runs.finished(judged, other).status == "completed"


def test_without_a_judge_the_run_fails_and_says_why(client, custom, runs):
    made = client.evals.create(data_source_config=custom, testing_criteria=[JUDGED])
    source = runs.inline([{"item": {"answer": "a"}, "sample": "b"}])
    run = runs.finished(client, client.evals.runs.create(made.id, data_source=source))
    assert run.status == "failed"
    assert run.error.code == "invalid_grader"
    assert "judge" in run.error.message


def test_the_run_endpoint_tells_the_tokens_of_the_judge(judged):
    actual = judged.fine_tuning.alpha.graders.run(grader=JUDGED, item={"answer": "x"}, model_sample="y")
    assert actual.reward == 1.0
    assert actual.metadata.sampled_model_name == "judge-2024-08-06"
    assert actual.metadata.token_usage["total_tokens"] == 25
