"""What a formula can reach: never narrower than what it gives, and known where it is known."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.fine_tuning.ranges import Range, formula_range, range_of
from graders.formula import parse_formula

UNIT = Range(0.0, 1.0)
EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "0.5", "2", "1e3"]),
    lambda below: st.one_of(
        st.tuples(below, st.sampled_from("+-*/^"), below).map(
            lambda each: f"({each[0]} {each[1]} {each[2]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), below, below).map(
            lambda each: f"{each[0]}({each[1]}, {each[2]})"
        ),
        st.tuples(st.sampled_from(["abs", "floor", "ceil", "exp", "sqrt", "log", "-"]), below).map(
            lambda each: f"{each[0]}({each[1]})"
        ),
    ),
    max_leaves=6,
)


@given(
    text=EXPRESSIONS,
    values=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8),
)
def test_every_value_of_a_formula_lies_in_its_range(text: str, values: list[tuple[float, float]]) -> None:
    formula = parse_formula(text)
    reach = formula_range(formula, {"a": UNIT, "b": UNIT})
    assert reach is not None
    columns = {name: np.array([pair[index] for pair in values]) for index, name in enumerate("ab")}
    found, failed = formula.evaluate(columns, len(values))
    assert reach.may_fail or not failed.any()
    tolerance = 1e-9 * max(1.0, *(abs(end) for end in reach[:2] if math.isfinite(end)), 1.0)
    for value in found[~failed].tolist():
        assert reach.low - tolerance <= value <= reach.high + tolerance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a + b) / 2", (0.0, 1.0)),
        ("a - b", (-1.0, 1.0)),
        ("0.5 * a", (0.0, 0.5)),
        ("min(a, 0.3) + max(b, 0.2)", (0.2, 1.3)),
        ("2 ^ a", (1.0, 2.0)),
        ("-a", (-1.0, 0.0)),
        ("abs(a - 2)", (1.0, 2.0)),
        ("1 / (a + 1)", (0.5, 1.0)),
        ("sqrt(a)", (0.0, 1.0)),
    ],
)
def test_ranges_that_are_known(text: str, expected: tuple[float, float]) -> None:
    reach = formula_range(parse_formula(text), {"a": UNIT, "b": UNIT})
    assert reach is not None
    assert reach[:2] == pytest.approx(expected)
    assert not reach.may_fail


@pytest.mark.parametrize(
    "text", ["1 / a", "log(a)", "sqrt(a - b)", "(a - b) ^ 0.5", "exp(exp(exp(exp(a + 5))))"]
)
def test_formulas_that_may_give_no_number(text: str) -> None:
    reach = formula_range(parse_formula(text), {"a": UNIT, "b": UNIT})
    assert reach is not None
    assert reach.may_fail


def test_ranges_of_graders() -> None:
    score: dict[str, Any] = {"type": "score_model", "range": [1, 10]}
    assert range_of(score) == (0.0, 10.0, False)
    assert range_of({"type": "python"}) is None
    multi = {"type": "multi", "graders": {"p": {"type": "python"}}, "calculate_output": "p"}
    assert range_of(multi) is None
