"""The findings of a grader document in the API's words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graders.compile import check_document, check_sources
from graders.compile.places import Place
from graders.errors import ConfigError, Problem
from graders.registry import default_registry
from graders.sandbox.confinement import Confinement
from graders.server.failures import ApiError, invalid, listed, missing, wrong_type

_CHOICE = re.compile(r"expected one of (?P<choices>[\w, ]+); got '(?P<value>[^']*)'")
_TYPE = re.compile(r"expected (?P<expected>an? [a-z]+|true or false)\b.*; got (?P<value>.*)", re.DOTALL)
_MISSING = re.compile(r"missing field '(?P<name>[^']+)'")
_MULTI = "Multigrader validation test failed: 400: "


def refusal(document: Mapping[str, Any], problems: Sequence[Problem], root: str) -> ApiError:
    """Give the answer to a document that cannot be used, by its first problem; `root` is its parameter."""
    if document.get("type") != "multi":
        return worded(problems[0], root)
    graders = document.get("graders")
    error = _taken_for_a_map(graders) or worded(problems[0], "")
    if isinstance(graders, list):
        return error
    return ApiError(400, _MULTI + error.message, param=root)


def check(document: Mapping[str, Any], place: Place, root: str, confinement: Confinement) -> None:
    """Check a document as a hosted service would.

    Raises:
        ApiError: the service would not take it.
    """
    findings = check_document(document, default_registry())
    if not findings.problems and any(part.get("type") == "python" for _, part in findings.parts):
        findings, _ = check_sources(findings, confinement)
    problems = [*findings.problems, *findings.refusals.get(place, ())]
    if problems:
        raise refusal(document, problems, root)


def of_config_error(document: Mapping[str, Any], error: ConfigError, root: str) -> ApiError:
    """Give the answer to a document that could not be compiled."""
    return refusal(document, error.problems, root)


def _taken_for_a_map(graders: object) -> ApiError | None:
    """Say of one grader in the place of a map of graders which of its fields is no grader."""
    if not isinstance(graders, Mapping) or not isinstance(graders.get("type"), str):
        return None
    names = [name for name, value in graders.items() if not isinstance(value, Mapping) and name != "type"]
    name = "input" if "input" in names else next(iter(names), "type")
    return wrong_type(f"graders.{name}", "an object", graders[name])


def worded(problem: Problem, root: str) -> ApiError:
    """Give the answer to one problem of a document; `root` is its parameter."""
    param = (root + problem.path.removeprefix("$")).lstrip(".") or "grader"
    lacks = _MISSING.match(problem.message)
    if lacks:
        return missing(f"{param}.{lacks['name']}" if param != "grader" or root else lacks["name"])
    choice = _CHOICE.match(problem.message)
    if choice:
        choices = listed(choice["choices"].split(", "))
        return invalid(param, f"Invalid value: '{choice['value']}'. Supported values are: {choices}.")
    found = _TYPE.fullmatch(problem.message)
    if found and _kind(found["value"]):
        said = f"expected {found['expected']}, but got {_kind(found['value'])} instead."
        return invalid(param, f"Invalid type for '{param}': {said}", "invalid_type")
    return invalid(param, f"Invalid '{param}': {problem.message}.")


def _kind(shown: str) -> str | None:
    """Name the kind of a value by the way in which a problem shows it; None where nobody can tell."""
    known = {"an object": "an object", "an array": "an array", "null": "null", "one grader": None}
    if shown in known:
        return known[shown]
    if shown in ("true", "false"):
        return "a boolean"
    if shown[:1] in ("'", '"'):
        return "a string"
    if re.fullmatch(r"-?\d+…?", shown):
        return "an integer"
    return "a decimal number" if re.fullmatch(r"-?[\d.e+-]+…?", shown) else None
