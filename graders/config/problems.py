"""The words for what is wrong with a document: where it stands, what was expected, what came."""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from graders.errors import Problem

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

_COMMON_MISTAKES = {
    "contains": "like",
    "includes": "like",
    "icontains": "ilike",
    "neq": "ne",
    "equals": "eq",
    "equal": "eq",
    "exact_match": "eq",
    "not_equals": "ne",
    "prompt": "input",
    "messages": "input",
    "script": "source",
    "code": "source",
    "metric": "evaluation_metric",
    "formula": "calculate_output",
    "expected": "reference",
    "target": "reference",
    "threshold": "pass_threshold",
    "fuzzy": "fuzzy_match",
    "rouge": "rouge_l",
}
"""Words that people write for the right one."""

_PATTERNS = ("starts_with", "ends_with", "regex", "matches")
"""Operations that there are not, and that are nothing like one that there is."""


def spell(word: str) -> str:
    """Give the right word for a common mistake, else the word itself."""
    return _COMMON_MISTAKES.get(word, word)


def join(path: str, key: object) -> str:
    """Go one step down in a path: `$.graders.match`, `$.input[0]`, `$.graders["a b"]`.

    A document of Python may have keys that JSON has not; they stand in brackets as well.
    """
    plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
    return f"{path}.{key}" if plain else f"{path}[{json.dumps(key, default=repr)}]"


def show(value: object) -> str:
    """Name a JSON value's kind, and the value itself where it is short."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, tuple):
        return "a tuple"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a huge integer"
    return text if len(text) <= 60 else f"{text[:57]}…"


def did_you_mean(word: str, choices: Collection[str]) -> str:
    """Give ` (did you mean 'x'?)` for the nearest choice, or nothing."""
    nearest = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean {nearest[0]!r}?)" if nearest else ""


def expected_one_of(choices: Collection[str], value: object) -> str:
    """Say which words were possible, what came, and which was probably meant."""
    message = f"expected one of {', '.join(choices)}; got {show(value)}"
    if not isinstance(value, str) or len(value) > 100:
        return message
    if value.lower() in _PATTERNS:
        return f"{message} (string_check has no patterns; a python grader can test this)"
    return message + did_you_mean(spell(value.lower()), choices)


def problems_of(
    error: ValidationError, document: Mapping[str, Any], fields: set[str], path: str
) -> Iterator[Problem]:
    """Translate pydantic's findings about a document of these fields, one problem for each place."""
    by_place: dict[str, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_place.setdefault(_place(details, document, path), []).append(details)
    for place, found in by_place.items():
        yield Problem(place, _message(found, fields))


def _place(details: ErrorDetails, document: Any, path: str) -> str:
    """Spell the place of a finding, leaving out pydantic's names for the branches of a union."""
    for step in details["loc"]:
        if not _has(document, step):
            continue  # the name of a branch, or of a field that is missing
        document, path = document[step], join(path, step)
    return path


def _has(document: Any, step: int | str) -> bool:
    if isinstance(document, list):
        return step in range(len(document))
    return isinstance(document, Mapping) and step in document


def _message(found: Sequence[ErrorDetails], fields: set[str]) -> str:
    kinds = {details["type"] for details in found}
    details = found[0]
    if "missing" in kinds:
        return _missing([details["loc"][-1] for details in found], details["input"], fields)
    if kinds & {"float_type", "float_parsing"}:
        return f"expected a number; got {show(details['input'])}"
    if "literal_error" in kinds:
        return expected_one_of(_choices(details), details["input"])
    if "union_tag_invalid" in kinds:
        return expected_one_of(_choices(details), details["input"].get("type"))
    if "value_error" in kinds:
        return str(details.get("ctx", {})["error"])
    return _plain_message(details)


def _missing(names: Iterable[int | str], part: Mapping[str, Any], fields: set[str]) -> str:
    """Name the fields that a part of a document lacks, each with what it may have been called instead."""
    parts = []
    unknown = [str(key) for key in part if key not in fields]
    for name in map(str, names):
        meant = [key for key in unknown if spell(key) == name]
        meant += difflib.get_close_matches(name, unknown, n=1, cutoff=0.6)
        parts.append(f"missing field {name!r}" + (f" (found {meant[0]!r})" if meant else ""))
    return ", ".join(parts)


def _choices(details: ErrorDetails) -> list[str]:
    context = details.get("ctx", {})
    listed = context.get("expected", context.get("expected_tags", ""))
    return re.findall(r"'([^']*)'", str(listed))


_EXPECTED = {
    "string_type": "a string",
    "invalid_key": "a key that is a string",
    "string_unicode": "a string without half a surrogate pair",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "finite_number": "a finite number",
    "union_tag_not_found": "an object with a type",
    "content_type": "a string, an object or an array",
    "piece_type": "a string or an object",
}


def _plain_message(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    kind, value = details["type"], details["input"]
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}; got {show(value)}"
    if kind == "greater_than_equal":
        return f"expected at least {context['ge']}; got {show(value)}"
    if kind in ("too_short", "too_long"):
        return f"expected {_length(context)}; got {context['actual_length']}"
    return f"{details['msg'][:1].lower()}{details['msg'][1:]}; got {show(value)}"


def _length(context: Mapping[str, Any]) -> str:
    if "min_length" in context:
        return f"at least {context['min_length']} entries"
    return f"at most {context['max_length']} entries"
