"""Known answers, one test for each rule of the grammar and each message, laws, and hostile input."""

import math
import pickle
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graders.formula import MAX_DEPTH, MAX_LENGTH, Formula, FormulaError, parse_formula


def value_of(text, **columns):
    """Evaluate a formula on one row; None where the evaluation failed."""
    arrays = {name: np.array([value], dtype=np.float64) for name, value in columns.items()}
    values, failed = parse_formula(text).evaluate(arrays, 1)
    return None if failed[0] else float(values[0])


def message_of(text):
    """Return the message with which a formula is refused."""
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("(name + email) / 2", {"name": 1, "email": 0}, 0.5),
        ("0.5*a + 0.5*b", {"a": 0.25, "b": 1}, 0.625),
        ("-2^2", {}, -4.0),
        ("2^3^2", {}, 512.0),
        ("2^-1", {}, 0.5),
        ("min(a,b) * max(a,b)", {"a": 0.2, "b": 0.5}, 0.1),
        ("floor(2.7) + ceil(2.1)", {}, 5.0),
        ("log(exp(1))", {}, 1.0),
        ("sqrt(9)", {}, 3.0),
        ("abs(-3)", {}, 3.0),
        ("a / b", {"a": 1, "b": 0}, None),
        ("0.5 * function_name + 0.5 * arguments", {"function_name": 1, "arguments": 0.5}, 0.75),
        ("0.5 * compliant + 0.5 * explanation", {"compliant": 0, "explanation": 1}, 0.5),
        ("(python + endpoint) / 2", {"python": 2, "endpoint": -1}, 0.5),
    ],
)
def test_published_and_agreed_formulas_have_their_values(text, columns, expected):
    actual = value_of(text, **columns)
    assert actual == (None if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-12))


@pytest.mark.parametrize("text", ["0.5 * a + 0.5 * b)", "a ** 2", "a if b else 0", "a.__class__"])
def test_agreed_mistakes_are_refused(text):
    assert message_of(text).startswith("column ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 - 2 - 3", -4.0),
        ("8 / 4 / 2", 1.0),
        ("8 / 4 * 2", 4.0),
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 * 3 ^ 2", 18.0),
        ("-2 * -3", 6.0),
        ("2 - -3", 5.0),
        ("+-+2", -2.0),
        ("--2", 2.0),
        ("(-2)^2", 4.0),
        ("2^-2^2", 0.0625),
        ("2^+3", 8.0),
        ("-2^-2", -0.25),
        ("(2^3)^2", 64.0),
        ("((((7))))", 7.0),
        ("3^1", 3.0),
        ("4^1.5", 8.0),
    ],
)
def test_operators_bind_as_in_mathematics(text, expected):
    assert value_of(text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("007", 7.0),
        (".5", 0.5),
        ("1E+2", 100.0),
        (".5e-1", 0.05),
        ("1e-400", 0.0),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_numbers_are_those_of_the_grammar(text, expected):
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("min(3)", 3.0),
        ("max(1, 3, 2)", 3.0),
        ("min(4, 1 + 1, 3)", 2.0),
        ("max(min(1, 2), min(3, 4))", 3.0),
        ("floor(-2.5)", -3.0),
        ("ceil(-2.5)", -2.0),
        ("abs(2 - 5)", 3.0),
        ("exp(0)", 1.0),
        ("log(1)", 0.0),
        ("sqrt(2)", math.sqrt(2)),
    ],
)
def test_functions_have_their_values(text, expected):
    assert value_of(text) == expected


def test_a_grader_may_be_called_like_a_function():
    assert value_of("min + max(min, sqrt)", min=1, sqrt=4) == 5.0


def test_blanks_may_stand_anywhere_between_symbols():
    assert value_of("\t min\n ( a ,\r\n b )  ^ 2 ", a=3, b=4) == 9.0


def test_names_come_once_in_the_order_of_their_appearance():
    assert parse_formula("b + a * b - _c9 / max(a, min)").names == ("b", "a", "_c9", "min")


def test_missing_names_are_those_that_are_no_grader():
    assert parse_formula("a + c + d * c").names_missing({"a", "b"}) == ("c", "d")


CHOICES = "abs, ceil, exp, floor, log, max, min, sqrt"
NO_CONDITION = "there are no conditions and no comparisons, only + - * / ^ and functions"
NO_LOGIC = "there is no logic: write min(a, b) for and, max(a, b) for or, 1 - a for not"
NO_ATTRIBUTE = "there are no attributes, and a decimal point needs a digit after it"
VALUE = "expected a number, a grader key or '(', got"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "column 1: the formula is empty"),
        (" \n ", "column 1: the formula is empty"),
        ("a ** 2", "column 3: unexpected '**': write '^' for a power"),
        ("a // 2", "column 3: unexpected '//': write floor(a / b)"),
        ("a % 2", "column 3: unexpected '%': write a - b * floor(a / b) for a remainder"),
        ("a if b else 0", f"column 3: unexpected 'if': {NO_CONDITION}"),
        ("a >= 0.5", f"column 3: unexpected '>=': {NO_CONDITION}"),
        ("a == b", f"column 3: unexpected '==': {NO_CONDITION}"),
        ("r = a", f"column 3: unexpected '=': {NO_CONDITION}"),
        ("a ? 1", f"column 3: unexpected '?': {NO_CONDITION}"),
        ("a and b", f"column 3: unexpected 'and': {NO_LOGIC}"),
        ("not a", f"column 1: unexpected 'not': {NO_LOGIC}"),
        ("a && b", f"column 3: unexpected '&&': {NO_LOGIC}"),
        ("a.__class__", f"column 2: unexpected '.': {NO_ATTRIBUTE}"),
        ("math.sqrt(a)", f"column 5: unexpected '.': {NO_ATTRIBUTE}"),
        ("1. + a", f"column 2: unexpected '.': {NO_ATTRIBUTE}"),
        ("{{ a }}", "column 1: unexpected '{': a grader key stands without braces"),
        ("a; b", "column 2: unexpected ';'"),
        ("a\x00", "column 2: unexpected '\\x00'"),
        ("sqr(a)", "column 1: unknown function 'sqr': did you mean 'sqrt'?"),
        ("1 + Max(a)", "column 5: unknown function 'Max': did you mean 'max'?"),
        ("ln(a)", "column 1: unknown function 'ln': did you mean 'log'?"),
        ("pow(a, 2)", "column 1: unknown function 'pow': write '^' for a power"),
        ("mean(a, b)", "column 1: unknown function 'mean': write (a + b) / 2"),
        ("round(a)", "column 1: unknown function 'round': write floor(x + 0.5)"),
        ("score(a)", f"column 1: unknown function 'score': expected one of {CHOICES}"),
        ("1 + sqrt(a, b)", "column 5: 'sqrt' takes one argument, got 2"),
        ("log()", "column 1: 'log' takes one argument, got 0"),
        ("min()", "column 1: 'min' takes at least one argument, got 0"),
        ("0.5*a)", "column 6: unexpected ')': it has no matching '('"),
        ("2 * (a + (b)", "column 5: '(' is never closed"),
        ("min(a, b", "column 4: '(' is never closed"),
        ("(a, b)", "column 3: unexpected ',': it may only stand between the arguments of a function"),
        ("min(a,)", f"column 7: {VALUE} ')'"),
        ("()", f"column 2: {VALUE} ')'"),
        ("a +", f"column 4: {VALUE} the end"),
        ("* a", f"column 1: {VALUE} '*'"),
        ("a * / b", f"column 5: {VALUE} '/'"),
        ("2a", "column 2: expected an operator before 'a'"),
        ("a b", "column 3: expected an operator before 'b'"),
        ("mean a", "column 6: expected an operator before 'a'"),
        ("2(a)", "column 2: expected an operator before '('"),
        ("(a)(b)", "column 4: expected an operator before '('"),
        ("1_000", "column 2: expected an operator before '_000'"),
        ("1e", "column 2: expected an operator before 'e'"),
        ("a + 1e999", "column 5: the number '1e999' is too large"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, expected):
    assert message_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + а", "column 5: unexpected 'а' (U+0430 cyrillic small letter a): {}, did you mean 'a'?"),
        ("a − 1", "column 3: unexpected '−' (U+2212 minus sign): {}, did you mean '-'?"),
        ("a × 2", "column 3: unexpected '×' (U+00D7 multiplication sign): {}, did you mean '*'?"),
        ("２", "column 1: unexpected '２' (U+FF12 fullwidth digit two): {}, did you mean '2'?"),
        ("٣", "column 1: unexpected '٣' (U+0663 arabic-indic digit three): {}"),
        ("café", "column 4: unexpected 'é' (U+00E9 latin small letter e with acute): {}"),
        ("\ud800", "column 1: unexpected '\\ud800' (U+D800 no name): {}"),
    ],
)
def test_a_lookalike_character_is_unmasked(text, expected):
    assert message_of(text) == expected.format("only ASCII is allowed")


PYTHON = """
__import__('os')
().__class__
lambda: 0
[x for x in a]
eval('1')
f'{a}'
a := 1
open(a)
a @ b
0x10
1j
nan()
None if a
'a' * 9
a # b
a\\
a\u00a0+ b
""".strip().split("\n")


@pytest.mark.parametrize("text", PYTHON)
def test_python_is_not_a_formula(text):
    assert message_of(text).startswith("column ")


@pytest.mark.parametrize("opening", ["(", "-", "9^", "min(", "-(", "2^-", "(a+"])
@pytest.mark.parametrize("count", [MAX_DEPTH + 1, 1000, 10_000])
def test_deep_nesting_is_refused(opening, count):
    assert "nested deeper" in message_of((opening * count)[:MAX_LENGTH])
    assert message_of(opening * count + "a" * MAX_LENGTH).startswith(f"column {MAX_LENGTH + 1}: ")


@pytest.mark.parametrize("opening", ["(", "-", "1^", "min("])
def test_nesting_up_to_the_limit_is_evaluated(opening):
    closing = ")" * opening.count("(")
    assert value_of(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH) == 1.0
    assert "nested deeper" in message_of(opening * (MAX_DEPTH + 1) + "1" + closing * (MAX_DEPTH + 1))


@pytest.mark.parametrize("part", ["(1)", "-1", "1^1", "min(1)"])
def test_what_stands_side_by_side_is_not_deep(part):
    assert abs(value_of(" * ".join([part] * (2 * MAX_DEPTH)))) == 1.0


@pytest.mark.parametrize("part", ["(1)", "-1", "1^1", "min(1)"])
def test_what_ended_leaves_the_depth_as_it_was(part):
    for deeper in (0, 1):
        inner = "(" * (MAX_DEPTH - 2 + deeper)
        text = f"(({part} + {inner}1{')' * len(inner)}))"
        if deeper:
            assert "nested deeper" in message_of(text)
        else:
            assert value_of(text) == 1.0 + value_of(part)


def test_long_sums_and_many_arguments_are_not_deep():
    assert value_of("a" + "+a" * 2047, a=1) == 2048.0
    assert value_of("max(a" + ",a" * 2000 + ")", a=1) == 1.0


def test_a_long_sum_is_compared_printed_and_pickled():
    formula = parse_formula("a" + "+a" * 2047)
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert hash(formula) == hash(parse_formula(formula.text))
    assert repr(formula).startswith("Formula(text='a+a")


def test_a_megabyte_of_digits_is_refused():
    expected = "column 4097: the formula has 1000000 characters, at most 4096 are allowed"
    assert message_of("9" * 1_000_000) == expected


def test_what_is_longer_than_40_characters_is_shortened():
    assert message_of("1 " + "a" * 40) == f"column 3: expected an operator before '{'a' * 40}'"
    assert message_of("1 " + "a" * 41) == f"column 3: expected an operator before '{'a' * 40}…'"


def test_a_number_too_large_for_a_float_is_refused_and_shortened():
    assert message_of("9" * MAX_LENGTH) == f"column 1: the number '{'9' * 40}…' is too large"


@pytest.mark.parametrize("text", ["9^9^9^9^9", "exp(exp(exp(9)))", "1e308 * 10", "-1e308 - 1e308"])
def test_overflow_fails_at_once(text):
    assert value_of(text) is None


NOT_FINITE = """
1 / 0
0 / 0
sqrt(-1)
log(0)
0 ^ -1
(-8) ^ (1 / 3)
exp(710)
1 / (1 / 0)
(1 / 0) ^ -1
1 / (9 ^ 9 ^ 9)
exp(-(1 / 0))
0 * log(0)
min(1, 1 / 0)
max(1, log(0))
(0 / 0) ^ 0
1 ^ (0 / 0)
""".strip().split("\n")


@pytest.mark.parametrize("text", NOT_FINITE)
def test_a_step_that_is_not_finite_fails_the_row_whatever_follows(text):
    assert value_of(text) is None


def test_underflow_is_zero_and_no_failure():
    assert value_of("exp(-1000) + 1e-300 * 1e-300 + 0 ^ 0") == 1.0


def test_zero_is_positive():
    values, _ = parse_formula("-a").evaluate({"a": np.zeros(3)}, 3)
    assert not np.signbit(values).any()


def test_only_the_rows_that_divide_by_zero_fail():
    values, failed = parse_formula("1 / (1 / a)").evaluate({"a": np.array([2.0, 0.0, 4.0])}, 3)
    assert failed.tolist() == [False, True, False]
    np.testing.assert_array_equal(values, [2.0, np.nan, 4.0])


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("text", ["a", "0 * a", "a ^ 0", "1 ^ a", "min(a, 1)", "max(1, a)", "1 / a"])
def test_an_input_that_is_not_finite_fails_the_row_that_uses_it(text, missing):
    values, failed = parse_formula(text).evaluate({"a": np.array([1.0, missing])}, 2)
    assert failed.tolist() == [False, True]
    assert np.isnan(values).tolist() == [False, True]


def test_an_input_that_is_not_used_fails_nothing():
    values, failed = parse_formula("a").evaluate({"a": np.ones(2), "b": np.full(2, np.nan)}, 2)
    assert (values.tolist(), failed.tolist()) == ([1.0, 1.0], [False, False])


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(("text", "value"), [("2 * 3", 6.0), ("1 / 0", math.nan)])
def test_a_constant_is_repeated_for_every_row(text, value, n):
    values, failed = parse_formula(text).evaluate({}, n)
    np.testing.assert_array_equal(values, [value] * n)
    assert failed.tolist() == [math.isnan(value)] * n
    assert (values.dtype, failed.dtype) == (np.float64, np.bool_)


def test_no_rows_give_no_values():
    values, failed = parse_formula("a / b").evaluate({"a": np.zeros(0), "b": np.zeros(0)}, 0)
    assert (values.shape, failed.shape) == ((0,), (0,))


def test_the_values_are_a_copy_of_the_column():
    column = np.ones(2)
    values, _ = parse_formula("a").evaluate({"a": column}, 2)
    values[0] = 5.0
    assert column.tolist() == [1.0, 1.0]


def test_columns_of_any_width_are_computed_in_double_precision():
    tenths, thirds = np.float32(0.1), np.float32(1 / 3)
    columns = {"a": np.full(2, tenths), "b": np.full(2, thirds)}
    values, _ = parse_formula("a * b").evaluate(columns, 2)
    assert values.tolist() == [float(tenths) * float(thirds)] * 2


def test_a_missing_column_is_refused():
    with pytest.raises(ValueError, match="no column for 'b'"):
        parse_formula("a + b").evaluate({"a": np.ones(2)}, 2)


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1)])
def test_a_column_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"column 'a': expected shape \(2,\), got"):
        parse_formula("a").evaluate({"a": np.ones(shape)}, 2)


@pytest.mark.filterwarnings("error")
def test_no_warning_escapes_even_where_numpy_is_told_to_raise():
    with np.errstate(all="raise"):
        _, failed = parse_formula("log(a) + 1 / a + exp(a * 1000)").evaluate({"a": np.array([0.0, 1.0])}, 2)
    assert failed.all()


def test_a_formula_cannot_be_changed():
    formula = parse_formula("a + 1")
    with pytest.raises(FrozenInstanceError):
        formula.text = "a + 2"


@pytest.mark.parametrize(
    ("text", "expected"), [("a^2", 0.1 * 0.1), ("a^0.5", math.sqrt(0.1)), ("a^-1", 10.0)]
)
@pytest.mark.parametrize("exponent", ["", " + 0 * a"])
def test_squares_roots_and_reciprocals_are_exact_for_scalars_and_columns(text, expected, exponent):
    base, power = text.split("^")
    values, _ = parse_formula(f"{base} ^ ({power}{exponent})").evaluate({"a": np.full(9, 0.1)}, 9)
    assert values.tolist() == [expected] * 9


# The naive twin: a tree that prints itself and computes itself on one row, with Python's `math`.


class RowFailedError(ArithmeticError):
    pass


@dataclass(frozen=True)
class Tree:
    """An operator or function over trees, a grader key (`str`) or a number."""

    head: str | float
    operands: tuple["Tree", ...] = ()


SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
LEVELS = {"+": (SUM, SUM, PRODUCT), "-": (SUM, SUM, PRODUCT), "*": (PRODUCT, PRODUCT, SIGN)}
LEVELS |= {"/": (PRODUCT, PRODUCT, SIGN), "^": (POWER, ATOM, SIGN), "negative": (SIGN, SIGN)}
EXACT = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negative": lambda a: -a,
    "min": min,
    "max": max,
    "abs": abs,
    "floor": lambda a: float(math.floor(a)),
    "ceil": lambda a: float(math.ceil(a)),
    "sqrt": math.sqrt,
}
ROUNDED = {"exp": math.exp, "log": math.log, "^": math.pow}
NUMBERS = [0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 0.3333333333333333, 10.0, 1e-05, 1e200]
KEYS = ["a", "b", "min", "exp"]


def text_of(tree, level=SUM):
    """Print with as few parentheses as the grammar allows where a tree of `level` is asked for."""
    if not tree.operands:
        return tree.head if isinstance(tree.head, str) else repr(tree.head)
    if tree.head not in LEVELS:
        return f"{tree.head}({', '.join(map(text_of, tree.operands))})"
    own, *inner = LEVELS[tree.head]
    operands = [text_of(operand, level) for operand, level in zip(tree.operands, inner, strict=True)]
    text = "-" + operands[0] if tree.head == "negative" else f"{operands[0]} {tree.head} {operands[1]}"
    return text if own >= level else f"({text})"


def naive_value(tree, row, nudge=0):
    """Compute one row; `nudge` moves what `math` rounds by that many last bits."""
    if not tree.operands:
        return row[tree.head] if isinstance(tree.head, str) else tree.head
    operands = [naive_value(operand, row, nudge) for operand in tree.operands]
    try:
        value = (EXACT | ROUNDED)[tree.head](*operands)
    except (ArithmeticError, ValueError) as error:
        raise RowFailedError from error
    if tree.head in ROUNDED and value not in (0.0, 1.0):
        for _ in range(abs(nudge)):
            value = math.nextafter(value, math.copysign(math.inf, nudge))
    if not math.isfinite(value):
        raise RowFailedError
    return value


def naive_values(tree, rows, nudge=0):
    """Compute all rows; NaN where one fails."""
    values = []
    for row in rows:
        try:
            values.append(naive_value(tree, row, nudge))
        except RowFailedError:
            values.append(math.nan)
    return np.array(values)


def trees(names):
    leaves = st.sampled_from(NUMBERS + KEYS).map(Tree)

    def grown(inner):
        pairs = st.tuples(inner, inner)
        many = st.lists(inner, min_size=1, max_size=4).map(tuple)
        operands = dict.fromkeys("+-*/^", pairs) | dict.fromkeys(("min", "max"), many)
        return st.sampled_from(names).flatmap(
            lambda name: st.builds(Tree, st.just(name), operands.get(name, st.tuples(inner)))
        )

    return st.recursive(leaves, grown, max_leaves=12)


scores = st.floats(min_value=-3.0, max_value=3.0) | st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.0])
batches = st.lists(st.fixed_dictionaries(dict.fromkeys(KEYS, scores)), min_size=1, max_size=8)
any_tree = trees([*EXACT, *ROUNDED])


def columns_of(rows):
    return {key: np.array([row[key] for row in rows], dtype=np.float64) for key in KEYS}


def values_of(tree, rows):
    values, failed = parse_formula(text_of(tree)).evaluate(columns_of(rows), len(rows))
    np.testing.assert_array_equal(np.isnan(values), failed)
    return values


def unary_min_and_max_are_values(tree):
    """Python's `min` of one number wants a list: spell it as the number itself."""
    operands = tuple(unary_min_and_max_are_values(operand) for operand in tree.operands)
    return operands[0] if tree.head in ("min", "max") and len(operands) == 1 else Tree(tree.head, operands)


@given(trees(list(EXACT)), batches)
def test_exact_operations_equal_the_naive_twin_bit_by_bit(tree, rows):
    expected = naive_values(unary_min_and_max_are_values(tree), rows)
    np.testing.assert_array_equal(values_of(tree, rows), expected)


@given(any_tree, batches)
def test_all_operations_equal_the_naive_twin(tree, rows):
    twin = unary_min_and_max_are_values(tree)
    expected = naive_values(twin, rows)
    for nudge in (-8, 8):
        # Where eight last bits change the result, the formula itself magnifies rounding: nothing to compare.
        assume(np.allclose(naive_values(twin, rows, nudge), expected, rtol=1e-13, atol=0.0, equal_nan=True))
    np.testing.assert_allclose(values_of(tree, rows), expected, rtol=1e-12, atol=0.0)


@given(any_tree, batches, st.randoms(use_true_random=False))
def test_permuting_rows_permutes_values(tree, rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    actual = values_of(tree, [rows[position] for position in order])
    np.testing.assert_array_equal(actual.view(np.int64), values_of(tree, rows)[order].view(np.int64))


@given(any_tree, batches, st.integers(min_value=0, max_value=8))
def test_two_halves_equal_the_whole(tree, rows, cut):
    actual = np.concatenate([values_of(tree, rows[:cut]), values_of(tree, rows[cut:])])
    np.testing.assert_array_equal(actual.view(np.int64), values_of(tree, rows).view(np.int64))


@pytest.mark.parametrize(
    "text", ["a ^ 2", "a ^ b", "a ^ 0.5", "b ^ -1", "exp(a) * log(b)", "2 ^ a", "a ^ -2"]
)
def test_a_row_alone_has_the_bits_that_it_has_among_a_thousand(text):
    generator = np.random.default_rng(1)
    columns = {"a": generator.random(1000) * 3, "b": generator.choice([0.5, 2.0, 3.0, -1.0, 0.3], 1000) + 1}
    formula = parse_formula(text)
    alone = [
        formula.evaluate({key: column[i : i + 1] for key, column in columns.items()}, 1)[0][0]
        for i in range(1000)
    ]
    strided = {key: np.repeat(column, 2)[::2] for key, column in columns.items()}
    np.testing.assert_array_equal(formula.evaluate(columns, 1000)[0], alone)
    np.testing.assert_array_equal(formula.evaluate(strided, 1000)[0], alone)


@given(any_tree)
def test_pickling_keeps_a_formula(tree):
    formula = parse_formula(text_of(tree))
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert isinstance(formula, Formula)


@given(st.text(max_size=60) | st.text(alphabet="ab1.e+-*/^(),min sqrt", max_size=60))
def test_any_text_is_parsed_or_refused_with_a_column(text):
    try:
        formula = parse_formula(text)
    except FormulaError:
        assert message_of(text).startswith("column ")
    else:
        formula.evaluate({name: np.ones(2) for name in formula.names}, 2)
