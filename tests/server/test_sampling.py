"""Runs that ask a model for their samples: what is asked, what is shown, what is counted."""

import contextlib
import json
import socket

import openai
import pytest

CALL = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}
FORM = {"type": "json_schema", "json_schema": {"name": "word", "schema": {"type": "object"}}}
TEMPLATE = [
    {"role": "developer", "content": "Answer with one word."},
    {"role": "user", "content": [{"type": "input_text", "text": "Repeat {{item.answer}}."}]},
]


def echo(received):
    """Say what stands between `Repeat ` and the full stop."""
    return received.raw.decode().rpartition("Repeat ")[2].partition(".")[0]


@pytest.fixture(scope="module")
def upstream(misbehaving):
    """A model server that every server of this module samples from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("OPENAI_API_KEY", misbehaving.CANARY)
        with misbehaving.serving(misbehaving.Endpoint()) as endpoint:
            yield endpoint


@pytest.fixture(scope="module")
def sampling(tmp_path_factory, serving, upstream):
    options = ("--model-base-url", upstream.url, "--map-model", "asked=served", "--judge-retries", "1")
    with serving(tmp_path_factory.mktemp("sampling") / "store", *options) as server:
        yield server


@pytest.fixture
def endpoint(upstream):
    upstream.say, upstream.always, upstream.decide, upstream.latency = echo, None, None, 0.0
    upstream.faults.clear()
    upstream.received.clear()
    upstream.n = 0
    return upstream


@pytest.fixture
def client(sampling, endpoint):
    with sampling.client() as client:
        yield client


@pytest.fixture
def unused_port():
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def rows(*answers):
    return [{"item": {"answer": answer}} for answer in answers]


def completions(content, **more):
    messages = {"type": "template", "template": TEMPLATE}
    source = {"type": "file_content", "content": content}
    return {"type": "completions", "model": "asked", "input_messages": messages, "source": source, **more}


def done(client, runs, made, source):
    run = runs.finished(client, client.evals.runs.create(made.id, data_source=source))
    return run, list(client.evals.runs.output_items.list(run.id, eval_id=made.id))


@pytest.fixture
def made(client, custom, exact):
    return client.evals.create(data_source_config=custom, testing_criteria=[exact])


def test_a_model_is_asked_about_each_row_and_its_answer_is_graded(sampling, client, endpoint, made, runs):
    run, items = done(client, runs, made, completions(rows("Paris", "Rome")))
    assert (run.status, run.model, run.name) == ("completed", "asked", "asked")
    assert run.result_counts.to_dict() == {"total": 2, "errored": 0, "failed": 0, "passed": 2}
    assert [each.to_dict() for each in run.per_model_usage] == [{
        "model_name": endpoint.model, "invocation_count": 2, "prompt_tokens": 40, "total_tokens": 50,
        "completion_tokens": 10, "cached_tokens": 8,
    }]  # fmt: skip
    nothing = {"tool_call_id": None, "tool_calls": None, "function_call": None}
    assert items[0].sample.to_dict() == {
        "input": [
            {"role": "developer", "content": "Answer with one word.", **nothing},
            {"role": "user", "content": "Repeat Paris.", **nothing},
        ],
        "output": [{"role": "assistant", "content": "Paris", **nothing}],
        "finish_reason": "stop", "model": endpoint.model,
        "usage": {"total_tokens": 25, "completion_tokens": 5, "prompt_tokens": 20, "cached_tokens": 4},
        "error": None, "temperature": 1.0, "max_completion_tokens": 4096, "top_p": 1.0, "seed": 42,
    }  # fmt: skip
    assert items[0].results[0].passed


def test_the_example_of_the_readme_runs(sampling, client, endpoint, runs, repository):
    endpoint.say = lambda received: "It is Paris."
    readme = (repository / "README.md").read_text("utf-8")
    example = readme.partition("<!-- sampling -->\n```py\n")[2].partition("```")[0]
    names = {}
    exec(example.replace("http://127.0.0.1:8000/v1", sampling.url), names)
    run = runs.finished(client, names["run"])
    assert run.result_counts.to_dict() == {"total": 1, "errored": 0, "failed": 0, "passed": 1}
    assert endpoint.bodies[0]["messages"][0]["content"] == "What is the capital of France?"


def test_all_that_says_how_to_sample_is_sent(client, endpoint, made, runs):
    params = {
        "temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 7, "seed": 3, "reasoning_effort": "low",
        "tools": [CALL], "response_format": FORM,
    }  # fmt: skip
    _, items = done(client, runs, made, completions(rows("Paris"), sampling_params=params))
    assert endpoint.bodies == [{
        "model": "served",
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": [{"type": "text", "text": "Repeat Paris."}]},
        ],
        "tools": [{
            "type": "function",
            "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}},
        }],
        "response_format": FORM, "temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "seed": 3,
        "reasoning_effort": "low",
    }]  # fmt: skip
    sample = items[0].sample
    assert (sample.seed, sample.top_p, sample.temperature) == (3, 0.9, 0.5)
    assert (sample.max_completion_tokens, sample.to_dict()["reasoning_effort"]) == (7, "low")


def test_the_responses_api_is_asked_in_its_own_words(client, endpoint, made, runs):
    form = {"type": "json_schema", "name": "word", "schema": {"type": "object"}}
    params = {
        "max_completion_tokens": 7, "reasoning_effort": "low", "text": {"format": form},
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": {}}}],
    }  # fmt: skip
    source = {**completions(rows("Paris"), sampling_params=params), "type": "responses"}
    run, items = done(client, runs, made, source)
    assert run.result_counts.passed == 1
    (received,) = endpoint.received
    assert received.path == "/v1/responses"
    assert received.body == {
        "model": "served",
        "input": [
            {"type": "message", "role": "system", "content": "Answer with one word."},
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Repeat Paris."}],
            },
        ],
        "tools": [{"type": "function", "name": "look_up", "parameters": {}}],
        "text": {"format": form}, "temperature": 1.0, "top_p": 1.0, "max_output_tokens": 7,
        "reasoning": {"effort": "low"}, "store": False,
    }  # fmt: skip
    assert items[0].sample.usage.cached_tokens == 4


@pytest.mark.parametrize("kind", ["completions", "responses"])
def test_a_conversation_of_the_item_is_sent_as_it_stands(client, endpoint, made, runs, kind):
    call = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    image = {"url": "https://example.invalid/a.png"}
    messages = [
        {"role": "system", "content": "Answer.", "name": None},
        {"role": "user", "content": [
            {"type": "text", "text": "Repeat x."}, {"type": "image_url", "image_url": image},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
        {"role": "user", "content": "Repeat Paris."},
    ]  # fmt: skip
    content = [{"item": {"answer": "Paris", "messages": messages}}]
    reference = {"type": "item_reference", "item_reference": "item.messages"}
    source = {**completions(content, input_messages=reference), "type": kind}
    run, items = done(client, runs, made, source)
    assert run.result_counts.passed == 1
    said = [each.content for each in items[0].sample.input]
    assert said[:2] == ["Answer.", "Repeat x. <image>https://example.invalid/a.png</image>"]
    (body,) = endpoint.bodies
    if kind == "completions":
        without_nulls = [{name: each for name, each in one.items() if each is not None} for one in messages]
        assert body["messages"] == without_nulls
    else:
        assert body["input"] == [
            {"type": "message", "role": "system", "content": "Answer."},
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Repeat x."},
                {"type": "input_image", "image_url": image["url"], "detail": "auto"},
            ]},
            {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
            {"type": "message", "role": "user", "content": "Repeat Paris."},
        ]  # fmt: skip


def test_a_row_that_cannot_be_asked_about_costs_itself_only(client, endpoint, custom, exact, runs):
    made = client.evals.create(data_source_config=custom, testing_criteria=[exact, exact])
    run, items = done(client, runs, made, completions([*rows("Paris"), {"item": {}}, *rows("Rome")]))
    assert run.status == "completed"
    assert run.result_counts.to_dict() == {"total": 3, "errored": 1, "failed": 0, "passed": 2}
    assert [(each.passed, each.failed) for each in run.per_testing_criteria_results] == [(2, 0), (2, 0)]
    assert [item.status for item in items] == ["pass", "fail", "pass"]
    assert items[1].results == []
    assert items[1].sample.output == []
    assert items[1].sample.error.to_dict() == {
        "code": "missing_variable", "message": "Variable 'item.answer' was not found.",
    }  # fmt: skip
    assert endpoint.n == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("400", "request_refused"),
        ("400-filter", "content_filter"),
        ("401", "unauthorized"),
        ("404", "request_refused"),
        ("429", "rate_limited"),
        ("429-long", "budget"),
        ("500", "server_error"),
        ("reset", "no_answer"),
        ("html", "no_answer"),
        ("null", "no_answer"),
        ("error-200", "no_answer"),
        ("no-choices", "no_answer"),
        ("redirect", "request_refused"),
    ],
)
def test_an_endpoint_that_fails_leaves_every_row_accounted_for(
    sampling, client, endpoint, misbehaving, made, runs, fault, code
):
    endpoint.always = fault
    run, items = done(client, runs, made, completions(rows("Paris", "Rome")))
    assert run.status == "completed"
    assert run.result_counts.to_dict() == {"total": 2, "errored": 2, "failed": 0, "passed": 0}
    assert run.per_model_usage == []
    assert [(item.status, item.results, item.sample.error.code) for item in items] == [("fail", [], code)] * 2
    assert misbehaving.CANARY[:12] not in json.dumps([item.to_dict() for item in items])
    assert not any("Paris" in line for line in sampling.said)


@pytest.mark.parametrize("fault", ["429-seconds", "500", "reset", "half"])
def test_a_fault_that_passes_costs_no_row(client, endpoint, made, runs, fault):
    endpoint.faults[:] = [fault]
    run, _ = done(client, runs, made, completions(rows("Paris", "Rome")))
    assert run.result_counts.passed == 2
    assert endpoint.n == 3


@pytest.mark.one_database("a server more, for what the others show")
def test_an_endpoint_that_is_slow_or_silent_costs_its_rows_when_their_time_is_over(
    tmp_path, serving, endpoint, custom, exact, runs
):
    endpoint.decide = lambda received: {"Rome": "silence", "Oslo": "drip"}.get(echo(received))
    options = ("--model-base-url", endpoint.url, "--judge-timeout", "0.5", "--judge-retries", "0")
    with serving(tmp_path / "store", *options) as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        run, items = done(client, runs, made, completions(rows("Paris", "Rome", "Oslo")))
    assert run.result_counts.to_dict() == {"total": 3, "errored": 2, "failed": 0, "passed": 1}
    assert [item.sample.error and item.sample.error.code for item in items] == [None, "timeout", "timeout"]


@pytest.mark.one_database("a server more, for what the others show")
def test_an_endpoint_that_is_not_there_costs_the_rows_and_not_the_run(
    tmp_path, serving, unused_port, custom, exact, runs
):
    options = ("--model-base-url", f"http://127.0.0.1:{unused_port}/v1", "--judge-retries", "0")
    with serving(tmp_path / "store", *options, "--max-judge-calls", "3") as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        run, items = done(client, runs, made, completions(rows(*"abcde")))
    assert run.status == "completed"
    assert run.result_counts.errored == run.result_counts.total == 5
    assert sorted(item.sample.error.code for item in items) == ["budget"] * 2 + ["no_answer"] * 3


def test_what_an_endpoint_refuses_to_be_told_is_left_out_where_it_is_everybodys_default(
    client, endpoint, made, runs
):
    endpoint.lacks = ("temperature", "max_tokens")
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, endpoint, "lacks", ())
        run, _ = done(client, runs, made, completions(rows("Paris", "Rome", "Oslo")))
        cold = completions(rows("Paris"), sampling_params={"temperature": 0})
        refused, items = done(client, runs, made, cold)
    assert run.result_counts.passed == 3
    taken = [each for each in endpoint.bodies if "temperature" not in each and "max_tokens" not in each]
    assert [each["max_completion_tokens"] for each in taken] == [4096] * 3
    assert refused.result_counts.errored == 1
    assert "temperature" in items[0].sample.error.message


def test_what_a_model_refuses_or_is_cut_off_in_is_graded_as_it_is(client, endpoint, made, runs):
    endpoint.decide = lambda received: {"Rome": "refusal", "Oslo": "length"}.get(echo(received))
    run, items = done(client, runs, made, completions(rows("Paris", "Rome", "Oslo")))
    assert run.result_counts.to_dict() == {"total": 3, "errored": 0, "failed": 2, "passed": 1}
    assert [item.sample.finish_reason for item in items] == ["stop", "stop", "length"]
    assert items[1].sample.output[0].to_dict()["refusal"] == "I would rather not."


def test_every_run_asks_anew(client, endpoint, made, runs):
    for n in (1, 2):
        done(client, runs, made, completions(rows("Paris")))
        assert endpoint.n == n
    done(client, runs, made, completions(rows("Paris", "Paris")))
    assert endpoint.n == 4  # two rows, though they are equal


def test_rows_of_a_file_are_sampled_in_order_and_many_at_once(client, endpoint, made, runs):
    endpoint.latency = 0.005
    lines = b"".join(b'{"item": {"answer": "%d"}, "sample": "own"}\n' % n for n in range(300))
    file = client.files.create(file=("rows.jsonl", lines), purpose="evals")
    source = {**completions([]), "source": {"type": "file_id", "id": file.id}}
    run, items = done(client, runs, made, source)
    assert run.result_counts.to_dict() == {"total": 300, "errored": 0, "failed": 0, "passed": 300}
    assert [item.datasource_item["answer"] for item in items] == [str(n) for n in range(300)]
    assert endpoint.most_at_once > 4


def test_a_run_that_waits_for_its_model_is_cancelled_soon(client, endpoint, made, runs):
    endpoint.always = "silence"
    run = client.evals.runs.create(made.id, data_source=completions(rows(*map(str, range(100)))))
    endpoint.wait_for(lambda it: it.n > 0)
    assert client.evals.runs.cancel(run.id, eval_id=made.id).status == "canceled"
    endpoint.always = None
    other, _ = done(client, runs, made, completions(rows("Paris")))
    assert other.status == "completed"
    assert list(client.evals.runs.output_items.list(run.id, eval_id=made.id)) == []


WRONG = {
    "model is missing": ({"model": None}, "data_source.model"),
    "no messages": ({"input_messages": None}, "data_source.input_messages"),
    "an empty template": (
        {"input_messages": {"type": "template", "template": []}},
        "data_source.input_messages.template",
    ),
    "another role": (
        {"input_messages": {"type": "template", "template": [{"role": "tool", "content": "x"}]}},
        "data_source.input_messages.template[0].role",
    ),
    "the sample in a prompt": (
        {"input_messages": {"type": "template", "template": [{"role": "user", "content": "{{sample.x}}"}]}},
        "data_source.input_messages.template",
    ),
    "a reference to the whole item": (
        {"input_messages": {"type": "item_reference", "item_reference": "item"}},
        "data_source.input_messages.item_reference",
    ),
    "a temperature out of range": (
        {"sampling_params": {"temperature": 2.5}},
        "data_source.sampling_params.temperature",
    ),
    "a temperature that is a text": (
        {"sampling_params": {"temperature": "1"}},
        "data_source.sampling_params.temperature",
    ),
    "no tokens": (
        {"sampling_params": {"max_completion_tokens": 0}},
        "data_source.sampling_params.max_completion_tokens",
    ),
    "an unknown parameter": ({"sampling_params": {"top_k": 5}}, "data_source.sampling_params.top_k"),
    "a tool without a type": (
        {"sampling_params": {"tools": [{}]}},
        "data_source.sampling_params.tools[0].type",
    ),
    "an unknown format": (
        {"sampling_params": {"response_format": {"type": "yaml"}}},
        "data_source.sampling_params.response_format.type",
    ),
    "an unknown field": ({"endpoint": "http://example.invalid"}, "data_source.endpoint"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sampled_is_refused_at_once(client, endpoint, made, name):
    changes, param = WRONG[name]
    source = {key: each for key, each in completions(rows("a"), **changes).items() if each is not None}
    with pytest.raises(openai.BadRequestError) as caught:
        client.evals.runs.create(made.id, data_source=source)
    assert caught.value.param == param
    assert endpoint.n == 0


@pytest.mark.parametrize("kind", ["completions", "responses"])
def test_a_tool_that_the_endpoint_would_have_to_run_ends_the_run(client, endpoint, made, runs, kind):
    tools = [{"type": "mcp", "server_label": "x", "server_url": "http://example.invalid"}, CALL]
    source = {**completions(rows("a"), sampling_params={"tools": tools}), "type": kind}
    run, items = done(client, runs, made, source)
    assert (run.status, run.error.code, items, endpoint.n) == ("failed", "unsupported_tool", [], 0)
    assert "'mcp'" in run.error.message
    assert run.data_source.to_dict()["sampling_params"]["tools"] == tools


@pytest.mark.parametrize(
    "source",
    [
        {"type": "completions", "source": {"type": "stored_completions", "model": "m"}},
        {"type": "responses", "source": {"type": "responses"}},
    ],
)
def test_logged_requests_are_nowhere_to_be_had(client, made, runs, source):
    run, _ = done(client, runs, made, source)
    assert (run.status, run.error.code) == ("failed", "unsupported_source")
