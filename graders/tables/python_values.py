"""Python's values as JSON has them: what cells of Python objects hold, and what Arrow has no JSON word for.

Design: a whole decimal becomes an integer, any other the float that a JSON reader makes of its digits. Dates
and times become ISO 8601 text, moments with a time zone in UTC, so that equal moments are equal texts.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np


class UnfitError(ValueError):
    """A value has no place in JSON."""


def python_values(values: Iterable[Any]) -> list[Any]:
    """Give Python's values as JSON has them.

    Raises:
        UnfitError: JSON has no word for one of them.
    """
    return [value if type(value) in _PLAIN else _json_value(value) for value in values]


def _json_value(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return finite(float(value))
    if isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return json_object(value.items())
    if isinstance(value, list | tuple):
        return python_values(value)
    return _worded(value)


def _plain(value: Any) -> Any:
    """Give what numpy made of its values; what it could not change is refused."""
    if isinstance(value, np.generic | np.ndarray):
        raise UnfitError(f"JSON has no word for {value.dtype}")
    return python_values([value])[0]


def _worded(value: Any) -> Any:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, timedelta):
        return seconds_text(value // timedelta(microseconds=1), 6)
    if isinstance(value, datetime) and value == value:  # NaT is unlike itself
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time) and value == value:
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise UnfitError(f"JSON has no word for {type(value).__name__}")


def json_object(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Make an object of keys and values; keys are texts, each there once."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if not isinstance(key, str):
            raise UnfitError(f"expected keys that are texts; got {key!r}")
        if key in made:
            raise UnfitError(f"key {key!r} stands twice")
        made[key] = value if type(value) in _PLAIN else _json_value(value)
    return made


def finite(value: float) -> float:
    """Refuse what is no finite number."""
    if not math.isfinite(value):
        raise UnfitError(f"{value} is not JSON")
    return value


def number(value: Decimal) -> int | float:
    """Give a decimal as the number that a JSON reader makes of its digits."""
    if not value.is_finite():
        raise UnfitError(f"{value} is not JSON")
    return int(value) if value.as_tuple().exponent in (0, *range(1, 400)) else finite(float(value))


def seconds_text(ticks: int, digits: int) -> str:
    """Word a duration as ISO 8601 does: `PT90.5S`; a tick is a second over 10 to the power of `digits`."""
    whole, part = divmod(abs(ticks), 10**digits)
    fraction = f".{part:0{digits}d}".rstrip("0").rstrip(".") if digits else ""
    return f"{'-' if ticks < 0 else ''}PT{whole}{fraction}S"


_PLAIN = frozenset((str, int, bool, type(None)))
