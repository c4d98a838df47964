"""Which rewards a grader can give: known of its type, and by interval arithmetic of a formula.

Design: intervals are wider than the truth where a name stands twice (`a - a` is -1 to 1), never narrower.
A step that may not be finite (a divisor that can be 0) makes the formula one that may fail.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graders.formula import Formula, FormulaError, Operation, parse_formula


class Range(NamedTuple):
    """From the lowest to the highest reward; `may_fail` where some rewards of parts give no number."""

    low: float
    high: float
    may_fail: bool = False


_ANYTHING = Range(-math.inf, math.inf)


def range_of(document: Mapping[str, Any]) -> Range | None:
    """Give the rewards that a grader document can give; None where nobody can tell."""
    kind = document.get("type")
    if kind == "score_model":
        low, high = document.get("range") or (0.0, 1.0)
        return Range(min(0.0, float(low)), max(0.0, float(high)))  # what fails is worth 0
    if kind in ("string_check", "text_similarity", "label_model"):
        return Range(0.0, 1.0)
    if kind != "multi":
        return None
    parts = {key: range_of(part) for key, part in document["graders"].items()}
    try:
        return formula_range(parse_formula(document["calculate_output"]), parts)
    except FormulaError:
        return None


def formula_range(formula: Formula, parts: Mapping[str, Range | None]) -> Range | None:
    """Give the values that a formula can have; None where a part is of no known range."""
    if any(parts.get(name) is None for name in formula.names):
        return None
    stack: list[Range] = []
    may_fail = False
    for step in formula.steps:
        if isinstance(step, Operation):
            operands = stack[-step.operands :]
            del stack[-step.operands :]
            stack.append(_apply(step.name, operands))
            may_fail |= stack[-1].may_fail
        else:
            stack.append((parts[step] or _ANYTHING) if isinstance(step, str) else Range(step, step))
    found = stack.pop()
    return Range(found.low, found.high, may_fail)


def _apply(name: str, operands: Sequence[Range]) -> Range:
    first, last = operands[0], operands[-1]
    if name in ("+", "-", "*"):
        return _corners(name, first, last)
    if name in ("min", "max"):
        chosen = min if name == "min" else max
        return Range(chosen(first.low, last.low), chosen(first.high, last.high))
    if name == "/":
        if last.low <= 0 <= last.high:
            return Range(-math.inf, math.inf, True)
        return _corners("*", first, Range(1 / last.high, 1 / last.low))
    if name == "^":
        return _power(first, last)
    return _function(name, first)


def _corners(name: str, one: Range, other: Range) -> Range:
    if name == "+":
        return Range(one.low + other.low, one.high + other.high)
    if name == "-":
        return Range(one.low - other.high, one.high - other.low)
    products = [a * b if a and b else 0.0 for a in one[:2] for b in other[:2]]
    return Range(min(products), max(products))


def _power(base: Range, exponent: Range) -> Range:
    if base.low < 0 or (base.low == 0 and exponent.low < 0):
        whole = exponent.low == exponent.high and float(exponent.low).is_integer() and exponent.low >= 0
        if not whole:
            return Range(-math.inf, math.inf, True)
    try:
        corners = [a**b for a in base[:2] for b in exponent[:2]]
    except (OverflowError, ZeroDivisionError):
        return Range(-math.inf, math.inf, True)
    low = min(corners)
    return Range(min(low, 0.0) if base.low < 0 else low, max(corners))


def _function(name: str, operand: Range) -> Range:
    low, high = operand[:2]
    if name == "negative":
        return Range(-high, -low)
    if name == "abs":
        return Range(0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    if name in ("sqrt", "log") and (low < 0 or (name == "log" and low == 0)):
        return Range(-math.inf, math.inf, True)
    if math.isinf(low) or math.isinf(high):
        return _ANYTHING
    function = {"floor": math.floor, "ceil": math.ceil, "exp": math.exp, "sqrt": math.sqrt, "log": math.log}
    try:
        return Range(float(function[name](low)), float(function[name](high)))
    except OverflowError:
        return Range(0.0, math.inf, True)
