"""multi: the formula over the parts, and what a failed part does to the total in both modes."""

import math

import numpy as np
import pytest

from graders import Options, load_grader
from graders.batch import Batch
from graders.errors import Code, Failure

ZERO = Options(on_error="zero")


def equals(key):
    """Make a grader that gives 1.0 where `item.<key>` is `yes`, and fails where it is absent."""
    return {"type": "string_check", "input": f"{{{{item.{key}}}}}", "reference": "yes", "operation": "eq"}


def multi(formula, *keys, options=None):
    graders = {key: equals(key) for key in keys}
    document = {"type": "multi", "name": "total", "graders": graders, "calculate_output": formula}
    return load_grader(document, options=options)


def found(scores, row):
    """List the errors of a row: code, reason, the grader that met it."""
    return [(error.code.name, error.reason, error.grader) for error in scores.row_errors(row)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a", [1.0, 1.0, 0.0, 0.0]),
        ("(a + b) / 2", [1.0, 0.5, 0.5, 0.0]),
        ("0.75 * a + 0.25 * b", [1.0, 0.75, 0.25, 0.0]),
        ("min(a, b) - max(a, b)", [0.0, -1.0, -1.0, 0.0]),
        ("10 * a - 3", [7.0, 7.0, -3.0, -3.0]),
        ("a ^ b", [1.0, 1.0, 0.0, 1.0]),
        ("2", [2.0, 2.0, 2.0, 2.0]),
    ],
)
def test_the_total_is_what_the_formula_gives_and_not_clamped(formula, expected):
    rows = [{"a": a, "b": b} for a in ("yes", "no") for b in ("yes", "no")]
    assert multi(formula, "a", "b").score(rows).values.tolist() == expected


def test_the_parts_are_kept_under_their_keys_whatever_their_names():
    document = {
        "type": "multi",
        "graders": {"first": equals("a") | {"name": "other"}, "type": equals("b")},
        "calculate_output": "first",
    }
    scores = load_grader(document).score([{"a": "yes", "b": "no"}])
    assert {key: part.values.tolist() for key, part in scores.parts.items()} == {
        "first": [1.0],
        "type": [0.0],
    }
    assert [part.name for part in scores.parts.values()] == ["first", "type"]


def test_without_a_reward_of_a_part_the_total_has_none_and_carries_its_code():
    scores = multi("(a + b) / 2", "a", "b").score([{"a": "yes", "b": "yes"}, {"a": "yes"}, {}])
    assert scores.values[0] == 1.0
    assert np.isnan(scores.values[1:]).all()
    assert scores.error_codes.tolist() == [0, Code.invalid_variable_error, Code.invalid_variable_error]
    assert scores.error_details == {}


def test_a_failed_part_that_the_formula_does_not_name_leaves_no_total_either():
    scores = multi("a", "a", "b").score([{"a": "yes"}])
    assert math.isnan(scores.values[0])
    assert found(scores, 0) == [("invalid_variable_error", "missing_variable", "b")]


def test_the_total_carries_the_code_of_the_first_part_that_failed():
    document = {
        "type": "multi",
        "graders": {
            "fine": equals("a"),
            "json": equals("a") | {"input": "{{sample.output_json.x}}"},
            "b": equals("b"),
        },
        "calculate_output": "fine * json * b",
    }
    scores = load_grader(document).score([{"a": "yes"}], ["no json"])
    assert scores.error_codes.tolist() == [Code.sample_parse_error]
    assert found(scores, 0) == [
        ("sample_parse_error", "sample_not_json", "json"),
        ("invalid_variable_error", "missing_variable", "b"),
    ]


def test_with_zero_a_failed_part_counts_nothing_and_the_total_stands():
    scores = multi("(a + b) / 2", "a", "b", options=ZERO).score([{"a": "yes"}, {"b": "no"}, {}])
    assert scores.values.tolist() == [0.5, 0.0, 0.0]
    assert scores.error_codes.tolist() == [0, 0, 0]
    assert scores.failed_rows().tolist() == [True, True, True]
    assert scores.parts["b"].error_codes.tolist() == [
        Code.invalid_variable_error,
        0,
        Code.invalid_variable_error,
    ]
    assert np.isnan(scores.parts["b"].values).tolist() == [True, False, True]


def test_with_zero_a_constant_formula_gives_its_constant_to_failed_rows_too():
    assert multi("3", "a", options=ZERO).score([{}]).values.tolist() == [3.0]


@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
@pytest.mark.parametrize(
    "formula", ["1 / a", "log(a)", "sqrt(a - 1)", "(a - 1) ^ 0.5", "exp(1000 - a)", "a / a"]
)
def test_where_the_formula_gives_no_finite_number_the_row_fails(formula, options):
    grader = multi(formula, "a", options=options)
    scores = grader.score([{"a": "no"}])
    assert math.isnan(scores.values[0])
    assert found(scores, 0) == [("other_error", "formula_not_finite", "total")]
    (grade,) = grader.grades(scores)
    assert grade.errors[0].detail == f"the formula {formula!r} gives no finite number"
    assert grade.reward == (0.0 if options is ZERO else None)


def test_a_failed_part_is_not_blamed_on_the_formula_as_well():
    scores = multi("1 / a", "a").score([{}])
    assert found(scores, 0) == [("invalid_variable_error", "missing_variable", "a")]


def test_with_zero_a_failed_part_may_make_the_formula_fail_and_both_are_said():
    scores = multi("1 / a", "a", options=ZERO).score([{}])
    assert found(scores, 0) == [
        ("other_error", "formula_not_finite", "total"),
        ("invalid_variable_error", "missing_variable", "a"),
    ]


@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
def test_each_failed_part_is_listed_once_under_its_key(options):
    scores = multi("a + b + c", "a", "b", "c", options=options).score([{"b": "yes"}])
    assert found(scores, 0) == [
        ("invalid_variable_error", "missing_variable", "a"),
        ("invalid_variable_error", "missing_variable", "c"),
    ]


@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
@pytest.mark.parametrize("formula", ["a + b", "1 / a", "3"])
def test_an_unreadable_row_fails_once_whatever_the_formula(formula, options):
    grader = multi(formula, "a", "b", options=options)
    failure = Failure("malformed_json", "line 2: expecting value")
    batch = Batch([{"a": "yes", "b": "yes"}, None], [None, None], {1: failure})
    scores = grader.score_batch(batch)
    assert math.isnan(scores.values[1])
    assert scores.error_codes.tolist() == [0, Code.row_parse_error]
    assert found(scores, 1) == [("row_parse_error", "malformed_json", "total")]


def test_no_rows_give_no_scores():
    scores = multi("a / b", "a", "b").score([])
    assert (scores.values.shape, scores.error_codes.dtype) == ((0,), np.uint8)
