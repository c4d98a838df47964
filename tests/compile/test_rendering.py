"""What the template strings of a row become, under the names that its errors use."""

from typing import Any

import pytest

from graders import load_grader
from graders.compile import render_row
from graders.errors import Failure
from graders.registry import Registry

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
MULTI = {"type": "multi", "name": "both", "graders": {"match": EXACT}, "calculate_output": "match"}


def rendered(document: Any, item: Any, sample: Any) -> list[tuple[str, str, str | None]]:
    fields = render_row(document, Registry(plugins=False), item, sample)
    return [
        (each.grader, each.field, None if isinstance(each.text, Failure) else each.text) for each in fields
    ]


@pytest.mark.parametrize(
    ("document", "name"),
    [(EXACT, ""), (MULTI, "match"), ([EXACT], "exact"), ({"first": MULTI}, "first.match")],
)
def test_each_template_string_stands_under_its_grader(document: Any, name: str) -> None:
    assert rendered(document, {"answer": "a"}, "b") == [(name, "input", "b"), (name, "reference", "a")]


def test_parts_of_one_name_in_several_graders_are_told_apart() -> None:
    other = {**MULTI, "graders": {"match": {**EXACT, "reference": "{{item.other}}"}}}
    document = {"first": MULTI, "second": other}
    names = [name for name, _, text in rendered(document, {"answer": "a"}, "b") if text is None]
    errors = load_grader(document).grade({"answer": "a"}, "b").errors
    assert names == [error.grader for error in errors] == ["second.match"]


def test_a_text_that_is_not_there_is_its_failure() -> None:
    assert rendered(EXACT, {}, "b") == [("", "input", "b"), ("", "reference", None)]
