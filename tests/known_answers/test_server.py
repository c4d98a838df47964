"""The server against answers of the hosted service.

Sources: README of eval-protocol/openai-rft-quickstart (a validated grader gets a name); a public transcript
of `/graders/run` in an organisation that may not run sources; the reports of one grader in the place of a map
at openai/openai-openapi and openai/openai-python; public transcripts of fine-tuning jobs that failed.
"""

import json
import re
import time

import openai
import pytest

WRATIO = {
    "type": "python",
    "source": (
        "from rapidfuzz import fuzz, utils\n"
        "\n"
        "def grade(sample, item):\n"
        '    output, reference = sample["output_text"], item["reference_answer"]\n'
        "    return fuzz.WRatio(output, reference, processor=utils.default_process) / 100\n"
    ),
}
ROW = {"item": {"reference_answer": "fuzzy wuzzy had no hair"}, "model_sample": "fuzzy wuzzy was a bear"}
CHECK = {"type": "string_check", "name": "x", "input": "a", "reference": "a", "operation": "eq"}
JOB_ERROR = {
    "code": "invalid_n_examples",
    "message": "Training file has 7 example(s), but must have at least 10 examples",
    "param": "training_file",
}


@pytest.fixture(scope="module")
def server(serving, tmp_path_factory):
    """A server whose sandbox cannot be had."""
    with serving(tmp_path_factory.mktemp("known") / "store", "--sandbox-python", "/bin/false") as server:
        yield server


def test_a_source_that_may_not_run_is_a_zero_with_unauthorized_error(server):
    graders = server.client(_strict_response_validation=True).fine_tuning.alpha.graders
    actual = graders.run(grader=WRATIO, **ROW)
    errors = actual.metadata.errors
    assert actual.reward == 0.0
    assert errors.python_grader_server_error is True
    assert errors.python_grader_server_error_type == "unauthorized_error"
    flags = {name for name, value in errors.to_dict().items() if value is True}
    assert flags == {"python_grader_server_error"}


def test_the_same_source_earns_the_published_reward_where_it_may_run(serving, tmp_path, confinement):
    with serving(tmp_path / "store", "--sandbox", confinement.level) as server:
        answer = server.ask("POST", "/v1/fine_tuning/alpha/graders/run", {"grader": WRATIO, **ROW}).body
    assert answer["reward"] == 0.7555555555555555
    assert not any(answer["metadata"]["errors"].values())
    assert re.fullmatch(r"grader-[A-Za-z0-9]{12}", answer["metadata"]["name"])


def test_a_grader_without_a_name_gets_one(serving, tmp_path, confinement):
    with serving(tmp_path / "store", "--sandbox", confinement.level) as server:
        shown = server.ask("POST", "/v1/fine_tuning/alpha/graders/validate", {"grader": WRATIO}).body[
            "grader"
        ]
    assert list(shown) == ["type", "source", "name"]
    assert shown | WRATIO == shown
    assert re.fullmatch(r"grader-[A-Za-z0-9]{12}", shown["name"])


def test_one_grader_in_the_place_of_a_map_is_refused(server):
    grader = {"type": "multi", "name": "m", "graders": CHECK, "calculate_output": "x"}
    with pytest.raises(openai.BadRequestError) as caught:
        server.client().fine_tuning.alpha.graders.validate(grader=grader)
    expected = (
        "Multigrader validation test failed: 400: "
        "Invalid type for 'graders.input': expected an object, but got a string instead."
    )
    assert caught.value.body["message"] == expected


def test_a_job_of_seven_examples_fails(server):
    line = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}
    data = "\n".join(json.dumps(line | {"n": n}) for n in range(7)).encode()
    client = server.client(_strict_response_validation=True)
    file = client.files.create(file=("seven.jsonl", data), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
    while job.status == "validating_files":
        time.sleep(0.02)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "failed"
    assert job.error.to_dict() == JOB_ERROR
