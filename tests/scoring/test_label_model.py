"""label_model: one of the labels, exactly, or a failure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import Asking, load_grader
from graders.errors import REASONS
from graders.judges.scripted import ScriptedJudge

DOCUMENT = {
    "type": "label_model",
    "name": "tone",
    "model": "gpt-4o",
    "input": [{"role": "user", "content": "Label {{sample.output_text}}"}],
    "labels": ["good", "fair", "bad"],
    "passing_labels": ["good", "fair"],
}


def said(result):
    return json.dumps({"steps": [], "result": result})


def grader_of(*answers, **changes):
    return load_grader(DOCUMENT | changes, judge=ScriptedJudge(answers))


def test_a_passing_label_scores_1_and_passes_another_scores_0_and_does_not():
    grader = grader_of(said("good"), said("bad"), said("fair"))
    grades = list(grader.grades(grader.score([{}] * 3, ["a", "b", "c"])))
    assert [(grade.reward, grade.passed) for grade in grades] == [(1.0, True), (0.0, False), (1.0, True)]


def test_without_passing_labels_no_label_passes():
    assert grader_of(said("good"), passing_labels=[]).grade({}, "x").reward == 0.0


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ("Good", "'Good'"),
        (" good", "' good'"),
        ("", "''"),
        ("good, fair", "'good, fair'"),
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (["good"], "an array"),
    ],
)
def test_whatever_is_not_exactly_a_label_is_a_failure(result, shown):
    grade = grader_of(said(result)).grade({}, "x")
    (error,) = grade.errors
    assert (grade.reward, grade.passed) == (None, None)
    assert (error.reason, error.code) == ("not_a_label", REASONS["not_a_label"])
    assert error.detail == f"expected one of the labels 'good', 'fair', 'bad'; got {shown}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"refusal": "no"}, "refusal"),
        ({"text": said("good"), "finish_reason": "length"}, "token_limit"),
        ("good", "not_json"),
        ('"good"', "wrong_reply_shape"),
        ({"failure": {"reason": "server_error", "detail": "503"}}, "server_error"),
    ],
)
def test_other_failures_are_those_of_every_judge(answer, reason):
    grade = grader_of(answer).grade({}, "x")
    assert (grade.reward, [error.reason for error in grade.errors]) == (None, [reason])


@given(labels=st.lists(st.text(max_size=5), min_size=1, max_size=5, unique=True), data=st.data())
def test_every_label_is_recognised_whatever_its_letters(labels, data):
    label = data.draw(st.sampled_from(labels))
    passing = data.draw(st.lists(st.sampled_from(labels), unique=True))
    grade = grader_of(said(label), labels=labels, passing_labels=passing).grade({}, "x")
    assert grade.reward == float(label in passing)


def test_the_labels_are_the_enum_of_the_schema():
    asked = []

    def note(request):
        asked.append(request.response_schema)
        return said("good")

    load_grader(DOCUMENT, judge=ScriptedJudge(note)).grade({}, "x")
    assert asked[0]["name"] == "label_classification"
    assert asked[0]["description"] == "One of the labels."
    assert asked[0]["strict"] is True
    assert asked[0]["schema"]["properties"]["result"] == {"type": "string", "enum": ["good", "fair", "bad"]}
    assert list(asked[0]["schema"]["properties"]) == ["steps", "result"]


@pytest.mark.parametrize(("models", "asked_for"), [({"gpt-4o": "mine"}, "mine"), ({"o3": "mine"}, "gpt-4o")])
def test_another_model_is_asked_where_one_is_mapped(models, asked_for):
    asked = []

    def note(request):
        asked.append(request.model)
        return said("good")

    load_grader(DOCUMENT, judge=ScriptedJudge(note), asking=Asking(models=models)).grade({}, "x")
    assert asked == [asked_for]


def test_its_sampling_parameters_are_those_of_score_model():
    asked = []

    def note(request):
        asked.append(request)
        return said("good")

    changed = DOCUMENT | {"sampling_params": {"seed": 3, "max_completions_tokens": 9}}
    load_grader(changed, judge=ScriptedJudge(note)).grade({}, "x")
    assert (asked[0].seed, asked[0].max_tokens, asked[0].temperature) == (3, 9, 1.0)


def test_a_trace_holds_the_label():
    (trace,) = grader_of(said("bad")).grade({}, "x").traces
    assert list(trace) == ["grader", "model", "steps", "result", "usage", "raw"]
    assert (trace["grader"], trace["result"], trace["raw"]) == ("tone", "bad", said("bad"))


def test_in_a_multi_it_counts_as_1_or_0():
    part = {key: value for key, value in DOCUMENT.items() if key != "name"}
    document = {"type": "multi", "name": "m", "graders": {"tone": part}, "calculate_output": "2 * tone"}
    grader = load_grader(document, judge=ScriptedJudge([said("fair"), said("bad"), said("odd")]))
    scores = grader.score([{}] * 3, ["a", "b", "c"])
    assert scores.values[:2].tolist() == [2.0, 0.0]
    assert [error.grader for error in scores.row_errors(2)] == ["tone"]
