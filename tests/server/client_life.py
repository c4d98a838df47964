"""The whole life of graders, files, evals and runs, driven by whichever official client is installed here.

A script, since the clients that are tested each have an environment of their own:
`python client_life.py http://127.0.0.1:8000/v1 KEY`. The life is written once, for the client that waits and
for the one that is awaited. All answers are validated strictly; what the hosted service was seen to answer,
and the types of the client do not know, is named in `UNTYPED`.
"""

import asyncio
import inspect
import sys
import time

import openai
import pydantic

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
NEAR = {
    "type": "text_similarity",
    "name": "near it",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
    "pass_threshold": 0.5,
}
CUSTOM = {
    "type": "custom",
    "item_schema": {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]},
    "include_sample_schema": True,
}
ROWS = [{"item": {"answer": str(row)}, "sample": {"output_text": str(row % 2)}} for row in range(7)]
CLIENTS = (openai.OpenAI, openai.AsyncOpenAI)
UNTYPED = (
    ("purpose", "evals"),
    ("model", None),
    ("error", None),
    ("per_model_usage", None),
    ("per_testing_criteria_results", None),
    ("max_completion_tokens", None),
    ("seed", None),
    ("temperature", None),
    ("top_p", None),
)


async def done(answer):
    """Wait for an answer, where it is to be waited for."""
    return await answer if inspect.isawaitable(answer) else answer


async def every(listed):
    """Follow a list to its end."""
    if hasattr(listed, "__aiter__"):
        return [each async for each in listed]
    return list(listed)


def lenient(client):
    """Give the same client, which takes what its types do not know."""
    return client.with_options(_extra_kwargs={"_strict_response_validation": False})


def typed(answer):
    """Check an answer against its type as a strict client does, but for what is known to be untyped."""
    try:
        type(answer).model_validate(answer.to_dict())
    except pydantic.ValidationError as error:
        wrong = [(each["loc"][-1], each["input"]) for each in error.errors()]
        assert [each for each in wrong if each not in UNTYPED] == []
    return answer


async def refused(kind, answer, **expected):
    """Expect an error of a class, and what it says."""
    error = await raised(answer)
    assert type(error) is kind, error
    assert error.request_id.startswith("req_")
    assert {name: getattr(error, name) for name in expected} == expected
    return error


async def raised(answer):
    try:
        await done(answer())
    except openai.OpenAIError as error:
        return error
    raise AssertionError("expected an error")


async def ended(client, run):
    deadline = time.monotonic() + 60
    while run.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
        run = typed(await done(client.evals.runs.retrieve(run.id, eval_id=run.eval_id)))
    return run


def lines(n):
    return b"".join(b'{"item": {"answer": "%d"}, "sample": "%d"}\n' % (row, row % 2) for row in range(n))


async def live_with_graders(client):
    graders = client.fine_tuning.alpha.graders
    given = {"model_sample": "Paris", "item": {"answer": "Paris"}}
    graded = await done(graders.run(grader=EXACT, **given))
    assert graded.reward == 1.0
    assert graded.metadata.name == "exact"
    multi = {"type": "multi", "name": "both", "graders": {"a": EXACT, "b": NEAR}, "calculate_output": "a + b"}
    graded = await done(graders.run(grader=multi, **given))
    assert graded.reward == 2.0
    assert graded.sub_rewards == {"a": 1.0, "b": 1.0}
    graded = await done(graders.run(grader=EXACT, model_sample="x", item={}))
    assert graded.metadata.errors.invalid_variable_error is True
    checked = await done(graders.validate(grader=NEAR))
    assert checked.grader.to_dict() == NEAR
    wrong = {**EXACT, "operation": "equals"}
    said = {"code": "invalid_value", "param": "grader.operation", "type": "invalid_request_error"}
    for ask in (graders.validate, lambda grader: graders.run(grader=grader, model_sample="x")):
        await refused(openai.BadRequestError, lambda ask=ask: ask(grader=wrong), **said)


async def live_with_files(client):
    files, data = client.files, lines(50)
    made = [
        await done(files.create(file=(f"{n}.jsonl", data), purpose="batch" if n % 2 else "user_data"))
        for n in range(5)
    ]
    ids = [each.id for each in made]
    assert [each.status for each in made] == ["processed"] * 5
    assert await done(files.retrieve(ids[0])) == made[0]
    assert await done(files.wait_for_processing(ids[0])) == made[0]
    assert (await done(files.content(ids[0]))).read() == data
    for limit in (1, 2, 100):
        listed = await every(files.list(purpose="user_data", limit=limit, order="asc"))
        assert [each.id for each in listed if each.id in ids] == ids[::2]
    assert [each.id for each in await every(files.list()) if each.id in ids] == ids[::-1]
    kept = {"anchor": "created_at", "seconds": 3600}
    short = await done(files.create(file=("short", b"x"), purpose="batch", expires_after=kept))
    assert short.expires_at == short.created_at + 3600
    rows = typed(await done(lenient(client).files.create(file=("rows.jsonl", data), purpose="evals")))
    listed = await every(lenient(client).files.list(purpose="evals"))
    assert [typed(each).id for each in listed] == [rows.id]
    for file_id in (*ids, short.id, rows.id):
        assert (await done(files.delete(file_id))).deleted is True
    gone = f"No such File object: {ids[0]}"
    for ask in (files.retrieve, files.delete, files.content):
        error = await refused(openai.NotFoundError, lambda ask=ask: ask(ids[0]))
        assert error.body["message"] == gone
    text = ("a.txt", b"{}")
    await refused(openai.BadRequestError, lambda: files.create(file=text, purpose="fine-tune"), param="file")


async def live_with_evals(client):
    evals = client.evals
    made = [
        await done(evals.create(data_source_config=CUSTOM, testing_criteria=[EXACT, NEAR], name=f"eval {n}"))
        for n in range(5)
    ]
    ids = [each.id for each in made]
    assert (await done(evals.retrieve(ids[0]))).to_dict() == made[0].to_dict()
    assert made[0].testing_criteria[1].pass_threshold == 0.5
    for limit in (1, 2, 100):
        listed = await every(evals.list(limit=limit, after=None if limit > 2 else ids[0]))
        assert [each.id for each in listed if each.id in ids] == ids[0 if limit > 2 else 1 :]
    listed = await every(evals.list(limit=100, order="desc", order_by="updated_at"))
    assert {each.id for each in listed} >= set(ids)
    renamed = await done(evals.update(ids[0], name="renamed", metadata={"a": "b"}))
    assert (renamed.name, renamed.metadata) == ("renamed", {"a": "b"})
    logs = await done(
        evals.create(data_source_config={"type": "logs", "metadata": {"a": "b"}}, testing_criteria=[EXACT])
    )
    assert logs.data_source_config.type == "logs"
    for eval_id in (*ids, logs.id):
        deleted = await done(evals.delete(eval_id))
        assert (deleted.deleted, deleted.eval_id) == (True, eval_id)
    for ask in (evals.retrieve, evals.delete, evals.update):
        await refused(openai.NotFoundError, lambda ask=ask: ask(ids[0]))
    await refused(
        openai.BadRequestError,
        lambda: evals.create(data_source_config=CUSTOM, testing_criteria=[], extra_body={"colour": "red"}),
        code="unknown_parameter",
        param="colour",
    )


async def live_with_runs(client):
    client = lenient(client)
    runs = client.evals.runs
    made = await done(client.evals.create(data_source_config=CUSTOM, testing_criteria=[EXACT, NEAR]))
    inline = {"type": "jsonl", "source": {"type": "file_content", "content": ROWS}}
    file = await done(client.files.create(file=("rows.jsonl", lines(7)), purpose="user_data"))
    by_file = {"type": "jsonl", "source": {"type": "file_id", "id": file.id}}
    queued = [
        typed(await done(runs.create(made.id, data_source=source, name="mine", metadata={"k": "v"})))
        for source in (inline, by_file, inline)
    ]
    assert [run.name for run in queued] == ["mine"] * 3
    over = [await ended(client, run) for run in queued]
    assert [run.status for run in over] == ["completed"] * 3
    for run in over:
        counts = run.result_counts
        assert (counts.total, counts.passed, counts.failed, counts.errored) == (7, 2, 5, 0)
        assert [each.passed + each.failed for each in run.per_testing_criteria_results] == [7, 7]
    for limit in (1, 2, 100):
        listed = await every(runs.list(made.id, limit=limit, order="desc", status="completed"))
        assert [typed(run).id for run in listed] == [run.id for run in over[::-1]]
    assert await every(runs.list(made.id, status="failed")) == []
    await live_with_output_items(client, over[1])
    await cancel_one(client, made)
    assert (await done(runs.cancel(over[0].id, eval_id=made.id))).status == "completed"
    assert (await done(runs.delete(over[0].id, eval_id=made.id))).run_id == over[0].id
    for ask in (runs.retrieve, runs.cancel, runs.delete, runs.output_items.list):
        await refused(openai.NotFoundError, lambda ask=ask: ask(over[0].id, eval_id=made.id))
    wrong = {"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {}}]}}
    await refused(
        openai.BadRequestError, lambda: runs.create(made.id, data_source=wrong), code="invalid_data"
    )
    await done(client.evals.delete(made.id))
    await refused(openai.NotFoundError, lambda: runs.retrieve(over[1].id, eval_id=made.id))


async def live_with_output_items(client, run):
    items = client.evals.runs.output_items
    for limit in (1, 3, 100):
        listed = await every(items.list(run.id, eval_id=run.eval_id, limit=limit))
        assert [typed(item).datasource_item_id for item in listed] == list(range(7))
    passed = await every(items.list(run.id, eval_id=run.eval_id, status="pass", order="desc", limit=1))
    assert [item.datasource_item_id for item in passed] == [1, 0]
    item = typed(await done(items.retrieve(passed[0].id, eval_id=run.eval_id, run_id=run.id)))
    assert item.to_dict() == passed[0].to_dict()
    assert [result.passed for result in item.results] == [True, True]
    await refused(
        openai.NotFoundError,
        lambda: items.retrieve("outputitem_none", eval_id=run.eval_id, run_id=run.id),
    )


async def cancel_one(client, made):
    """Cancel a run that is going on."""
    runs, n = client.evals.runs, 200_000
    file = await done(client.files.create(file=("many.jsonl", lines(n)), purpose="user_data"))
    source = {"type": "jsonl", "source": {"type": "file_id", "id": file.id}}
    run = await done(runs.create(made.id, data_source=source))
    while run.status == "queued" or run.result_counts.failed == 0:
        await asyncio.sleep(0.02)
        run = await done(runs.retrieve(run.id, eval_id=made.id))
    assert (await done(runs.cancel(run.id, eval_id=made.id))).status == "canceled"
    over = typed(await done(runs.retrieve(run.id, eval_id=made.id)))
    assert over.status == "canceled"
    assert over.result_counts.passed + over.result_counts.failed < n
    await done(client.files.delete(file.id))


async def live_with_errors(client):
    await refused(
        openai.AuthenticationError,
        lambda: client.with_options(api_key="wrong").evals.list(),
        code="invalid_api_key",
    )
    strange = client.with_options(default_headers={"Host": "elsewhere.example"})
    await refused(openai.PermissionDeniedError, lambda: strange.evals.list(), code="forbidden_host")
    await refused(openai.BadRequestError, lambda: client.evals.list(limit=101), param="limit")
    nowhere = client.with_options(base_url="http://127.0.0.1:9/v1")
    assert type(await raised(nowhere.evals.list)) is openai.APIConnectionError
    raw = await done(client.evals.with_raw_response.list(limit=1))
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.parse().object == "list"


async def live(client):
    for part in (live_with_graders, live_with_files, live_with_evals, live_with_runs, live_with_errors):
        await part(client)


def key_giver(client_class, key):
    """Give what a client asks for its key."""

    async def later():
        return key

    return later if client_class is openai.AsyncOpenAI else lambda: key


def main():
    base_url, key = sys.argv[1:]
    for client_class in CLIENTS:
        for given in (key, key_giver(client_class, key)):
            client = client_class(
                base_url=base_url, api_key=given, max_retries=0, _strict_response_validation=True
            )
            asyncio.run(live(client) if given is key else live_with_graders(client))
    print(f"openai {openai.__version__}: everything was answered as it should be")


if __name__ == "__main__":
    main()
