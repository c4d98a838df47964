"""`/fine_tuning/alpha/graders/run` and `/validate`, by the official client and by hand."""

import re

import openai
import pytest

pytestmark = pytest.mark.one_database("what is graded for whoever asks is not stored")

RUN, VALIDATE = "/v1/fine_tuning/alpha/graders/run", "/v1/fine_tuning/alpha/graders/validate"
FLAGS = [
    "formula_parse_error", "sample_parse_error", "sample_parse_error_details",
    "truncated_observation_error", "unresponsive_reward_error", "invalid_variable_error",
    "invalid_variable_error_details", "other_error", "python_grader_server_error",
    "python_grader_server_error_type", "python_grader_runtime_error", "python_grader_runtime_error_details",
    "model_grader_server_error", "model_grader_refusal_error", "model_grader_refusal_error_details",
    "model_grader_parse_error", "model_grader_parse_error_details",
    "model_grader_exceeded_max_tokens_error", "model_grader_server_error_details",
    "endpoint_grader_internal_error", "endpoint_grader_internal_error_details",
    "endpoint_grader_server_error", "endpoint_grader_server_error_details",
    "endpoint_grader_safety_check_error",
]  # fmt: skip
# Source: the body that the hosted service sent, README of eval-protocol/openai-rft-quickstart.
WRATIO = (
    "from rapidfuzz import fuzz, utils\n\n"
    "def grade(sample, item):\n"
    '    output_text = sample["output_text"]\n'
    '    reference_answer = item["reference_answer"]\n'
    "    return fuzz.WRatio(output_text, reference_answer, processor=utils.default_process) / 100.0\n"
)
MISSING = "missing_required_parameter"
NAME = re.compile(r"grader-[A-Za-z0-9]{12}")


def test_the_body_of_run_has_the_published_keys_in_the_published_order(server, exact):
    given = {"grader": exact, "model_sample": "Paris", "item": {"answer": "Paris"}}
    actual = server.ask("POST", RUN, given).body
    assert list(actual) == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]
    assert list(actual["metadata"]) == [
        "name", "type", "errors", "execution_time", "scores", "token_usage", "sampled_model_name",
    ]  # fmt: skip
    errors = actual["metadata"]["errors"]
    assert list(errors) == FLAGS
    assert [errors[flag] for flag in FLAGS] == [
        None if "detail" in f or "type" in f else False for f in FLAGS
    ]
    assert actual["reward"] == 1.0
    assert actual["metadata"]["name"] == "exact"


def test_a_python_grader_gives_the_published_reward(tmp_path, serving, confinement):
    grader = {"type": "python", "source": WRATIO}
    with serving(tmp_path / "store", "--sandbox", confinement.level) as server:
        client = server.client()
        actual = client.fine_tuning.alpha.graders.run(
            grader=grader, item={"reference_answer": "fuzzy wuzzy had no hair"},
            model_sample="fuzzy wuzzy was a bear",
        )  # fmt: skip
        assert actual.reward == 0.7555555555555555
        assert NAME.fullmatch(actual.metadata.name)
        raised = client.fine_tuning.alpha.graders.run(
            grader={"type": "python", "source": "def grade(sample, item):\n    raise KeyError('x')"},
            model_sample="",
        )
        assert raised.reward == 0.0
        assert raised.metadata.errors.python_grader_runtime_error is True
        shown = client.fine_tuning.alpha.graders.validate(grader=grader)
        assert NAME.fullmatch(shown.grader.name)
        raw = server.ask("POST", VALIDATE, {"grader": grader}).body["grader"]
        assert list(raw) == ["type", "source", "name"]
        broken = server.ask("POST", VALIDATE, {"grader": {"type": "python", "source": "def grade("}})
        assert broken.status == 400


def test_sources_do_not_run_where_the_sandbox_cannot_be_had(tmp_path, serving):
    given = {"grader": {"type": "python", "source": WRATIO}, "model_sample": "x", "item": {}}
    with serving(tmp_path / "store", "--sandbox-python", "/bin/false") as server:
        answer = server.ask("POST", RUN, given)
    errors = answer.body["metadata"]["errors"]
    assert answer.status == 200
    assert answer.body["reward"] == 0.0
    assert errors["python_grader_server_error"] is True
    assert errors["python_grader_server_error_type"] == "unauthorized_error"


def test_a_row_that_cannot_be_graded_is_a_zero_with_a_flag(client, exact):
    actual = client.fine_tuning.alpha.graders.run(grader=exact, model_sample="x", item={})
    assert actual.reward == 0.0
    assert actual.metadata.errors.invalid_variable_error is True


def test_reference_answer_stands_for_an_item(server, exact):
    grader = {**exact, "reference": "{{item.reference_answer}}"}
    given = {"grader": grader, "model_sample": "x", "reference_answer": "x"}
    assert server.ask("POST", RUN, given).body["reward"] == 1.0


def test_a_multi_grader_tells_its_sub_rewards(client, exact, fuzzy):
    parts = {"exact": exact, "near": fuzzy}
    grader = {"type": "multi", "name": "both", "graders": parts, "calculate_output": "0.5 * (exact + near)"}
    actual = client.fine_tuning.alpha.graders.run(
        grader=grader, model_sample="Pari", item={"answer": "Paris"}
    )
    assert actual.sub_rewards == {"exact": 0.0, "near": pytest.approx(8 / 9)}
    assert actual.reward == pytest.approx(4 / 9)


def test_one_grader_in_the_place_of_a_map_is_refused_in_the_published_words(client, exact):
    grader = {"type": "multi", "name": "m", "graders": exact, "calculate_output": "exact"}
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.alpha.graders.validate(grader=grader)
    expected = (
        "Multigrader validation test failed: 400: "
        "Invalid type for 'graders.input': expected an object, but got a string instead."
    )
    assert caught.value.body["message"] == expected
    assert caught.value.code is None
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("grader", "code", "message"),
    [
        ({"type": "string_check"}, MISSING, "Missing required parameter: 'grader.input'."),
        ({}, MISSING, "Missing required parameter: 'grader.type'."),
        (
            {"type": "string_check", "input": "a", "reference": "b", "operation": "equals"},
            "invalid_value",
            "Invalid value: 'equals'. Supported values are: 'eq', 'ne', 'like', and 'ilike'.",
        ),
        (
            {"type": "string_check", "input": 5, "reference": "b", "operation": "eq"},
            "invalid_type",
            "Invalid type for 'grader.input': expected a string, but got an integer instead.",
        ),
        (
            {"type": "multi", "name": "m", "graders": [], "calculate_output": "1"},
            "invalid_type",
            "Invalid type for 'graders': expected an object, but got an array instead.",
        ),
        ("x", "invalid_type", "Invalid type for 'grader': expected an object, but got a string instead."),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_used_is_400_in_the_words_of_the_api(server, grader, code, message):
    for path in (RUN, VALIDATE):
        answer = server.ask("POST", path, {"grader": grader, "model_sample": "x"})
        assert answer.status == 400
        assert answer.error["message"] == message
        assert answer.error["code"] == code
        assert list(answer.error) == ["message", "type", "param", "code"]


def test_what_the_hosted_endpoint_refuses_is_refused(server, fuzzy):
    label = {
        "type": "label_model", "model": "m", "labels": ["a"], "passing_labels": ["a"],
        "input": [{"role": "user", "content": "x"}],
    }  # fmt: skip
    for grader in (label, {**fuzzy, "evaluation_metric": "cosine"}):
        assert server.ask("POST", VALIDATE, {"grader": grader}).status == 400


def test_a_model_grader_without_a_judge_is_400(server):
    grader = {"type": "score_model", "model": "m", "input": [{"role": "user", "content": "x"}]}
    answer = server.ask("POST", RUN, {"grader": grader, "model_sample": "x"})
    assert answer.status == 400
    assert "judge" in answer.error["message"]


def test_unknown_fields_are_echoed(server, exact):
    grader = {**exact, "pass_threshold": 1, "mine": [1, {"a": None}]}
    assert server.ask("POST", VALIDATE, {"grader": grader}).body == {"grader": grader}
