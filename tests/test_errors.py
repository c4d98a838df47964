"""Exceptions, codes and reasons, and their translation to the hosted flags."""

import pickle

import pytest

import graders
from graders.errors import (
    REASONS,
    Code,
    ConfigError,
    ConfigWarning,
    DataError,
    Failure,
    GradersError,
    MissingExtraError,
    Problem,
    RowError,
    RunError,
    RunStoppedError,
    hosted_flags,
)

DEFAULTS = {
    "formula_parse_error": False,
    "sample_parse_error": False,
    "sample_parse_error_details": None,
    "truncated_observation_error": False,
    "unresponsive_reward_error": False,
    "invalid_variable_error": False,
    "invalid_variable_error_details": None,
    "other_error": False,
    "python_grader_server_error": False,
    "python_grader_server_error_type": None,
    "python_grader_runtime_error": False,
    "python_grader_runtime_error_details": None,
    "model_grader_server_error": False,
    "model_grader_refusal_error": False,
    "model_grader_refusal_error_details": None,
    "model_grader_parse_error": False,
    "model_grader_parse_error_details": None,
    "model_grader_exceeded_max_tokens_error": False,
    "model_grader_server_error_details": None,
    "endpoint_grader_internal_error": False,
    "endpoint_grader_internal_error_details": None,
    "endpoint_grader_server_error": False,
    "endpoint_grader_server_error_details": None,
    "endpoint_grader_safety_check_error": False,
}
"""What the hosted run endpoint was observed to send for a row without errors, in its order."""

OURS = (Code.row_parse_error, Code.embedding_error)


def error_of(code, detail="why"):
    return RowError(code, "reason", detail, "grader")


def test_without_errors_the_24_flags_stand_at_their_defaults_in_the_observed_order():
    flags = hosted_flags([])
    assert list(flags.items()) == list(DEFAULTS.items())
    assert len(flags) == 24


@pytest.mark.parametrize("code", [code for code in Code if code.name in DEFAULTS])
def test_a_code_sets_its_flag_and_its_details(code):
    expected = DEFAULTS | {code.name: True}
    for key, value in ((f"{code.name}_details", "why"), (f"{code.name}_type", "reason")):
        if key in DEFAULTS:
            expected[key] = value
    assert list(hosted_flags([error_of(code)]).items()) == list(expected.items())


def test_every_hosted_flag_has_a_code():
    flags = {key for key, default in DEFAULTS.items() if default is False}
    assert flags == {code.name for code in Code} - {"ok", "unscored", *(code.name for code in OURS)}


@pytest.mark.parametrize("code", OURS)
def test_a_code_that_the_hosted_service_does_not_know_is_an_other_error(code):
    assert hosted_flags([error_of(code)]) == DEFAULTS | {"other_error": True}


def test_the_first_error_of_a_kind_gives_the_details():
    errors = [
        error_of(Code.sample_parse_error, "first"),
        error_of(Code.invalid_variable_error, "other kind"),
        error_of(Code.sample_parse_error, "second"),
    ]
    assert hosted_flags(iter(errors)) == DEFAULTS | {
        "sample_parse_error": True,
        "sample_parse_error_details": "first",
        "invalid_variable_error": True,
        "invalid_variable_error_details": "other kind",
    }


def test_flags_are_true_booleans():
    flags = hosted_flags([error_of(Code.other_error)])
    assert {type(value) for value in flags.values()} == {bool, type(None)}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_belongs_to_a_code(reason):
    code = Failure(reason, "").code
    assert isinstance(code, Code)
    assert code not in (Code.ok, Code.unscored)


def test_codes_fit_in_a_byte_and_ok_is_zero():
    assert Code.ok == 0
    assert sorted(Code) == list(range(len(Code)))
    assert max(Code) < 256


def test_a_row_error_is_written_with_the_name_of_its_code():
    error = RowError(Code.sample_parse_error, "sample_not_json", "why", "match")
    assert error.to_dict() == {
        "code": "sample_parse_error",
        "reason": "sample_not_json",
        "detail": "why",
        "grader": "match",
    }


PROBLEMS = [Problem("$.a", "expected a number; got 'x'"), Problem("$", "missing field 'b'")]


def test_a_config_error_lists_every_problem_on_a_line():
    error = ConfigError(PROBLEMS)
    assert str(error) == "$.a: expected a number; got 'x'\n$: missing field 'b'"
    assert error.problems == tuple(PROBLEMS)


def test_an_error_for_a_missing_extra_says_how_to_install_it():
    error = MissingExtraError("the server", "server")
    assert str(error) == "the server needs an extra: pip install 'local-graders[server]'"


@pytest.mark.parametrize(
    "error",
    [
        ConfigError(PROBLEMS),
        DataError("data"),
        RunError("run"),
        RunStoppedError("stopped"),
        MissingExtraError("the server", "server"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_is_a_graders_error_and_survives_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, GradersError)
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "also"),
    [
        (ConfigError, ValueError),
        (DataError, ValueError),
        (MissingExtraError, ImportError),
        (RunStoppedError, RunError),
        (ConfigWarning, UserWarning),
    ],
)
def test_errors_are_what_python_programs_already_catch(error, also):
    assert issubclass(error, also)


@pytest.mark.parametrize(
    "name",
    [
        "GradersError",
        "ConfigError",
        "DataError",
        "RunError",
        "RunStoppedError",
        "MissingExtraError",
        "ConfigWarning",
    ],
)
def test_every_error_stands_at_the_front_door(name):
    assert name in graders.__all__
