"""Scores and grades: numbers beside reasons, and the body that goes over the wire."""

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import REASONS, Code, Failure, RowError, hosted_flags
from graders.scores import Grade, Scores, first_codes

MISSING = Failure("missing_variable", "Variable 'item.x' was not found.")
NOT_JSON = Failure("sample_not_json", "not JSON")
UNREADABLE = Failure("malformed_json", "line 3")


def scores_of(name, n, failures=None, **fields):
    made = Scores.of(name, np.ones(n), failures or {})
    return Scores(made.name, made.values, made.error_codes, made.error_details, **fields)


def found(scores, row):
    return [(error.grader, error.reason) for error in scores.row_errors(row)]


def test_a_failed_row_has_no_value_and_its_code():
    scores = Scores.of("s", np.array([0.5, 0.25, 1.0]), {1: MISSING})
    assert scores.values[[0, 2]].tolist() == [0.5, 1.0]
    assert math.isnan(scores.values[1])
    assert scores.error_codes.tolist() == [0, Code.invalid_variable_error, 0]
    assert scores.error_details == {1: MISSING}
    assert len(scores) == 3


def test_making_scores_leaves_the_values_that_were_given():
    values = np.array([1.0, 2.0])
    Scores.of("s", values, {0: MISSING})
    assert values.tolist() == [1.0, 2.0]


def test_whole_numbers_become_floats():
    scores = Scores.of("s", np.array([1, 0]), {})
    assert (scores.values.dtype, scores.error_codes.dtype) == (np.float64, np.uint8)


@given(
    values=st.lists(st.floats(allow_nan=False), max_size=6),
    failures=st.dictionaries(st.integers(0, 5), st.sampled_from(sorted(REASONS))),
)
def test_a_value_is_nan_if_and_only_if_there_is_a_code(values, failures):
    kept = {row: Failure(reason, "") for row, reason in failures.items() if row < len(values)}
    scores = Scores.of("s", np.array(values), kept)
    assert np.isnan(scores.values).tolist() == (scores.error_codes != 0).tolist()
    assert scores.failed_rows().tolist() == [row in kept for row in range(len(values))]


def test_errors_of_parts_go_by_their_keys_and_come_after_the_own():
    parts = {"a": scores_of("x", 2, {0: MISSING}), "b": scores_of("y", 2, {0: NOT_JSON, 1: NOT_JSON})}
    scores = scores_of("total", 2, {0: Failure("formula_not_finite", "")}, parts=parts)
    assert found(scores, 0) == [
        ("total", "formula_not_finite"),
        ("a", "missing_variable"),
        ("b", "sample_not_json"),
    ]
    assert found(scores, 1) == [("b", "sample_not_json")]


def test_a_part_of_a_part_goes_by_both_keys():
    inner = scores_of(
        "total", 1, parts={"match": scores_of("m", 1, {0: MISSING}), "total": scores_of("t", 1, {0: MISSING})}
    )
    scores = scores_of("several", 1, parts={"total": inner})
    assert [grader for grader, _ in found(scores, 0)] == ["total.match", "total.total"]


def test_an_unreadable_row_is_said_once():
    part = scores_of("a", 1, {0: UNREADABLE})
    assert found(scores_of("total", 1, {0: UNREADABLE}, parts={"a": part}), 0) == [
        ("total", "malformed_json")
    ]


def test_a_row_is_failed_where_any_part_failed():
    part = scores_of("a", 3, {2: MISSING})
    scores = scores_of("total", 3, {0: MISSING}, parts={"a": scores_of("b", 3, parts={"c": part})})
    assert scores.failed_rows().tolist() == [True, False, True]


def test_a_row_that_is_only_unscored_did_not_fail():
    codes = np.array([Code.unscored, Code.ok], dtype=np.uint8)
    scores = Scores("several", np.array([np.nan, 1.0]), codes)
    assert scores.failed_rows().tolist() == [False, False]
    assert found(scores, 0) == []


def test_the_first_part_with_a_code_gives_its_code():
    parts = [scores_of("a", 3, {1: MISSING}), scores_of("b", 3, {1: NOT_JSON, 2: NOT_JSON})]
    codes = first_codes(parts, 3)
    assert codes.tolist() == [0, Code.invalid_variable_error, Code.sample_parse_error]
    assert codes.dtype == np.uint8
    assert first_codes([], 2).tolist() == [0, 0]


def test_cautions_are_counted_together_with_those_of_the_parts():
    deep = scores_of("b", 3, cautions={"odd": 2, "rare": 1})
    whole = scores_of("a", 3, cautions={"odd": 3}, parts={"b": deep, "c": scores_of("c", 3)})
    assert whole.all_cautions() == {"odd": 5, "rare": 1}


def test_scores_survive_pickling():
    scores = scores_of("total", 2, {0: MISSING}, parts={"a": scores_of("a", 2)})
    again = pickle.loads(pickle.dumps(scores))
    assert (found(again, 0), again.error_codes.tolist()) == (found(scores, 0), scores.error_codes.tolist())


def test_the_body_of_a_grade_is_the_hosted_one():
    grade = Grade("grader-5XXSBZ9B1OJj", "python", 0.7555555555555555, None)
    assert grade.to_hosted(6.83) == {
        "reward": 0.7555555555555555,
        "metadata": {
            "name": "grader-5XXSBZ9B1OJj",
            "type": "python",
            "errors": hosted_flags([]),
            "execution_time": 6.83,
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": {},
        "model_grader_token_usage_per_model": {},
    }


def test_the_keys_of_the_body_stand_in_the_observed_order():
    body = Grade("g", "multi", 1.0, True).to_hosted(0.0)
    assert list(body) == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]
    assert list(body["metadata"]) == [
        "name",
        "type",
        "errors",
        "execution_time",
        "scores",
        "token_usage",
        "sampled_model_name",
    ]


def test_over_the_wire_a_truncated_sample_is_a_flag_and_keeps_its_reward():
    body = Grade("g", "multi", 0.5, True, truncated=True).to_hosted(0.0)
    flags = {name: flag for name, flag in body["metadata"]["errors"].items() if flag}
    assert (body["reward"], flags) == (0.5, {"truncated_observation_error": True})


@pytest.mark.parametrize("reward", [None, 0.0])
def test_over_the_wire_a_failure_is_zero_with_flags(reward):
    error = RowError(Code.invalid_variable_error, "missing_variable", MISSING.detail, "a")
    body = Grade("g", "multi", reward, None, {"a": None, "b": 0.5}, (error,)).to_hosted(0.1)
    assert (body["reward"], body["sub_rewards"]) == (0.0, {"a": 0.0, "b": 0.5})
    errors = body["metadata"]["errors"]
    assert errors["invalid_variable_error"] is True
    assert errors["invalid_variable_error_details"] == MISSING.detail
    assert json.loads(json.dumps(body, allow_nan=False)) == body
