"""The grader that `load_grader` gives: grades, thresholds, warnings, failures in both modes, pickling."""

import copy
import json
import pickle
import sys
import warnings

import numpy as np
import pytest

from graders import ConfigError, ConfigWarning, Grader, Options, load_grader
from graders.batch import Batch
from graders.compile import compile_document, threshold_of
from graders.config import load
from graders.errors import Code, Failure
from graders.registry import Registry
from graders.strict_json import dumps

MATCH = {
    "type": "string_check",
    "name": "match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ALIKE = {
    "type": "text_similarity",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
}
MULTI = {
    "type": "multi",
    "name": "both",
    "graders": {"match": MATCH, "alike": ALIKE},
    "calculate_output": "(match + alike) / 2",
}
ZERO = Options(on_error="zero")


def test_a_grade_says_what_a_row_is_worth():
    grade = load_grader(MATCH).grade(item={"answer": "Paris"}, sample="Paris")
    assert (grade.name, grade.type, grade.reward, grade.passed) == ("match", "string_check", 1.0, True)
    assert (grade.sub_rewards, grade.errors, grade.traces, grade.usage) == ({}, (), (), {})


def test_a_grade_of_a_multi_holds_the_rewards_of_its_parts():
    grade = load_grader(MULTI).grade({"answer": "kitten"}, "sitting")
    assert grade.sub_rewards == {"match": 0.0, "alike": 0.6153846153846154}
    assert grade.reward == 0.6153846153846154 / 2


def test_scores_of_many_rows_come_as_an_array():
    scores = load_grader(MATCH).score([{"answer": "a"}, {"answer": "b"}], ["a", "a"])
    assert scores.values.tolist() == [1.0, 0.0]
    assert scores.values.dtype == np.float64


def test_a_row_may_have_no_item_and_no_sample():
    grader = load_grader(MATCH | {"input": "constant", "reference": "constant"})
    assert grader.grade().reward == 1.0
    assert grader.score([{}]).values.tolist() == [1.0]


def test_the_name_is_the_documents_else_the_type():
    assert load_grader(MATCH).name == "match"
    assert load_grader(ALIKE).name == "text_similarity"
    assert load_grader(MATCH | {"name": ""}).name == "string_check"


def test_items_and_samples_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"^items and samples differ in length: 2 and 1$"):
        load_grader(MATCH).score([{}, {}], ["a"])


@pytest.mark.parametrize(
    ("item", "kind"), [("text", "str"), (5, "int"), ([("a", 1)], "list"), (None, "NoneType")]
)
def test_an_item_that_is_no_mapping_is_refused(item, kind):
    with pytest.raises(TypeError, match=f"^expected an item to be a mapping; got {kind}$"):
        load_grader(MATCH).score([{}, item], ["a", "b"])


@pytest.mark.parametrize(
    ("sample", "kind"), [(5, "int"), (["text"], "list"), (b"text", "bytes"), (True, "bool")]
)
def test_a_sample_that_is_neither_text_nor_mapping_is_refused(sample, kind):
    with pytest.raises(TypeError, match=f"^expected a sample to be text or a mapping; got {kind}$"):
        load_grader(MATCH).grade({"answer": "a"}, sample)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (MATCH, 1.0),
        (ALIKE, None),
        (ALIKE | {"pass_threshold": 0.25}, 0.25),
        (ALIKE | {"pass_threshold": None}, None),
        (ALIKE | {"pass_threshold": 0}, 0.0),
        (MULTI, None),
        (MULTI | {"pass_threshold": -1}, -1.0),
    ],
)
def test_the_threshold_is_the_documents_or_follows_from_the_type(document, expected):
    assert load_grader(document).pass_threshold == expected


@pytest.mark.parametrize("value", [0, "high", [1], True, 10**400], ids=["0", "text", "array", "true", "huge"])
def test_a_threshold_that_a_type_does_not_have_is_not_used(value):
    with pytest.warns(ConfigWarning, match=r"\$\.pass_threshold: unknown field, kept but not used"):
        grader = load_grader(MATCH | {"pass_threshold": value})
    assert grader.pass_threshold == 1.0
    assert grader.grade({"answer": "a"}, "b").passed is False


@pytest.mark.parametrize(
    ("ends", "expected"),
    [(None, 0.5), ([0, 5], 2.5), ([-1, 1], 0.0), ([1e308, 1.7e308], 1.35e308), ([-1.7e308, 1.7e308], 0.0)],
)
def test_a_score_model_passes_from_the_middle_of_its_range(ends, expected):
    config = load({"type": "score_model", "model": "m", "input": [], "range": ends})
    assert threshold_of(config) == expected


def test_a_threshold_of_the_options_goes_before_the_documents():
    options = Options(pass_threshold=0.0)
    assert load_grader(ALIKE | {"pass_threshold": 0.5}, options=options).pass_threshold == 0.0
    assert load_grader(MATCH, options=options).grade({"answer": "a"}, "b").passed is True


@pytest.mark.parametrize(("threshold", "passed"), [(0.4, True), (0.5, True), (0.6, False), (1, False)])
def test_a_reward_passes_that_is_at_least_the_threshold(threshold, passed):
    half = MULTI | {"graders": {"a": MATCH}, "calculate_output": "a / 2", "pass_threshold": threshold}
    assert load_grader(half).grade({"answer": "x"}, "x").passed is passed


def test_without_a_threshold_nothing_is_said_about_passing():
    assert load_grader(ALIKE).grade({"answer": "x"}, "x").passed is None


@pytest.mark.parametrize(
    ("options", "reward", "passed"), [(Options(), None, None), (ZERO, 0.0, False)], ids=["null", "zero"]
)
def test_a_failed_row_has_no_reward_or_zero_and_never_passes(options, reward, passed):
    grader = load_grader(MATCH, options=options)
    grade = grader.grade({}, "text")
    assert (grade.reward, grade.passed) == (reward, passed)
    assert [error.to_dict() for error in grade.errors] == [
        {
            "code": "invalid_variable_error",
            "reason": "missing_variable",
            "detail": "Variable 'item.answer' was not found.",
            "grader": "match",
        }
    ]


@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
def test_a_failed_row_does_not_pass_a_threshold_of_zero(options):
    lenient = ALIKE | {"pass_threshold": 0}
    assert not load_grader(lenient, options=options).grade({}, "text").passed


@pytest.mark.parametrize("document", [MATCH, MULTI | {"pass_threshold": 0}])
@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
def test_what_a_grade_holds_can_be_written_as_json(document, options):
    grader = load_grader(document, options=options)
    for grade in grader.grades(grader.score([{"answer": "a"}, {}], ["a", None])):
        assert type(grade.passed) in (bool, type(None))
        assert dumps([grade.reward, grade.passed, grade.sub_rewards])
        assert json.dumps(grade.to_hosted(0.5), allow_nan=False)


def test_a_failed_part_leaves_the_total_without_reward_or_counts_zero():
    document = MULTI | {
        "graders": {"match": MATCH, "alike": ALIKE | {"reference": "{{item.other}}"}},
        "pass_threshold": 0.5,
    }
    grade = load_grader(document).grade({"answer": "a"}, "a")
    assert (grade.reward, grade.passed, grade.sub_rewards) == (None, None, {"match": 1.0, "alike": None})
    hosted = load_grader(document, options=ZERO).grade({"answer": "a"}, "a")
    assert (hosted.reward, hosted.passed, hosted.sub_rewards) == (0.5, True, {"match": 1.0, "alike": 0.0})
    assert [error.grader for error in grade.errors] == [error.grader for error in hosted.errors] == ["alike"]


def test_an_unreadable_row_is_said_once():
    reason = Failure("malformed_json", "line 1")
    grader = load_grader(MULTI)
    scores = grader.score_batch(Batch([None], [None], {0: reason}))
    (grade,) = grader.grades(scores)
    assert [(error.code, error.detail, error.grader) for error in grade.errors] == [
        (Code.row_parse_error, "line 1", "both")
    ]
    assert (grade.reward, grade.sub_rewards) == (None, {"match": None, "alike": None})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (MATCH, True),
        (MATCH | {"input": "{{item.a}}"}, False),
        (MATCH | {"input": "a", "reference": "{{ sample }}"}, True),
        (MULTI | {"graders": {"match": MATCH | {"input": "a"}, "alike": ALIKE}}, True),
    ],
)
def test_a_grader_knows_whether_it_reads_the_sample(document, expected):
    assert load_grader(document).uses_sample is expected


def test_the_signatures_name_every_metric_that_is_computed():
    bleu = ALIKE | {"evaluation_metric": "bleu"}
    multi = MULTI | {"graders": {"a": MATCH, "b": ALIKE, "c": bleu}, "calculate_output": "a + b + c"}
    signatures = load_grader(multi).signatures
    assert list(signatures) == ["fuzzy_match", "bleu"]
    assert all(signature.startswith(f"{name}|") for name, signature in signatures.items())
    assert load_grader(MATCH).signatures == {}


def test_what_is_odd_is_warned_about_where_load_grader_is_called():
    odd = MATCH | {"refrence": "x", "input": "{{item.x}"}
    with pytest.warns(ConfigWarning) as caught:
        grader = load_grader(odd)
    assert [str(warning.message) for warning in caught] == [str(warning) for warning in grader.warnings]
    assert [warning.path for warning in grader.warnings] == ["$.refrence", "$.input"]
    assert {warning.filename for warning in caught} == {__file__}


def test_compile_document_keeps_its_warnings_to_itself():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grader = compile_document(MATCH | {"refrence": "x"})
    assert len(grader.warnings) == 1


def test_a_good_document_warns_about_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_grader(MULTI).warnings == ()


def test_a_wrong_document_raises_with_every_problem():
    with pytest.raises(ConfigError) as caught:
        load_grader(MATCH | {"operation": "contains", "input": "{{answer}}"})
    assert [problem.path for problem in caught.value.problems] == ["$.operation", "$.input"]


def test_cosine_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    cosine = ALIKE | {"evaluation_metric": "cosine"}
    with pytest.raises(ConfigError, match=r"^\$\.evaluation_metric: 'cosine' .* needs an embedder"):
        load_grader(cosine)
    with pytest.raises(ConfigError) as caught:
        load_grader(MULTI | {"graders": {"match": cosine, "alike": cosine}})
    assert [problem.path for problem in caught.value.problems] == [
        "$.graders.match.evaluation_metric",
        "$.graders.alike.evaluation_metric",
    ]


def test_the_registry_can_be_given():
    assert isinstance(compile_document(MULTI, registry=Registry(plugins=False)), Grader)


@pytest.mark.parametrize("document", [MATCH, ALIKE | {"evaluation_metric": "bleu"}, MULTI])
@pytest.mark.parametrize("options", [Options(), ZERO], ids=["null", "zero"])
def test_a_grader_survives_pickling_and_grades_the_same_afterwards(document, options):
    grader = load_grader(document, options=options)
    again = pickle.loads(pickle.dumps(grader))
    items, samples = [{"answer": "a cat"}, {}, {"answer": "b"}], ["a cat", "x", None]
    assert again == grader
    assert list(again.grades(again.score(items, samples))) == list(
        grader.grades(grader.score(items, samples))
    )


def test_the_document_is_kept_as_it_was_sent():
    document = MATCH | {"pass_threshold": 1, "name": None}
    before = copy.deepcopy(document)
    with pytest.warns(ConfigWarning):
        grader = load_grader(document)
    assert grader.document == document == before


def test_what_a_failed_row_is_worth_is_one_of_two_words() -> None:
    with pytest.raises(ValueError, match=r"^expected on_error of null, zero; got 'zeros'$"):
        Options(on_error="zeros")  # type: ignore[arg-type]


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_pass_threshold_that_is_no_number_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="expected a finite pass_threshold"):
        Options(pass_threshold=threshold)


@pytest.mark.parametrize(
    ("sample", "truncated"),
    [
        ({"choices": [{"message": {"content": "Par"}, "finish_reason": "length"}]}, True),
        ({"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}, False),
        ({"choices": [], "output_text": "Paris"}, False),
        ({"choices": ["length"], "output_text": "Paris"}, False),
        ("Paris", False),
        (None, False),
    ],
)
def test_a_sample_that_ends_at_its_token_limit_is_flagged_and_graded(sample, truncated):
    grade = load_grader(MATCH).grade({"answer": "Par"}, sample)
    flags = grade.to_hosted(0.0)["metadata"]["errors"]
    assert flags["truncated_observation_error"] is truncated
    assert grade.reward == (None if sample is None else float(truncated))
