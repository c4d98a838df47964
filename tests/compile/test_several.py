"""Several graders in one document: lists, maps of names, eval bodies."""

import math
from typing import Any

import pytest

from graders import ConfigError, Options, evaluate, load_grader
from graders.compile import check_document
from graders.registry import default_registry

EXACT = {
    "type": "string_check", "name": "exact", "operation": "eq",
    "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
}  # fmt: skip
SIMILAR = {
    "type": "text_similarity", "name": "similar", "evaluation_metric": "fuzzy_match", "pass_threshold": 0.6,
    "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
}  # fmt: skip
EVAL = {
    "name": "capitals",
    "data_source_config": {"type": "custom", "item_schema": {"type": "object"}},
    "testing_criteria": [EXACT, SIMILAR],
}
ITEMS = [{"answer": "Paris"}, {"answer": "Paris"}, {"answer": "Paris"}, {}]
SAMPLES = ["Paris", "Pariss", "Rome", "Rome"]


@pytest.mark.parametrize("document", [[EXACT, SIMILAR], {"exact": EXACT, "similar": SIMILAR}, EVAL])
def test_each_grader_is_a_column_and_a_row_passes_where_all_pass(document: Any) -> None:
    grader = load_grader(document)
    grades = list(grader.grades(grader.score(ITEMS, SAMPLES)))
    assert [grade.reward for grade in grades] == [1.0, 0.0, 0.0, None]
    assert [grade.passed for grade in grades] == [True, False, False, None]
    assert [grade.sub_rewards["exact"] for grade in grades] == [1.0, 0.0, 0.0, None]
    assert [error.grader for error in grades[3].errors] == ["exact", "similar"]
    assert (grader.type, grader.pass_threshold) == ("several", 1.0)


def test_a_column_equals_the_grader_alone() -> None:
    several = load_grader(EVAL).score(ITEMS, SAMPLES)
    alone = load_grader(SIMILAR).score(ITEMS, SAMPLES)
    assert several.parts["similar"].values.tobytes() == alone.values.tobytes()


def test_an_eval_gives_its_name_and_a_list_has_none() -> None:
    assert load_grader(EVAL).name == "capitals"
    assert load_grader([EXACT]).name == "several"


def test_without_a_threshold_there_is_no_reward_and_no_error() -> None:
    grader = load_grader([EXACT, {**SIMILAR, "pass_threshold": None}])
    scores = grader.score(ITEMS[:1], SAMPLES[:1])
    grade = next(grader.grades(scores))
    assert math.isnan(scores.values[0])
    assert (grade.reward, grade.passed, grade.errors) == (None, None, ())
    assert grade.sub_rewards == {"exact": 1.0, "similar": 1.0}
    assert grader.pass_threshold is None


def test_a_pass_threshold_from_outside_goes_for_every_grader() -> None:
    grader = load_grader([EXACT, SIMILAR], options=Options(pass_threshold=0.95))
    assert [grade.reward for grade in grader.grades(grader.score(ITEMS[:2], SAMPLES[:2]))] == [1.0, 0.0]


def test_a_threshold_of_0_is_one_that_every_row_reaches() -> None:
    grader = load_grader([{**SIMILAR, "pass_threshold": 0.0}])
    assert [grade.reward for grade in grader.grades(grader.score(ITEMS[:3], SAMPLES[:3]))] == [1.0] * 3


def test_with_zero_a_failed_grader_is_no_failure_of_the_row() -> None:
    scores = load_grader(EVAL, options=Options(on_error="zero")).score(ITEMS, SAMPLES)
    assert (scores.name, scores.values.tolist()) == ("capitals", [1.0, 0.0, 0.0, 0.0])
    assert scores.error_codes.tolist() == [0, 0, 0, 0]


def test_with_zero_a_failed_grader_makes_makes_the_row_not_passed() -> None:
    grader = load_grader(EVAL, options=Options(on_error="zero"))
    grade = list(grader.grades(grader.score(ITEMS, SAMPLES)))[3]
    assert (grade.reward, grade.passed, dict(grade.sub_rewards)) == (
        0.0,
        False,
        {"exact": 0.0, "similar": 0.0},
    )
    assert len(grade.errors) == 2


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ([EXACT, {**EXACT, "reference": "x"}], ["exact", "exact 2"]),
        ([{**EXACT, "id": "exact-1"}, {**EXACT, "id": "exact-2"}], ["exact-1", "exact-2"]),
        ([{**EXACT, "name": None}, {**SIMILAR, "name": None}], ["string_check", "text_similarity"]),
        ([EXACT, EXACT, {**EXACT, "name": "exact 2"}], ["exact", "exact 2", "exact 2 3"]),
    ],
)
def test_every_grader_keeps_a_column_of_its_own(criteria: list[Any], expected: list[str]) -> None:
    assert list(load_grader(criteria).score(ITEMS, SAMPLES).parts) == expected


def test_what_evals_adds_to_a_criterion_is_no_unknown_field() -> None:
    stored = {**EXACT, "id": "exact-1", "grdr_id": None, "inactive_at": None}
    assert load_grader({"testing_criteria": [stored]}).warnings == ()


def test_problems_of_several_graders_come_at_once_each_with_its_path() -> None:
    wrong = {**EXACT, "operation": "equals"}
    with pytest.raises(ConfigError) as error:
        load_grader({"testing_criteria": [wrong, {**SIMILAR, "input": "{{answer}}"}]})
    paths = [problem.path for problem in error.value.problems]
    assert paths == ["$.testing_criteria[0].operation", "$.testing_criteria[1].input"]


@pytest.mark.parametrize("document", [[], {"testing_criteria": []}])
def test_no_grader_at_all_is_a_problem(document: Any) -> None:
    with pytest.raises(ConfigError, match="expected at least one grader; got none"):
        load_grader(document)


@pytest.mark.parametrize("document", [{1: EXACT}, {None: EXACT, "similar": SIMILAR}, {("a", "b"): EXACT}])
def test_names_of_graders_are_texts(document: Any) -> None:
    with pytest.raises(ConfigError, match=r"^\$: missing field 'type'"):
        load_grader(document)


def test_a_map_may_name_a_grader_type() -> None:
    assert list(load_grader({"type": EXACT, "other": SIMILAR}).score([], []).parts) == ["type", "other"]


def test_a_run_of_an_eval_body_writes_each_grader_as_a_sub_reward(tmp_path: Any) -> None:
    rows = [{"item": item, "sample": sample} for item, sample in zip(ITEMS, SAMPLES, strict=True)]
    results = evaluate(load_grader(EVAL), rows, out=tmp_path / "run")
    assert results.about["grader"]["document"] == EVAL
    assert results.summary.passed is not None
    assert (results.summary.rows, results.summary.scored, results.summary.passed.count) == (4, 3, 1)
    assert list(results.summary.sub_rewards) == ["exact", "similar"]


MULTI = {
    "type": "multi", "name": "both", "calculate_output": "exact + similar",
    "graders": {"exact": EXACT, "similar": {**SIMILAR, "evaluation_metric": "cosine"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "place", "expected"),
    [
        (EXACT, "run", []),
        (EXACT, "evals", []),
        (
            {**SIMILAR, "pass_threshold": None},
            "evals",
            ["$: Evals needs 'pass_threshold' in a text_similarity grader"],
        ),
        ({**SIMILAR, "pass_threshold": None}, "rft", []),
        (
            {**SIMILAR, "evaluation_metric": "cosine"},
            "run",
            ["$.evaluation_metric: /graders/run refuses cosine"],
        ),
        ({**SIMILAR, "evaluation_metric": "cosine"}, "evals", []),
        (
            MULTI,
            "rft",
            ["$.graders.similar.evaluation_metric: a reinforcement job refuses cosine inside a multi grader"],
        ),
        (
            [EXACT, SIMILAR],
            "rft",
            ["$: a reinforcement job takes one grader; combine several by a multi grader"],
        ),
        ([EXACT, SIMILAR], "evals", []),
    ],
)
def test_each_hosted_service_has_its_own_rules(document: Any, place: Any, expected: list[str]) -> None:
    findings = check_document(document, default_registry())
    assert [str(problem) for problem in findings.refusals[place]] == expected


def test_evals_refuses_a_multi_and_the_others_a_label_model_of_its_own() -> None:
    label = {
        "type": "label_model", "name": "tone", "model": "m", "labels": ["a"], "passing_labels": ["a"],
        "input": [{"role": "user", "content": "x"}],
    }  # fmt: skip
    findings = check_document({**MULTI, "graders": {"tone": label, "exact": EXACT}}, default_registry())
    assert [problem.path for problem in findings.refusals["evals"]] == ["$.type"]
    assert findings.refusals["rft"] == ()
    assert [problem.path for problem in check_document(label, default_registry()).refusals["run"]] == [
        "$.type"
    ]


def test_only_what_no_hosted_service_takes_is_hinted_at_when_it_is_run() -> None:
    accepted = check_document({**MULTI, "graders": {"exact": EXACT}}, default_registry())
    refused = check_document(MULTI, default_registry())
    assert accepted.refused_everywhere == ()
    assert len(refused.refused_everywhere) == 4


LEGACY = {
    "type": "multi",
    "graders": [{**EXACT, "operation": "contains"}, {**EXACT, "name": "other", "operation": "neq"}],
    "calculate_output": "exact + other",
}


def test_old_forms_load_on_request_only() -> None:
    with pytest.raises(ConfigError):
        load_grader(LEGACY)
    grade = load_grader(LEGACY, options=Options(legacy=True)).grade({"answer": "Par"}, "Paris")
    assert dict(grade.sub_rewards) == {"exact": 1.0, "other": 1.0}


@pytest.mark.parametrize("operation", [[], {}, None, 5])
def test_an_operation_that_is_no_text_is_no_old_form(operation: Any) -> None:
    with pytest.raises(ConfigError, match=r"^\$\.operation: expected one of eq, ne, like, ilike; got "):
        load_grader({**EXACT, "operation": operation}, options=Options(legacy=True))


def test_old_forms_are_found_inside_eval_bodies_lists_and_maps() -> None:
    old = {**EXACT, "operation": "neq"}
    for document in (
        [old],
        {"a": old},
        {"testing_criteria": [old]},
        {**LEGACY, "graders": {"exact": old, "other": old}},
    ):
        assert load_grader(document, options=Options(legacy=True)).grade({"answer": "a"}, "b").errors == ()


def test_a_list_of_graders_without_names_of_their_own_stays_a_problem() -> None:
    nameless = {**LEGACY, "graders": [EXACT, EXACT]}
    with pytest.raises(ConfigError, match="an object that maps names to graders; got an array"):
        load_grader(nameless, options=Options(legacy=True))
