"""string_check: what each operation holds of two texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import load_grader

OPERATIONS = ("eq", "ne", "like", "ilike")


def score(operation, text, reference):
    document = {"type": "string_check", "input": "{{item.text}}", "reference": "{{item.reference}}"}
    grader = load_grader(document | {"operation": operation})
    return grader.grade({"text": text, "reference": reference}).reward


@pytest.mark.parametrize(
    ("text", "reference", "eq", "like", "ilike"),
    [
        ("Paris", "Paris", 1, 1, 1),
        ("Paris", "paris", 0, 0, 1),
        ("PARIS", "pArIs", 0, 0, 1),
        ("in Paris, France", "Paris", 0, 1, 1),
        ("in Paris, France", "PARIS", 0, 0, 1),
        ("Paris", "in Paris, France", 0, 0, 0),
        ("Paris ", "Paris", 0, 1, 1),
        ("Paris", " Paris", 0, 0, 0),
        ("Paris\n", "Paris", 0, 1, 1),
        ("", "", 1, 1, 1),
        ("text", "", 0, 1, 1),
        ("", "text", 0, 0, 0),
        ("Paris", "P%", 0, 0, 0),
        ("Paris", "%aris", 0, 0, 0),
        ("Paris", "P_ris", 0, 0, 0),
        ("Paris", "P*s", 0, 0, 0),
        ("Paris", ".*", 0, 0, 0),
        ("100 % sure", "%", 0, 1, 1),
        ("snake_case*", "_CASE*", 0, 0, 1),
        ("é", "e\u0301", 0, 0, 0),
        ("É", "é", 0, 0, 1),
        ("STRASSE", "straße", 0, 0, 0),
        ("straße", "STRAßE", 0, 0, 1),
        ("İ", "i\u0307", 0, 0, 1),
        ("ΣΑΣ", "σας", 0, 0, 1),
        ("日本の首都", "首都", 0, 1, 1),
        ("\ud800x", "\ud800", 0, 1, 1),
        ("a\0b", "\0", 0, 1, 1),
    ],
)
def test_the_operations_have_their_values(text, reference, eq, like, ilike):
    actual = {operation: score(operation, text, reference) for operation in OPERATIONS}
    assert actual == {"eq": eq, "ne": 1 - eq, "like": like, "ilike": ilike}


def test_a_number_is_compared_as_its_text():
    assert score("eq", 1, "1") == 1.0
    assert score("eq", 1.0, "1") == 0.0
    assert score("eq", True, "true") == 1.0
    assert score("eq", None, "null") == 1.0
    assert score("like", ["a", "b"], '"b"') == 1.0


def test_constants_may_stand_in_the_input_and_the_template_in_the_reference():
    document = {
        "type": "string_check",
        "input": "get_weather",
        "reference": "{{sample.output_tools[0].function.name}}",
    }
    grader = load_grader(document | {"operation": "eq"})
    calls = [{"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]
    sample = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": calls}}]
    }
    assert grader.grade(sample=sample).reward == 1.0


def test_a_missing_input_and_a_missing_reference_fail_once_with_the_input():
    document = {"type": "string_check", "input": "{{item.a}}", "reference": "{{item.b}}", "operation": "ne"}
    grade = load_grader(document).grade({})
    assert grade.reward is None
    assert [error.detail for error in grade.errors] == ["Variable 'item.a' was not found."]


TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=6)


@given(text=TEXTS, reference=TEXTS)
def test_the_operations_are_what_python_says(text, reference):
    actual = [score(operation, text, reference) for operation in OPERATIONS]
    holds = [text == reference, text != reference, reference in text, reference.lower() in text.lower()]
    assert actual == [float(each) for each in holds]


@given(text=TEXTS, before=TEXTS, after=TEXTS)
def test_a_text_contains_each_of_its_parts(text, before, after):
    assert score("like", before + text + after, text) == 1.0
