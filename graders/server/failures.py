"""What the API answers where it cannot do what it is asked: the envelope, and the usual cases."""

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type_: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.type, self.param, self.code = status, message, type_, param, code

    def body(self) -> dict[str, Any]:
        """Give the envelope."""
        named = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": named}


def invalid(param: str, message: str, code: str | None = "invalid_value") -> ApiError:
    """Say that a parameter cannot be used."""
    return ApiError(400, message, param=param, code=code)


def missing(param: str) -> ApiError:
    """Say that a parameter is not there."""
    return invalid(param, f"Missing required parameter: '{param}'.", "missing_required_parameter")


def wrong_type(param: str, expected: str, value: object) -> ApiError:
    """Say that a parameter is of another type than it should be."""
    message = f"Invalid type for '{param}': expected {expected}, but got {kind_of(value)} instead."
    return invalid(param, message, "invalid_type")


def wrong_choice(param: str, value: str, choices: Sequence[str]) -> ApiError:
    """Say that a parameter is none of the words that it can be."""
    shown = value if len(value) <= 100 else f"{value[:100]}…"
    message = f"Invalid value: '{shown}'. Supported values are: {listed(choices)}."
    return invalid(param, message)


def unknown_parameter(param: str) -> ApiError:
    """Say that there is no such parameter."""
    return invalid(param, f"Unknown parameter: '{param}'.", "unknown_parameter")


def not_found(kind: str, object_id: str) -> ApiError:
    """Say that there is no such object."""
    message = f"No {kind} found with id '{object_id}'."
    return ApiError(404, f"No such File object: {object_id}" if kind == "File" else message)


def listed(words: Sequence[str]) -> str:
    """List words as a sentence does: 'a', 'b', and 'c'."""
    quoted = [f"'{word}'" for word in words]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def kind_of(value: object) -> str:
    """Name what a JSON value is, with its article."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "an integer", float: "a decimal number", str: "a string"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
