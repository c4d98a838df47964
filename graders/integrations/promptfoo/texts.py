"""Nunjucks texts of a config: plain variables are carried over, everything else is refused.

Design: a text that cannot be translated exactly is not translated at all. `{{ name }}` and `{{ a.b[0] }}` are
paths into the variables of the test; filters, tags, comments and expressions are nunjucks' own.
"""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from graders.batch import MISSING, Path
from graders.integrations.promptfoo.notes import NoCounterpartError
from graders.strict_json import dumps

_REFERENCE = re.compile(r"\{\{-?(?P<path>[^{}|]+?)-?\}\}")
_OTHER = re.compile(r"\{\{|\{%|\{#")


def template_of(text: str, known: Mapping[str, Any]) -> str:
    """Make a template string over items; a variable that the test has not is empty, as in nunjucks.

    Raises:
        NoCounterpartError: the text is more than plain variables.
    """

    def replaced(found: re.Match[str]) -> str:
        path = _path(found)
        return f"{{{{item.{path.text}}}}}" if path.head in known else ""

    _refuse_other(text)
    return _REFERENCE.sub(replaced, text)


def render(text: str, known: Mapping[str, Any]) -> str:
    """Fill a text with the variables of a test.

    Raises:
        NoCounterpartError: the text is more than plain variables.
    """

    def replaced(found: re.Match[str]) -> str:
        value = _path(found).resolve(dict(known))
        return "" if value is MISSING or value is None else as_text(value)

    _refuse_other(text)
    return _REFERENCE.sub(replaced, text)


def refers(text: str) -> bool:
    """Say whether a text has a variable in it."""
    return _REFERENCE.search(text) is not None


def as_text(value: object) -> str:
    """Write a value as JavaScript writes it into a text; objects as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return dumps(as_json(value)).decode()


def as_json(value: Any) -> Any:
    """Make a JSON value of what YAML gives: dates become text, whole floats integers, as in JavaScript."""
    if isinstance(value, Mapping):
        return {as_text(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if isinstance(value, float):
        return (int(value) if value.is_integer() else value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _path(found: re.Match[str]) -> Path:
    try:
        path = Path.parse(found["path"].strip())
    except ValueError:
        raise NoCounterpartError(f"nunjucks beyond plain variables: {found.group()!r}") from None
    if path.head == "env":
        raise NoCounterpartError("reads the environment")
    return path


def _refuse_other(text: str) -> None:
    rest = _REFERENCE.sub("", text)
    if _OTHER.search(rest):
        raise NoCounterpartError(f"nunjucks beyond plain variables: {text[:60]!r}")
