"""What is said about a document before any row is scored, beyond its shape."""

import pytest

from graders.compile import check_document
from graders.registry import Registry

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
    "evaluation_metric": "bleu",
}
MULTI = {
    "type": "multi",
    "graders": {"match": MATCH, "alike": ALIKE},
    "calculate_output": "0.5 * match + 0.5 * alike",
}
SCORE = {"type": "score_model", "model": "m", "input": [{"role": "user", "content": "{{item.x}}"}]}
LABEL = SCORE | {"type": "label_model", "labels": ["a"], "passing_labels": ["a"]}
PYTHON = {"type": "python", "source": "def grade(sample, item):\n    return 1.0"}
NOT_A_NAME = "expected a name of letters, digits and _, not beginning with a digit"


def findings(document):
    return check_document(document, Registry(plugins=False))


def problems_of(document):
    found = findings(document)
    assert found.problems or all(config for _, config in found.graders)
    return [str(problem) for problem in found.problems]


def warnings_of(document):
    return [str(warning) for warning in findings(document).warnings]


@pytest.mark.parametrize("document", [MATCH, ALIKE, SCORE, LABEL, PYTHON, MULTI])
def test_a_good_document_has_a_config_and_no_findings(document):
    found = findings(document)
    assert [config.type for _, config in found.graders] == [document["type"]]
    assert (found.several, found.problems, found.warnings) == (False, (), ())


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            MATCH | {"input": "{{answer}}"},
            "$.input: expected a path that begins with item or sample; got 'answer'",
        ),
        (
            ALIKE | {"reference": "{{ items.x[0] }}"},
            "$.reference: expected a path that begins with item or sample; got 'items.x[0]'",
        ),
        (
            MULTI | {"graders": {"match": MATCH | {"input": "{{foo.x}}"}, "alike": ALIKE}},
            "$.graders.match.input: expected a path that begins with item or sample; got 'foo.x'",
        ),
    ],
)
def test_a_template_that_reads_an_unknown_namespace_is_a_problem_with_its_place(document, expected):
    assert problems_of(document) == [expected]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("{{a}}", "[0].content"),
        ({"type": "input_text", "text": "{{a}}"}, "[0].content.text"),
        (["x", {"type": "output_text", "text": "{{a}}"}], "[0].content[1].text"),
        (["x", "{{a}}"], "[0].content[1]"),
        ({"type": "input_image", "image_url": "{{a}}"}, "[0].content.image_url"),
        (
            {"type": "input_audio", "input_audio": {"data": "{{a}}", "format": "wav"}},
            "[0].content.input_audio.data",
        ),
    ],
)
def test_every_template_of_a_prompt_is_checked(content, place):
    document = SCORE | {"input": [{"role": "user", "content": content}]}
    assert f"$.input{place}: expected a path that begins with item or sample; got 'a'" in problems_of(
        document
    )


def test_names_and_models_are_no_templates():
    assert problems_of(MATCH | {"name": "{{a}}"}) == []
    assert "$.model" not in [problem.path for problem in findings(SCORE | {"model": "{{a}}"}).problems]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            MATCH | {"input": "{{item[-1]}}"},
            "$.input: '{{item[-1]}}' is not a placeholder and stays as it is written",
        ),
        (
            MULTI | {"graders": {"match": MATCH, "alike": ALIKE | {"reference": "{{item.x}"}}},
            "$.graders.alike.reference: '{{item.x}' is not a placeholder and stays as it is written",
        ),
        (
            MATCH | {"input": "{{sample.output}}"},
            "$.input: the sample has no key 'output'; its keys are model, choices, output_text, output_json,"
            " output_tools, output_reasoning_summary, output_audio, input_tools",
        ),
        (
            MULTI | {"graders": {"match": MATCH | {"referense": ""}, "alike": ALIKE}},
            "$.graders.match.referense: unknown field, kept but not used",
        ),
    ],
)
def test_what_is_odd_but_not_wrong_is_a_warning_with_its_place(document, expected):
    assert problems_of(document) == []
    assert warnings_of(document) == [expected]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("match + other", ["no grader 'other'; the graders are match, alike"]),
        ("mach + alike", ["no grader 'mach'; the graders are match, alike (did you mean 'match'?)"]),
        (
            "x * match / y",
            ["no grader 'x'; the graders are match, alike", "no grader 'y'; the graders are match, alike"],
        ),
        ("match ** 2", ["column 7: unexpected '**': write '^' for a power"]),
        ("0.5 * match + 0.5 * alike)", ["column 26: unexpected ')': it has no matching '('"]),
        ("(match", ["column 1: '(' is never closed"]),
        ("", ["column 1: the formula is empty"]),
    ],
)
def test_a_formula_is_checked_against_the_graders(formula, expected):
    problems = problems_of(MULTI | {"calculate_output": formula})
    assert problems == [f"$.calculate_output: {message}" for message in expected]


def test_a_formula_need_not_use_every_grader_nor_any():
    assert problems_of(MULTI | {"calculate_output": "match"}) == []
    assert problems_of(MULTI | {"calculate_output": "1"}) == []


def test_a_grader_may_be_named_like_a_function_or_a_field():
    document = {
        "type": "multi",
        "graders": {"min": MATCH, "type": MATCH},
        "calculate_output": "min(min, type)",
    }
    assert problems_of(document) == []


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("similarity-score", "$.graders.similarity-score"),
        ("two words", '$.graders["two words"]'),
        ("1st", '$.graders["1st"]'),
        ("", '$.graders[""]'),
        ("é", '$.graders["\\u00e9"]'),
    ],
)
def test_a_key_that_a_formula_cannot_name_is_a_problem(key, place):
    document = {"type": "multi", "graders": {key: MATCH}, "calculate_output": "1"}
    assert problems_of(document) == [f"{place}: {NOT_A_NAME}"]


@pytest.mark.parametrize("graders", [[MATCH], MATCH, "match", None, {}])
def test_the_formula_is_not_compared_with_what_is_no_map_of_graders(graders):
    document = {"type": "multi", "graders": graders, "calculate_output": "match"}
    (problem,) = problems_of(document)
    assert problem.startswith("$.graders: expected ")


@pytest.mark.parametrize("graders", [[MATCH], MATCH, None])
def test_the_formula_is_parsed_even_where_the_graders_are_wrong(graders):
    document = {"type": "multi", "graders": graders, "calculate_output": "match ** 2"}
    assert problems_of(document)[1:] == [
        "$.calculate_output: column 7: unexpected '**': write '^' for a power"
    ]


def test_a_key_that_is_no_text_is_a_problem_and_no_crash():
    document = {"type": "multi", "graders": {1: MATCH}, "calculate_output": "1"}
    assert problems_of(document) == ["$.graders[1]: expected a string; got 1"]


def test_all_problems_of_all_graders_come_at_once():
    document = {
        "type": "multi",
        "graders": {
            "match": MATCH | {"operation": "contains", "input": "{{a}}{{b}}"},
            "alike": ALIKE | {"evaluation_metric": "rouge"},
            "judge": SCORE | {"range": [1, 0]},
            "bad-key": MATCH | {"reference": "{{c}}"},
            "nested": MULTI,
            "nothing": 5,
        },
        "calculate_output": "match + alike + judge + other",
    }
    expected_places = [
        "$.graders.match.operation",
        "$.graders.alike.evaluation_metric",
        "$.graders.judge.range",
        "$.graders.nested.type",
        "$.graders.nothing",
        "$.graders.bad-key",
        "$.calculate_output",
        "$.graders.match.input",
        "$.graders.match.input",
        "$.graders.bad-key.reference",
    ]
    places = [problem.path for problem in findings(document).problems]
    assert [place for place in places if place != "$.graders.judge.type"] == expected_places


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ({1}, "{1}"),
        (b"x", "b'x'"),
        (float("nan"), "nan"),
        (1j, "1j"),
        (10**5000, "a huge integer"),
        ([0, (None, {2})], "{2}"),
    ],
    ids=["a set", "bytes", "NaN", "a complex number", "a huge integer", "a set below"],
)
def test_what_json_has_no_word_for_is_a_problem_wherever_it_stands(value, came):
    place = "$.graders.match.x[1][1]" if isinstance(value, list) else "$.graders.match.x"
    document = MULTI | {"graders": {"match": MATCH | {"x": value}, "alike": ALIKE}}
    assert problems_of(document) == [f"{place}: expected a JSON value; got {came}"]


def test_what_is_wrong_in_two_ways_is_said_once():
    assert problems_of(MATCH | {"input": b"x"}) == ["$.input: expected a string; got b'x'"]


@pytest.mark.parametrize("document", [5, None, [], "text", {}, {"type": 5}, {"type": []}, {"type": "multi"}])
def test_what_is_no_grader_is_a_problem_and_no_crash(document):
    assert problems_of(document)


def test_another_image_than_the_known_one_is_warned_about() -> None:
    document = {"type": "python", "source": "def grade(sample, item): return 1", "image_tag": "alpha"}
    (warning,) = check_document(document, Registry(plugins=False)).warnings
    assert str(warning).startswith("$.image_tag: the image 'alpha' is not known here")
    for known in (None, "2025-05-08"):
        assert check_document(document | {"image_tag": known}, Registry(plugins=False)).warnings == ()
