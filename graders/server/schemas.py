"""`item_schema`: what an eval says of its items, checked when it is made and for every row.

Design: the schema is a stranger's program. It is never fetched anything for, its patterns have a time limit,
and what a row makes it do is counted, because references can multiply without end.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from graders.errors import GradersError
from graders.server.failures import ApiError, invalid
from graders.server.patterns import PatternTimeoutError, compiled, found
from graders.strict_json import dumps

PARAM = "data_source_config.item_schema"
_MOST_REFERENCES = 10_000
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class ItemError(GradersError):
    """An item is not what the schema says."""


class _EndlessError(Exception):
    """A row makes the schema refer to itself too often."""


@dataclass
class _Steps:
    """How many references one item has led through."""

    taken: int = 0

    def reference(self, follow: Callable[..., Any], validator: Any, to: Any, item: Any, schema: Any) -> Any:
        self.taken += 1
        if self.taken > _MOST_REFERENCES:
            raise _EndlessError
        return follow(validator, to, item, schema)


class ItemSchema:
    """Checks items; used by one thread at a time."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._steps = _Steps()
        self._validator = _validator(schema, self._steps)
        self._trivial = set(schema) <= {"type"} and schema.get("type", "object") == "object"

    def check(self, item: Mapping[str, Any]) -> None:
        """Check one item.

        Raises:
            ItemError: it is not what the schema says, or nobody could tell within the limits.
        """
        if self._trivial:
            return
        self._steps.taken = 0
        try:
            error = next(self._validator.iter_errors(item), None)
        except PatternTimeoutError as trouble:
            raise ItemError(str(trouble)) from None
        except (_EndlessError, RecursionError):
            raise ItemError("the schema refers to itself without end") from None
        except Unresolvable:
            raise ItemError("the schema refers to what is not in it") from None
        if error is not None:
            raise ItemError(_said(error))


def check_schema(schema: Mapping[str, Any], most_bytes: int) -> None:
    """Check the schema itself.

    Raises:
        ApiError: it is none, is too large, refers to another document, or holds a pattern that is none.
    """
    if len(dumps(schema)) > most_bytes:
        message = f"Invalid '{PARAM}': larger than {most_bytes} bytes."
        raise invalid(PARAM, message, "schema_too_large")
    for name, value in _keywords(schema):
        _check_keyword(name, value)
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
    except SchemaError as error:
        raise _invalid(_said(error)) from None
    except (RecursionError, Unresolvable):
        raise _invalid("nested too deeply") from None


def _check_keyword(name: str, value: Any) -> None:
    if name in _REFERENCES and isinstance(value, str) and not value.startswith("#"):
        raise _invalid("a reference has to begin with '#', inside the document")
    patterns = [value] if name == "pattern" else value if name == "patternProperties" else ()
    if isinstance(patterns, list | dict):
        for pattern in patterns:
            try:
                if isinstance(pattern, str):
                    compiled(pattern)
            except ValueError as error:
                raise _invalid(f"not a pattern: {error}") from None
    if name in ("unevaluatedProperties", "$vocabulary"):
        raise _invalid(f"'{name}' is not supported")


def _keywords(value: Any) -> Iterator[tuple[str, Any]]:
    """Give every key of a schema with its value, however deep; names of properties are among them."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield from each.items()
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _invalid(message: str) -> ApiError:
    return invalid(PARAM, f"Invalid '{PARAM}': {message}.", "invalid_schema")


def _validator(schema: Mapping[str, Any], steps: _Steps) -> Validator:
    plain = validator_for(schema, default=Draft202012Validator)
    own: dict[str, Any] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    for name in _REFERENCES:
        if name in plain.VALIDATORS:
            own[name] = partial(steps.reference, plain.VALIDATORS[name])
    made: Validator = extend(plain, own)(schema, registry=Registry())
    return made


def _pattern(_: Any, pattern: Any, item: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(item, str) and not found(pattern, item):
        yield ValidationError("a text does not have the pattern")


def _pattern_properties(validator: Any, patterns: Any, item: Any, _: Any) -> Iterator[ValidationError]:
    if not isinstance(item, dict):
        return
    for pattern, schema in patterns.items():
        for name, value in item.items():
            if found(pattern, name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, rest: Any, item: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(item, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [name for name in item if name not in known and not any(found(each, name) for each in patterns)]
    if isinstance(rest, dict):
        for name in others:
            yield from validator.descend(item[name], rest, path=name)
    elif not rest and others:
        yield ValidationError("there are properties that are not allowed")


_VALUE = re.compile(r"\s+")


def _said(error: ValidationError | SchemaError) -> str:
    """Say where something is wrong and which keyword says so; no text of a row."""
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    if error.validator == "required":
        return str(error.message)[:300]
    rule = _VALUE.sub(" ", str(error.validator)) if error.validator else "the schema"
    return f"{where.lstrip('.') or 'the item'} does not conform to {rule}"[:300]
