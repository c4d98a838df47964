"""Values in objects that stand in objects."""

from collections.abc import Mapping
from typing import Any


def put(value: dict[str, Any] | None, keys: tuple[str, ...], leaf: object) -> None:
    """Put a leaf into an object; where something else stands in the way, nothing happens."""
    for key in keys[:-1]:
        below = value.setdefault(key, {}) if isinstance(value, dict) else None
        value = below if isinstance(below, dict) else None
    if value is not None and isinstance(leaf, str | int | float | bool | list | dict | None):
        value[keys[-1]] = leaf


def dig(value: Any, keys: tuple[str, ...]) -> Any:
    """Take a leaf out of an object; None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
