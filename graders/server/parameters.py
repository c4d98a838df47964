"""Read parameters of bodies and queries, and say in the API's words what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graders.server.failures import ApiError, invalid, missing, unknown_parameter, wrong_choice, wrong_type

_EXPECTED = {dict: "an object", list: "an array", str: "a string", int: "an integer"}
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE, LONGEST_NAME = 16, 64, 512, 10_000


def only(body: Mapping[str, Any], names: Sequence[str], path: str = "") -> None:
    """Refuse a body that holds anything else.

    Raises:
        ApiError: it does.
    """
    for name in body:
        if name not in names:
            raise unknown_parameter(path + name)


def required(body: Mapping[str, Any], name: str, kind: type, path: str = "") -> Any:
    """Give a parameter that has to be there.

    Raises:
        ApiError: it is not, or is of another type.
    """
    if name not in body:
        raise missing(path + name)
    return checked(body[name], kind, path + name)


def optional(body: Mapping[str, Any], name: str, kind: type, path: str = "") -> Any:
    """Give a parameter, or None where it is absent or null.

    Raises:
        ApiError: it is of another type.
    """
    value = body.get(name)
    return None if value is None else checked(value, kind, path + name)


def checked(value: Any, kind: type, param: str) -> Any:
    """Give a value that is of a type.

    Raises:
        ApiError: it is of another one.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong_type(param, _EXPECTED[kind], value)
    return value


def chosen(body: Mapping[str, Any], name: str, choices: Sequence[str], path: str = "") -> str:
    """Give a parameter that is one of several words.

    Raises:
        ApiError: it is not there, or is none of them.
    """
    value: str = required(body, name, str, path)
    if value not in choices:
        raise wrong_choice(path + name, value, choices)
    return value


def metadata_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Give the metadata of an object, `{}` where there are none.

    Raises:
        ApiError: they are too many, too long, or no texts.
    """
    pairs: dict[str, Any] = optional(body, "metadata", dict) or {}
    if len(pairs) > MOST_PAIRS:
        message = f"Invalid 'metadata': too many properties. Expected at most {MOST_PAIRS}."
        raise invalid("metadata", message, "object_above_max_properties")
    for key, value in pairs.items():
        checked(value, str, f"metadata.{key[:LONGEST_KEY]}")
        if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            longest = f"keys of at most {LONGEST_KEY} and values of at most {LONGEST_VALUE} characters"
            message = f"Invalid 'metadata': string too long. Expected {longest}."
            raise invalid("metadata", message, "string_above_max_length")
    return pairs


def name_of(body: Mapping[str, Any], parameter: str = "name", path: str = "") -> str | None:
    """Give the name in a body; None where there is none.

    Raises:
        ApiError: it is no text, or too long.
    """
    name: str | None = optional(body, parameter, str, path)
    if name is not None and len(name) > LONGEST_NAME:
        param = path + parameter
        message = f"Invalid '{param}': string too long. Expected at most {LONGEST_NAME} characters."
        raise invalid(param, message, "string_above_max_length")
    return name or None


class Query(NamedTuple):
    """What a list is asked for: where its page begins, how long it is, in which order, of which words."""

    after: str | None
    limit: int
    descending: bool
    words: Mapping[str, str | None]


@dataclass(frozen=True)
class Listing:
    """The parameters that a list takes; `words` have their choices, of which the first is usual if `marked`.

    A list without an `order` has the last first.
    """

    order: str | None = "asc"
    most: int = 100
    usual: int = 20
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    marked: tuple[str, ...] = ()

    def read(self, given: Mapping[str, str]) -> Query:
        """Read the parameters.

        Raises:
            ApiError: one of them cannot be used.
        """
        limit = self._limit(given.get("limit"))
        order = "desc" if self.order is None else _word(given, "order", _ORDERS) or self.order
        words = {name: self._chosen(given, name) for name in self.words}
        return Query(given.get("after") or None, limit, order == "desc", words)

    def _chosen(self, given: Mapping[str, str], name: str) -> str | None:
        choices = self.words[name]
        return _word(given, name, choices) or (choices[0] if name in self.marked else None)

    def described(self) -> list[dict[str, Any]]:
        """Give the parameters as an OpenAPI document tells them."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.most, "default": self.usual}
        told = [_parameter("after", {"type": "string"}), _parameter("limit", limit)]
        if self.order is not None:
            told.append(_parameter("order", _choice(_ORDERS, self.order)))
        for name, choices in self.words.items():
            told.append(_parameter(name, _choice(choices, choices[0] if name in self.marked else None)))
        return told

    def _limit(self, text: str | None) -> int:
        if text is None:
            return self.usual
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise wrong_type("limit", "an integer", text)
        return _bounded(int(text), self.most)


_ORDERS = ("asc", "desc")


def _word(given: Mapping[str, str], name: str, choices: Sequence[str]) -> str | None:
    value = given.get(name)
    if value is not None and value not in choices:
        raise wrong_choice(name, value, choices)
    return value


def _choice(choices: Sequence[str], usual: str | None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
    return schema if usual is None else {**schema, "default": usual}


def _parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": dict(schema)}


def _bounded(limit: int, most: int) -> int:
    if limit < 1:
        raise _out_of_bounds("integer_below_min_value", f"Expected a value >= 1, but got {limit} instead.")
    if limit > most:
        message = f"Expected a value <= {most}, but got {limit} instead."
        raise _out_of_bounds("integer_above_max_value", message)
    return limit


def _out_of_bounds(code: str, message: str) -> ApiError:
    return invalid("limit", f"Invalid 'limit': {code.replace('_', ' ')}. {message}", code)
