"""Forms of documents that were written once, or are written by mistake, turned into today's.

Design: opt-in. A document that says `contains` may come from a page that was wrong about the word, and
whoever loads it says so; nothing is guessed silently.
"""

from collections.abc import Mapping
from typing import Any

_OPERATIONS = {"neq": "ne", "contains": "like"}


def modernise(document: Any) -> Any:
    """Give a document with `neq` as `ne`, `contains` as `like`, and a list of graders in a multi as a map.

    Everything else stays as it is.
    """
    if isinstance(document, list):
        return [modernise(part) for part in document]
    if not isinstance(document, Mapping):
        return document
    if not isinstance(document.get("type"), str):  # an eval body, or a map from names to graders
        return {key: modernise(part) for key, part in document.items()}
    changed = dict(document)
    operation = changed.get("operation")
    if changed["type"] == "string_check" and isinstance(operation, str):
        changed["operation"] = _OPERATIONS.get(operation, operation)
    if changed["type"] == "multi" and "graders" in changed:
        changed["graders"] = modernise(_as_map(changed["graders"]))
    return changed


def _as_map(graders: Any) -> Any:
    """Key a list of graders by their names, where each has one of its own."""
    if not isinstance(graders, list):
        return graders
    names = [part.get("name") for part in graders if isinstance(part, Mapping)]
    distinct = len(set(map(str, names))) == len(graders) and all(isinstance(name, str) for name in names)
    return dict(zip(names, graders, strict=True)) if distinct else graders
