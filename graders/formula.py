"""The formula of a multi grader (`calculate_output`): parse once to a safe program, evaluate on arrays.

    expr   = term  (("+"|"-") term)*
    term   = unary (("*"|"/") unary)*
    unary  = ("+"|"-") unary | power
    power  = atom ("^" unary)?                 2^3^2 = 512, -2^2 = -4, 2^-1 = 0.5
    atom   = number | name | func "(" expr ("," expr)* ")" | "(" expr ")"
    number = digits [ "." digits ] [ exponent ] | "." digits [ exponent ]
    name   = [A-Za-z_][A-Za-z0-9_]*

Design: a formula is data of a stranger, so nothing in it ever reaches Python's own parser. The tree is
kept in postfix order as a flat tuple: a sum of two thousand terms is a deep tree, and a flat one can be
compared, pickled and evaluated without recursion. `min` and `max` of many become chains of two, so that
evaluation holds a few arrays only. The parser recurses at most `MAX_DEPTH` times: parentheses, functions,
signs and right operands of `^` each count as one level.

A row fails as soon as any step of it is not finite, although IEEE 754 would let `1 / (1 / 0)` or
`(0 / 0) ^ 0` come back to a number: whoever divides by zero has no score. Each step therefore turns
infinity into NaN, and NaN stays. Equal rows give equal bits, in whatever block they stand; between kinds
of processors numpy's `exp`, `log` and `^` may differ in the last bit.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_LENGTH = 4096
"""Most characters that a formula may have."""
MAX_DEPTH = 64
"""Most levels that parentheses, functions, signs and powers may nest."""

Floats = NDArray[np.float64]


class FormulaError(ValueError):
    """The formula cannot be parsed; the message begins with the column, counted from 1."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One step: replaces the last `operands` values by the result of `name`."""

    name: str
    operands: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula: immutable, picklable, equal to any other parsed from the same text.

    `names` are the grader keys in order of first appearance. `steps` is the tree in postfix order: a
    `float` is a constant, a `str` a grader key.
    """

    text: str
    names: tuple[str, ...]
    steps: tuple[float | str | Operation, ...]

    def names_missing(self, known: Collection[str]) -> tuple[str, ...]:
        """Return the names that are not among the grader keys `known`, in order of appearance."""
        return tuple(name for name in self.names if name not in known)

    def evaluate(self, columns: Mapping[str, Floats], n: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Compute the values (n,), not clamped, and the mask (n,) of the rows where evaluation failed.

        `columns` holds an array (n,) for each of `names`; others are not looked at. A row fails, and its
        value is NaN, where an input is not finite or any step gives no finite number: division by zero,
        a root or logarithm outside its domain, overflow, a complex power. A constant is repeated n times.
        Zero is always positive zero.

        Raises `ValueError` if a column is missing or not of shape (n,).
        """
        inputs = {name: _column(columns, name, n) for name in self.names}
        stack: list[Floats] = []
        with np.errstate(all="ignore"):
            for step in self.steps:
                if isinstance(step, Operation):
                    operands = stack[-step.operands :]
                    del stack[-step.operands :]
                    stack.append(_finite(_OPERATIONS[step.name](*operands)))
                else:
                    stack.append(inputs[step] if isinstance(step, str) else np.asarray(step))
        values = np.broadcast_to(stack.pop(), (n,)) + 0.0
        return values, np.isnan(values)


def parse_formula(text: str) -> Formula:
    """Parse a formula; names need not be known graders, see `Formula.names_missing`.

    Raises `FormulaError` with the column, what was expected and, for common mistakes, the right word.

    >>> parse_formula("(name + email) / 2").names
    ('name', 'email')
    """
    if len(text) > MAX_LENGTH:
        raise _error(MAX_LENGTH, f"the formula has {len(text)} characters, at most {MAX_LENGTH} are allowed")
    parser = _Parser(text)
    parser.formula()
    names = dict.fromkeys(step for step in parser.steps if isinstance(step, str))
    return Formula(text, tuple(names), tuple(parser.steps))


def _column(columns: Mapping[str, Floats], name: str, n: int) -> Floats:
    if name not in columns:
        raise ValueError(f"no column for {name!r}")
    column = np.ascontiguousarray(columns[name], dtype=np.float64)
    if column.shape != (n,):
        raise ValueError(f"column {name!r}: expected shape {(n,)}, got {column.shape}")
    return _finite(column)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _power(base: Floats, exponent: Floats) -> Floats:
    # numpy computes these three exactly where the exponent is one scalar, and to a last bit where it is
    # an array: without the exact value in both cases a score would depend on how the formula is written.
    powers = np.power(base, exponent)
    for special, exact in ((2.0, base * base), (0.5, np.sqrt(base)), (-1.0, np.reciprocal(base))):
        powers = np.where(exponent == special, exact, powers)
    return np.where(np.isnan(base) | np.isnan(exponent), np.nan, powers)


_OPERATIONS: dict[str, Callable[..., Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": _power,
    "negative": np.negative,
    "min": np.minimum,
    "max": np.maximum,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "log": np.log,
}
_FUNCTIONS = ("abs", "ceil", "exp", "floor", "log", "max", "min", "sqrt")
_TAKE_MANY = ("max", "min")

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<wrong>\*\*|//|[<>=!]=|<>|&&|\|\||[^-+*/^(),])"
    r"|(?P<symbol>[-+*/^(),])"
    r"|(?P<end>\Z))"
)

_NO_CONDITION = "there are no conditions and no comparisons, only + - * / ^ and functions"
_NO_LOGIC = "there is no logic: write min(a, b) for and, max(a, b) for or, 1 - a for not"
_HINTS = {
    "**": "write '^' for a power",
    "//": "write floor(a / b)",
    "%": "write a - b * floor(a / b) for a remainder",
    ".": "there are no attributes, and a decimal point needs a digit after it",
    "{": "a grader key stands without braces",
    ")": "it has no matching '('",
    ",": "it may only stand between the arguments of a function",
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "!=", "<>", "=", "?", "if", "else", "in"), _NO_CONDITION),
    **dict.fromkeys(("&&", "||", "!", "&", "|", "~", "and", "or", "not"), _NO_LOGIC),
}
_FUNCTION_HINTS = {
    "ln": "did you mean 'log'?",
    "pow": "write '^' for a power",
    "round": "write floor(x + 0.5)",
    "sum": "write a + b",
    **dict.fromkeys(("mean", "avg"), "write (a + b) / 2"),
}
_LOOKALIKES = dict(zip("аеорсухѕіјАВЕЅКМНОРСТХοαν−–—×∗÷∕⁄", "aeopcyxsijABESKMHOPCTXoav---**///", strict=True))


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        token = _Token(kind, match[kind], match.start(kind))
        if kind == "wrong":
            raise _error(token.start, f"unexpected {_described(token.text)}")
        yield token


class _Parser:
    """One method for each rule of the grammar; each appends its steps in postfix order."""

    def __init__(self, text: str) -> None:
        self.steps: list[float | str | Operation] = []
        self.depth = 0
        self.tokens = _tokens(text)
        self.previous = self.token = next(self.tokens)

    def formula(self) -> None:
        if self.token.kind == "end":
            raise _error(0, "the formula is empty")
        self.expression()
        if self.token.kind != "end":
            raise self._unexpected()

    def expression(self) -> None:
        self.term()
        while self.token.text in ("+", "-"):
            operator = self._take()
            self.term()
            self.steps.append(Operation(operator.text, 2))

    def term(self) -> None:
        self.unary()
        while self.token.text in ("*", "/"):
            operator = self._take()
            self.unary()
            self.steps.append(Operation(operator.text, 2))

    def unary(self) -> None:
        if self.token.text not in ("+", "-"):
            self.power()
            return
        sign = self._deepen()
        self.unary()
        self.depth -= 1
        if sign.text == "-":
            self.steps.append(Operation("negative", 1))

    def power(self) -> None:
        self.atom()
        if self.token.text == "^":
            self._deepen()
            self.unary()
            self.depth -= 1
            self.steps.append(Operation("^", 2))

    def atom(self) -> None:
        if self.token.text == "(":
            opening = self._deepen()
            self.expression()
            self._close(opening)
        elif self.token.kind == "number":
            self.steps.append(_number(self._take()))
        elif self.token.kind == "name":
            name = self._take()
            if self.token.text == "(":
                self.call(name)
            else:
                self.steps.append(name.text)
        else:
            got = _shown(self.token.text)
            raise _error(self.token.start, f"expected a number, a grader key or '(', got {got}")

    def call(self, function: _Token) -> None:
        name = function.text
        if name not in _FUNCTIONS:
            raise _error(function.start, f"unknown function {_shown(name)}: {_function_hint(name)}")
        opening = self._deepen()
        count = self._arguments(name)
        self._close(opening)
        if count == 0 or (count > 1 and name not in _TAKE_MANY):
            takes = "at least one argument" if name in _TAKE_MANY else "one argument"
            raise _error(function.start, f"{name!r} takes {takes}, got {count}")
        if name not in _TAKE_MANY:
            self.steps.append(Operation(name, 1))

    def _arguments(self, name: str) -> int:
        if self.token.text == ")":
            return 0
        self.expression()
        count = 1
        while self.token.text == ",":
            self._take()
            self.expression()
            count += 1
            if name in _TAKE_MANY:
                self.steps.append(Operation(name, 2))
        return count

    def _take(self) -> _Token:
        self.previous, self.token = self.token, next(self.tokens)
        return self.previous

    def _deepen(self) -> _Token:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _error(self.token.start, f"nested deeper than {MAX_DEPTH} levels")
        return self._take()

    def _close(self, opening: _Token) -> None:
        if self.token.kind == "end":
            raise _error(opening.start, "'(' is never closed")
        if self.token.text != ")":
            raise self._unexpected()
        self._take()
        self.depth -= 1

    def _unexpected(self) -> FormulaError:
        for token in (self.token, self.previous):
            if token.text in _HINTS and (token is self.token or token.kind == "name"):
                return _error(token.start, f"unexpected {_described(token.text)}")
        return _error(self.token.start, f"expected an operator before {_shown(self.token.text)}")


def _number(token: _Token) -> float:
    value = float(token.text)
    if math.isinf(value):
        raise _error(token.start, f"the number {_shown(token.text)} is too large")
    return value


def _error(start: int, message: str) -> FormulaError:
    return FormulaError(f"column {start + 1}: {message}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…") if text else "the end"


def _function_hint(name: str) -> str:
    if name in _FUNCTION_HINTS:
        return _FUNCTION_HINTS[name]
    nearest = difflib.get_close_matches(name.lower(), _FUNCTIONS)
    return f"did you mean {nearest[0]!r}?" if nearest else f"expected one of {', '.join(_FUNCTIONS)}"


def _described(text: str) -> str:
    if text in _HINTS:
        return f"{text!r}: {_HINTS[text]}"
    if text.isascii():
        return repr(text)
    name = unicodedata.name(text, "no name").lower()
    meant = _LOOKALIKES.get(text, unicodedata.normalize("NFKC", text))
    hint = f", did you mean {meant!r}?" if len(meant) == 1 and meant.isascii() else ""
    return f"{text!r} (U+{ord(text):04X} {name}): only ASCII is allowed{hint}"
