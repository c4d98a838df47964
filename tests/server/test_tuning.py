"""Fine-tuning jobs: a dry run that says all that it finds, and trains nothing."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import time

import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI

JOBS = "/v1/fine_tuning/jobs"
MODEL = "o4-mini-2025-04-16"
OVER = ("succeeded", "failed", "cancelled")
NOTHING = "Nothing was trained: this server trains no models."


def rows(n, first=0, **more):
    """Give the lines of a file: sums, and their results."""
    lines = []
    for number in range(first, first + n):
        messages = [{"role": "user", "content": f"What is {number} + {number}?"}]
        lines.append(json.dumps({"messages": messages, "answer": str(2 * number), **more}).encode())
    return b"\n".join(lines)


def reinforcement(grader, **more):
    return {"type": "reinforcement", "reinforcement": {"grader": grader, **more}}


def over(client, job, seconds=60):
    """Wait for a job as the client's users do, by asking."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job.id)
        if job.status in OVER:
            return job
        time.sleep(0.02)
    raise AssertionError(f"the job is still {job.status}")


@pytest.fixture
def strict(server):
    with server.client(_strict_response_validation=True) as client:
        yield client


@pytest.fixture
def upload(client):
    def upload(data, purpose="fine-tune"):
        return client.files.create(file=("rows.jsonl", data), purpose=purpose).id

    return upload


@pytest.fixture
def files(upload):
    return {"training_file": upload(rows(12)), "validation_file": upload(rows(4, 100))}


@pytest.fixture
def asked(files, exact):
    """The body of a job that is fine."""
    return {"model": MODEL, **files, "method": reinforcement(exact)}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, serving):
    """A server of which no other test is disturbed."""
    with serving(tmp_path_factory.mktemp("alone") / "store") as server:
        yield server


@pytest.fixture
def held(alone):
    """That server while its runner sleeps, and what wakes or ends the runner."""
    while (runner := alone.runner()) is None:
        time.sleep(0.01)
    os.kill(runner, signal.SIGSTOP)
    yield alone, lambda number: os.kill(runner, number)
    with contextlib.suppress(ProcessLookupError):
        os.kill(runner, signal.SIGCONT)


def create_on(client, exact):
    made = [
        client.files.create(file=("rows.jsonl", rows(12, first)), purpose="fine-tune").id for first in (0, 50)
    ]
    return client.fine_tuning.jobs.create(
        model=MODEL, training_file=made[0], validation_file=made[1], method=reinforcement(exact)
    )


def messages(client, job):
    return [event.message for event in client.fine_tuning.jobs.list_events(job.id)]


def test_a_job_that_passes_is_cancelled_and_says_that_nothing_was_trained(strict, asked):
    job = strict.fine_tuning.jobs.create(**asked, suffix="sums", metadata={"use": "sums"}, seed=7)
    assert job.status == "validating_files"
    assert (job.seed, job.metadata, job.error, job.finished_at) == (7, {"use": "sums"}, None, None)
    job = over(strict, job)
    assert job.status == "cancelled"
    assert (job.error, job.fine_tuned_model, job.trained_tokens, job.result_files) == (None, None, None, [])
    assert job.finished_at >= job.created_at
    said = messages(strict, job)
    assert said[0] == f"The dry run passed: READY. {NOTHING}"
    assert said[-1] == f"Created fine-tuning job: {job.id}"
    assert asked["training_file"] in said[-2]
    assert asked["validation_file"] in said[-2]


def test_a_job_shows_every_hyperparameter(server, asked):
    given = {**asked, "method": reinforcement(asked["method"]["reinforcement"]["grader"])}
    given["method"]["reinforcement"]["hyperparameters"] = {"n_epochs": 2, "eval_samples": None}
    shown = server.ask("POST", JOBS, given).body
    assert shown["hyperparameters"] == {}
    assert shown["method"]["reinforcement"] == {
        "grader": asked["method"]["reinforcement"]["grader"],
        "hyperparameters": {
            "batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": 2,
            "compute_multiplier": "auto", "eval_interval": "auto", "eval_samples": "auto",
            "reasoning_effort": "default",
        },
        "response_format": None,
    }  # fmt: skip
    assert 0 <= shown["seed"] < 2**31


def test_events_are_paged_from_the_last_and_hold_the_findings(strict, asked):
    job = over(strict, strict.fine_tuning.jobs.create(**asked))
    every = list(strict.fine_tuning.jobs.list_events(job.id))
    assert list(strict.fine_tuning.jobs.list_events(job.id, limit=1)) == every
    assert [event.created_at for event in every] == sorted((e.created_at for e in every), reverse=True)
    found = {event.data["kind"]: event for event in every if event.data and "kind" in event.data}
    assert found["samples_absent"].level == "info"
    assert found["samples_absent"].data["cost"] == "what the model earns was not measured"
    assert every[0].data["verdict"] == "READY"
    assert [file["rows"] for file in every[0].data["files"]] == [12, 4]
    assert "signal" in every[0].data
    with pytest.raises(openai.NotFoundError):
        strict.fine_tuning.jobs.list_events(job.id, after="ftevent-none")
    assert strict.fine_tuning.jobs.checkpoints.list(job.id).data == []


def test_jobs_are_paged_from_the_last_and_found_by_their_metadata(strict, upload):
    jobs, options = strict.fine_tuning.jobs, {"model": "gpt-4o-mini", "training_file": upload(rows(12))}
    given = ({"a": "of pages", "b": "2"}, {"a": "2"}, None, {"a": "of pages"})
    made = [jobs.create(**options, metadata=metadata).id for metadata in given]
    assert [job.id for job in jobs.list()][:4] == made[::-1]
    assert [job.id for job in itertools.islice(jobs.list(limit=1), 4)] == made[::-1]
    assert [job.id for job in jobs.list(metadata={"a": "of pages"}, limit=1)] == [made[3], made[0]]
    assert [job.id for job in jobs.list(metadata={"a": "of pages", "b": "2"})] == [made[0]]
    assert jobs.list(extra_query={"metadata": "null"}, limit=1).data[0].id == made[2]
    with pytest.raises(openai.NotFoundError):
        jobs.list(after="ftjob-none")


def test_the_asynchronous_client_drives_a_job_too(server, asked):
    async def drive():
        options = {"base_url": server.url, "api_key": "any", "_strict_response_validation": True}
        async with AsyncOpenAI(**options) as client:
            jobs = client.fine_tuning.jobs
            job = await jobs.create(**asked)
            while (job := await jobs.retrieve(job.id)).status not in OVER:
                await asyncio.sleep(0.02)
            said = [event.message async for event in jobs.list_events(job.id, limit=2)]
            listed = [each.id async for each in jobs.list()]
            assert (await jobs.checkpoints.list(job.id)).data == []
            assert (await jobs.cancel(job.id)).status == "cancelled"
            return job, said, listed

    job, said, listed = asyncio.run(drive())
    assert job.status == "cancelled"
    assert NOTHING in said[0]
    assert job.id in listed


@pytest.mark.parametrize("kind", ["supervised", "dpo"])
def test_the_other_methods_are_tried_out_too(strict, upload, kind):
    user, assistant = {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}
    if kind == "supervised":
        lines = [{"messages": [{**user, "content": f"Hello {n}?"}, assistant]} for n in range(10)]
    else:
        better, worse = [assistant], [{**assistant, "content": "No."}]
        lines = [
            {"input": {"messages": [{**user, "content": f"{n}?"}]}, "preferred_output": better,
             "non_preferred_output": worse}
            for n in range(10)
        ]  # fmt: skip
    file = upload("\n".join(map(json.dumps, lines)).encode())
    method = {"type": kind, kind: {"hyperparameters": {"n_epochs": 3}}}
    job = strict.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file, method=method)
    assert job.hyperparameters.n_epochs == (3 if kind == "supervised" else None)
    job = over(strict, job)
    assert (job.status, job.error) == ("cancelled", None)
    assert job.method.type == kind


@pytest.mark.parametrize(
    ("training", "code", "message"),
    [
        (rows(11) + b'\n{"messages": []}', "invalid_training_file", "line 12"),
        (rows(11) + b"\n5", "invalid_training_file", "line 12, $: expected an object; got a number"),
        (rows(12).replace(b'"answer"', b'"solution"'), "invalid_variable", "line 5"),
        (b"", "invalid_n_examples", "Training file has 0 example(s), but must have at least 10 examples"),
    ],
)
def test_a_job_with_files_that_cannot_be_used_fails(strict, upload, asked, training, code, message):
    job = over(strict, strict.fine_tuning.jobs.create(**asked | {"training_file": upload(training)}))
    assert job.status == "failed"
    assert (job.error.code, job.error.param) == (code, "training_file")
    assert message in job.error.message
    last, *others = strict.fine_tuning.jobs.list_events(job.id).data
    assert last.level == "error"
    assert last.message.startswith("The dry run found ")
    assert last.message.endswith(f"NOT READY. {NOTHING}")
    assert any(event.level == "error" and message in event.message for event in others)


def test_a_validation_file_that_cannot_be_used_is_named(strict, upload, asked):
    job = over(strict, strict.fine_tuning.jobs.create(**asked | {"validation_file": upload(b"{}")}))
    assert job.status == "failed"
    assert (job.error.code, job.error.param) == ("invalid_validation_file", "validation_file")


def test_a_grader_that_pays_for_everything_fails_the_job(strict, asked, exact):
    deaf = {**exact, "input": "{{item.answer}}"}
    job = over(strict, strict.fine_tuning.jobs.create(**asked | {"method": reinforcement(deaf)}))
    assert job.status == "failed"
    assert (job.error.code, job.error.param) == ("sample_unread", None)


def test_a_file_that_was_deleted_fails_the_job(held, exact):
    server, wake = held
    with server.client() as client:
        job = create_on(client, exact)
        client.files.delete(job.training_file)
        wake(signal.SIGCONT)
        job = over(client, job)
    assert (job.status, job.error.code, job.error.param) == (
        "failed",
        "invalid_training_file",
        "training_file",
    )
    assert job.training_file in job.error.message


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"training_file": None}, "training_file", "invalid_type"),
        ({"training_file": "file-none"}, "training_file", None),
        ({"validation_file": "file-none"}, "validation_file", None),
        ({"validation_file": None}, "validation_file", "missing_required_parameter"),
        ({"model": "gpt-4o"}, "model", "invalid_value"),
        ({"suffix": "x" * 65}, "suffix", "invalid_value"),
        ({"seed": -1}, "seed", "invalid_value"),
        ({"seed": "1"}, "seed", "invalid_type"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
        ({"integrations": [{"type": "other"}]}, "integrations[0].type", "invalid_value"),
        ({"method": {"type": "other"}}, "method.type", "invalid_value"),
        ({"method": {}}, "method.type", "missing_required_parameter"),
        ({"method": {"type": "dpo", "reinforcement": {}}}, "method.reinforcement", "invalid_value"),
        ({"method": {"type": "reinforcement"}}, "method.reinforcement", "missing_required_parameter"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs", "invalid_value"),
        ({"hyperparameters": {"epochs": 1}}, "hyperparameters.epochs", "invalid_value"),
    ],
)
def test_a_job_that_the_service_would_refuse_is_400(server, asked, changes, param, code):
    answer = server.ask("POST", JOBS, asked | changes)
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code), answer.error


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"operation": "equals"}, ".operation", "invalid_value"),
        ({"input": None}, ".input", "invalid_type"),
        ({"type": "label_model"}, ".model", "missing_required_parameter"),
        ({"type": "text_similarity", "evaluation_metric": "cosine"}, ".evaluation_metric", "invalid_value"),
    ],
)
def test_a_job_whose_grader_cannot_be_used_is_400(server, asked, exact, changes, param, code):
    answer = server.ask("POST", JOBS, asked | {"method": reinforcement(exact | changes)})
    assert answer.status == 400
    path = f"method.reinforcement.grader{param}"
    assert (answer.error["param"], answer.error["code"]) == (path, code), answer.error


def test_a_file_for_something_else_trains_nothing(server, asked, upload):
    answer = server.ask("POST", JOBS, asked | {"training_file": upload(rows(12), "evals")})
    assert answer.status == 400
    assert answer.error["code"] == "invalid_file_purpose"


def test_unknown_fields_of_a_job_are_a_warning(strict, asked):
    job = over(strict, strict.fine_tuning.jobs.create(**asked, extra_body={"epochs": 3}))
    assert job.status == "cancelled"
    events = strict.fine_tuning.jobs.list_events(job.id).data
    assert events[0].message == f"The dry run passed: READY WITH WARNINGS. {NOTHING}"
    warned = [event for event in events if event.level == "warn"]
    assert ["epochs" in event.message for event in warned] == [True]


def test_integrations_are_shown_and_hear_nothing(strict, asked):
    given = [{"type": "wandb", "wandb": {"project": "sums", "tags": ["a"]}}]
    job = strict.fine_tuning.jobs.create(**asked, integrations=given)
    assert job.integrations[0].wandb.project == "sums"
    assert any("calls no other service" in said for said in messages(strict, job))


def test_a_job_of_azure_goes_by_what_azure_takes(server, client, exact, asked):
    root = server.url.removesuffix("/v1")
    azure = AzureOpenAI(azure_endpoint=root, api_key="any", api_version="2025-04-01-preview")
    options = {"model": "gpt-5", "training_file": asked["training_file"], "method": reinforcement(exact)}
    job = over(client, azure.fine_tuning.jobs.create(**options))
    assert job.status == "cancelled"
    assert server.ask("POST", JOBS, options).status == 400


def test_a_job_that_waits_is_paused_resumed_and_cancelled(held, exact):
    server, wake = held
    with server.client() as client:
        jobs, first = client.fine_tuning.jobs, create_on(client, exact)
        second = create_on(client, exact)
        assert jobs.pause(first.id).status == "paused"
        assert jobs.pause(first.id).status == "paused"
        assert jobs.cancel(second.id).status == "cancelled"
        third = create_on(client, exact)
        wake(signal.SIGCONT)
        over(client, third)
        assert jobs.retrieve(first.id).status == "paused"
        assert jobs.resume(first.id).status == "validating_files"
        first = over(client, first)
        assert first.status == "cancelled"
        said = messages(client, first)
        assert said.count("The job was paused.") == said.count("The job was resumed.") == 1
        assert messages(client, second)[0] == f"The job was cancelled. {NOTHING}"
        for change in (jobs.pause, jobs.resume):
            with pytest.raises(openai.BadRequestError) as caught:
                change(first.id)
            assert caught.value.code == "invalid_job_status"
        assert jobs.cancel(first.id) == first


def test_a_job_goes_on_when_the_runner_is_killed(held, exact):
    server, wake = held
    with server.client() as client:
        job = create_on(client, exact)
        wake(signal.SIGKILL)
        job = over(client, job)
        assert job.status == "cancelled"
        said = messages(client, job)
        assert len(said) == len(set(said))
    assert list((server.folder / "jobs").iterdir()) == []


@pytest.mark.parametrize("end", ["", "/events", "/checkpoints"])
def test_a_job_that_is_not_there_is_404(server, end):
    answer = server.ask("GET", f"{JOBS}/ftjob-none{end}")
    assert answer.status == 404
    assert answer.error["message"] == "No fine-tuning job found with id 'ftjob-none'."


@pytest.mark.parametrize("end", ["cancel", "pause", "resume"])
def test_a_job_that_is_not_there_cannot_be_changed(server, end):
    assert server.ask("POST", f"{JOBS}/ftjob-none/{end}").status == 404


@pytest.mark.one_database("a server more, for what the others show")
def test_a_python_grader_is_tried_out_in_the_sandbox(tmp_path, serving, confinement):
    source = "def grade(sample, item):\n    return float(item['answer'] in sample['output_text'])\n"
    with serving(tmp_path / "store", "--sandbox", confinement.level) as server, server.client() as client:
        job = over(client, create_on(client, {"type": "python", "name": "contains", "source": source}))
        last = client.fine_tuning.jobs.list_events(job.id).data[0]
    assert job.status == "cancelled", job.error
    assert last.data["probing"]["grades"] > 0
