"""One assertion of a test → sub-graders and a formula over them.

Design: a handler says what an assertion asks, without its negation; `not-` turns the formula round. Texts
that stand in the test itself go into the item, under `EXPECTED`, so that tests of one kind share a document.
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graders.config.problems import show
from graders.integrations.promptfoo.case import Case
from graders.integrations.promptfoo.notes import NoCounterpartError
from graders.integrations.promptfoo.patterns import python_pattern
from graders.integrations.promptfoo.prompts import FACTUALITY, criterion_grader, facts_grader, rubric_grader
from graders.integrations.promptfoo.sources import code_of, file_of, source_of
from graders.integrations.promptfoo.texts import as_json, as_text, refers, render, template_of

EXPECTED = "asserted"
"""The field of an item that holds what its test expects."""

_OUTPUT = "{{sample.output_text}}"
_LARGEST = sys.float_info.max
_LONGEST_LIST = 100_000
_COUNT = re.compile(r"\s*[0-9]{1,15}\s*")
_DEFAULT_MODEL = "gpt-5"
_METRICS = {"rouge-n": "rouge_1", "bleu": "bleu", "gleu": "gleu", "meteor": "meteor", "similar": "cosine"}
_THRESHOLDS = {"rouge-n": 0.75, "similar": 0.75, "g-eval": 0.7}
_REASONS = {
    "javascript": "JavaScript runs in promptfoo only; write a python grader",
    "ruby": "Ruby runs in promptfoo only; write a python grader",
    "select-best": "compares the outputs of several models; grade each and compare the runs",
    "max-score": "compares the outputs of several models; grade each and compare the runs",
    "cost": "the cost of an answer is not in its text",
    "latency": "the time of an answer is not in its text",
    "webhook": "graders call nobody",
}


class Criterion(NamedTuple):
    """What one assertion becomes.

    `parts` are sub-graders by key, `term` the formula over these keys, `passes` the least value of it that
    passes. `kind` is promptfoo's name of it without `not-`, `key` a name that no other of the test has.
    """

    kind: str
    key: str
    parts: dict[str, dict[str, Any]]
    term: str
    passes: float
    weight: float = 1.0


@dataclass
class Reader:
    """Translates the assertions of one test; `expected` collects what goes into the item."""

    case: Case
    expected: dict[str, Any] = field(default_factory=dict)
    _keys: set[str] = field(default_factory=set)

    def criterion(self, assertion: Mapping[str, Any]) -> Criterion:
        """Translate an assertion that is no set.

        Raises:
            NoCounterpartError: there is nothing here that computes it; the item is as it was.
        """
        before = dict(self.expected)
        try:
            return self._criterion(assertion)
        except NoCounterpartError:
            self.expected = before
            raise

    def _criterion(self, assertion: Mapping[str, Any]) -> Criterion:
        kind, inverse = _kind_of(assertion)
        for name in ("transform", "contextTransform"):
            if name in assertion:
                raise NoCounterpartError(f"`{name}` is code that runs in promptfoo only")
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise NoCounterpartError(_REASONS.get(kind, f"nothing here computes {kind!r}"))
        name = as_text(assertion.get("metric") or kind)
        found = handler(self, self.key(name), kind, assertion)
        if inverse:
            found = _inverse(found)._replace(key=self.key(f"not_{name}"))
        return found._replace(weight=number(assertion.get("weight"), 1.0, "weight"))

    def text(self, value: object, key: str) -> str:
        """Make a template string of a value: of its variables, or of what is put into the item."""
        if isinstance(value, str) and refers(value):
            return template_of(value, self.case.vars)
        if not isinstance(value, str | int | float):
            raise NoCounterpartError(f"expected a text; got {type(value).__name__}")
        return self.lifted(self.rendered(value), key)

    def rendered(self, value: object) -> str:
        """Give the text of a value, its variables filled in."""
        return render(value, self.case.vars) if isinstance(value, str) else as_text(value)

    def lifted(self, value: object, key: str) -> str:
        """Put a value into the item; give the template string that reads it."""
        self.expected[key] = as_json(value)
        return f"{{{{item.{EXPECTED}.{key}}}}}"

    def texts(self, value: object, key: str) -> dict[str, str]:
        """Make a template string of each of several values, under keys of their own."""
        if isinstance(value, str):
            value = _comma_separated(render(value, self.case.vars))
        if not isinstance(value, list) or not value:
            raise NoCounterpartError("expected a list of texts")
        return {f"{key}_{place}": self.text(each, f"{key}_{place}") for place, each in enumerate(value, 1)}

    def source(self, kind: str, key: str, value: object) -> dict[str, Any]:
        """Make a python grader that reads what it expects out of the item."""
        self.lifted(value, key)
        return _python(source_of(kind, f'item["{EXPECTED}"]["{key}"]'))

    def model(self, assertion: Mapping[str, Any]) -> str:
        """Give the model that judges: the assertion's, the test's, or one of our choice."""
        provider = assertion.get("provider") or self.case.options.get("provider")
        if isinstance(provider, Mapping):
            text = provider.get("text")
            provider = provider.get("id") or (text if isinstance(text, str) else None)
        return provider.rpartition(":")[2] if isinstance(provider, str) else _DEFAULT_MODEL

    def key(self, name: str) -> str:
        """Make a name of it that a formula can hold and that is not taken."""
        stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "assertion"
        stem = f"a_{stem}" if stem[0].isdigit() else stem
        key, place = stem, 1
        while key in self._keys:
            place += 1
            key = f"{stem}_{place}"
        self._keys.add(key)
        return key


def _kind_of(assertion: Mapping[str, Any]) -> tuple[str, bool]:
    kind = assertion.get("type")
    if not isinstance(kind, str):
        raise NoCounterpartError("an assertion without a type")
    inverse = kind.startswith("not-")
    kind = kind.removeprefix("not-")
    return {"similar:cosine": "similar", "model-graded-factuality": "factuality"}.get(kind, kind), inverse


def _inverse(found: Criterion) -> Criterion:
    """Turn a criterion round; equality has an operation for it."""
    if len(found.parts) == 1:
        ((key, part),) = found.parts.items()
        if part.get("operation") == "eq":
            return found._replace(parts={key: {**part, "operation": "ne"}})
    passes = 1.0 if found.passes == 1.0 else 1.0 - found.passes
    return found._replace(term=f"(1 - {found.term})", passes=passes)


def number(value: object, default: float, name: str) -> float:
    """Read a number, or take the default where there is none.

    Raises:
        NoCounterpartError: it is no finite number.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise NoCounterpartError(f"expected a number as {name}; got {show(value)}")
    return float(value)


def _comma_separated(text: str) -> list[str]:
    """Split at commas outside quotes; empty pieces are dropped."""
    if len(text) > _LONGEST_LIST:  # csv's own limit is the process's, and reading rows raises it
        raise NoCounterpartError(f"a list of {len(text):,} characters; at most {_LONGEST_LIST:,} are read")
    try:
        pieces = next(csv.reader([text.replace("\n", " ")], skipinitialspace=True), [])
    except csv.Error as error:
        raise NoCounterpartError(f"the list cannot be read: {error}") from None
    return [piece.strip() for piece in pieces if piece.strip()]


def _python(source: str, passes: float = 1.0) -> dict[str, Any]:
    return {"type": "python", "source": source, "pass_threshold": passes}


def _check(text: str, operation: str) -> dict[str, Any]:
    return {"type": "string_check", "input": _OUTPUT, "reference": text, "operation": operation}


def _one(kind: str, key: str, part: dict[str, Any], passes: float = 1.0) -> Criterion:
    return Criterion(kind, key, {key: part}, key, passes)


def _of_all(function: str, parts: Mapping[str, object]) -> str:
    return next(iter(parts)) if len(parts) == 1 else f"{function}({', '.join(parts)})"


def _equals(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    if isinstance(value, Mapping | list) or value is None:
        return _one(kind, key, reader.source(kind, key, value))
    return _one(kind, key, _check(reader.text(value, key), "eq"))


def _contains(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    operation = "ilike" if kind.startswith("i") else "like"
    if not kind.endswith(("-any", "-all")):
        if value is None or value == "":
            raise NoCounterpartError("an empty value, which promptfoo refuses")
        return _one(kind, key, _check(reader.text(value, key), operation))
    parts = {name: _check(text, operation) for name, text in reader.texts(value, key).items()}
    chosen = "max" if kind.endswith("-any") else "min"
    return Criterion(kind, key, parts, _of_all(chosen, parts), 1.0)


def _begins(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    return _one(kind, key, reader.source(kind, key, reader.rendered(assertion.get("value"))))


def _regex(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    pattern = python_pattern(reader.rendered(assertion.get("value")))
    return _one(kind, key, reader.source(kind, key, pattern))


def _similar(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    several = isinstance(value, list)
    texts = reader.texts(value, key) if several else {key: reader.text(value, key)}
    passes = number(assertion.get("threshold"), _THRESHOLDS.get(kind, 0.5), "threshold")
    made = {"type": "text_similarity", "input": _OUTPUT, "evaluation_metric": _METRICS[kind]}
    parts = {name: {**made, "reference": text} for name, text in texts.items()}
    return Criterion(kind, key, parts, _of_all("max", parts), passes)


def _levenshtein(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    most = number(assertion.get("threshold"), 5.0, "threshold")
    expected = {"text": reader.rendered(assertion.get("value")), "most": most}
    return _one(kind, key, reader.source(kind, key, expected))


def _word_count(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    if isinstance(value, Mapping):
        least, most = number(value.get("min"), 0, "min"), number(value.get("max"), 2**53, "max")
    else:
        exact = int(value) if isinstance(value, str) and _COUNT.fullmatch(value) else value
        least = most = number(exact, -1, "value")
    return _one(kind, key, reader.source(kind, key, {"min": least, "max": most}))


def _is_json(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    schema = assertion.get("value")
    if isinstance(schema, str):
        raise NoCounterpartError("a schema as text or in a file; write it as an object")
    if not schema:
        return _one(kind, key, _python(source_of(kind, "None")))
    return _one(kind, key, reader.source("matches-schema", key, schema))


def _code(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    if not isinstance(value, str):
        raise NoCounterpartError("expected Python code")
    if value.startswith("file://"):
        name, _, function = value.removeprefix("file://").partition(":")
        source = file_of(reader.case.read(name), function or "get_assert")
    else:
        source = code_of(render(value, reader.case.vars))
    passes = number(assertion.get("threshold"), 1e-9, "threshold")  # without one, whatever is above 0
    return _one(kind, key, _python(source, passes), passes)


def _rubric(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    value = assertion.get("value")
    if isinstance(value, list) and kind == "g-eval":
        raise NoCounterpartError("several criteria; write an assertion for each")
    if assertion.get("rubricPrompt") or reader.case.options.get("rubricPrompt"):
        raise NoCounterpartError("a rubricPrompt of your own; put it into a score_model")
    passes = number(assertion.get("threshold"), _THRESHOLDS.get(kind, 0.5), "threshold")
    made = rubric_grader(reader.model(assertion), reader.text(value, key))
    return _one(kind, key, {**made, "pass_threshold": passes}, passes)


def _closed_qa(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    criterion = reader.text(assertion.get("value"), key)
    return _one(kind, key, criterion_grader(reader.model(assertion), criterion, reader.case.question()))


def _factuality(reader: Reader, key: str, kind: str, assertion: Mapping[str, Any]) -> Criterion:
    own = reader.case.options.get("factuality")
    worth = dict.fromkeys(FACTUALITY, 1.0) | {"disagree": 0.0} | (own if isinstance(own, dict) else {})
    passing = [label for name, label in FACTUALITY.items() if worth[name]]
    expert = reader.text(assertion.get("value"), key)
    return _one(kind, key, facts_grader(reader.model(assertion), expert, reader.case.question(), passing))


Handler = Callable[[Reader, str, str, Mapping[str, Any]], Criterion]

_HANDLERS: dict[str, Handler] = {
    "equals": _equals,
    **dict.fromkeys(("contains", "contains-any", "contains-all"), _contains),
    **dict.fromkeys(("icontains", "icontains-any", "icontains-all"), _contains),
    **dict.fromkeys(("starts-with", "ends-with"), _begins),
    "regex": _regex,
    **dict.fromkeys(_METRICS, _similar),
    "levenshtein": _levenshtein,
    "word-count": _word_count,
    "is-json": _is_json,
    "python": _code,
    **dict.fromkeys(("llm-rubric", "g-eval"), _rubric),
    "model-graded-closedqa": _closed_qa,
    "factuality": _factuality,
}

KINDS = frozenset(_HANDLERS) | frozenset(_REASONS)
"""Kinds of assertions that are known by name."""
