"""A line of a CSV file of tests → a test; `__expected` columns hold assertions in promptfoo's short form."""

import re
from collections.abc import Mapping
from typing import Any

from graders.integrations.promptfoo.assertions import KINDS

_CELL = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z:-]*[a-z])(?:\((?P<threshold>\d+(?:\.\d+)?)\))?:\s?(?P<value>.*)", re.DOTALL
)


def test_of(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """Make a test of a line of CSV: `__expected` columns are assertions, others variables."""
    plain = {key: value for key, value in row.items() if isinstance(key, str) and not key.startswith("__")}
    cells = [value for key, value in row.items() if isinstance(key, str) and key.startswith("__expected")]
    return {"vars": plain, "assert": [_assertion_of(cell) for cell in cells if cell]}


def _assertion_of(text: str) -> dict[str, Any]:
    found = _CELL.fullmatch(text.strip())
    if found is None or found["type"].removeprefix("not-") not in KINDS:
        return {"type": "equals", "value": text}
    made: dict[str, Any] = {"type": found["type"], "value": found["value"].strip()}
    return made | ({"threshold": float(found["threshold"])} if found["threshold"] else {})
