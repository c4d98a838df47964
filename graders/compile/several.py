"""Several graders in one document: a list, a map of names, or the body of an eval."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graders.config import join

ADDED_BY_EVALS = ("id", "grdr_id", "inactive_at")
"""What the hosted service adds to the criteria of a stored eval."""


@dataclass(frozen=True)
class Member:
    """One of several graders: the key of its column, where it stands, and its document."""

    key: str
    path: str
    document: Any


def members(document: object) -> list[Member] | None:
    """Take a document apart into its graders, or give None where it is one grader.

    A map without a `type` of its own is an eval body where it has `testing_criteria`, and otherwise a map
    from names to graders.
    """
    if isinstance(document, list):
        return list(_listed(document, "$"))
    if not isinstance(document, Mapping) or isinstance(document.get("type"), str):
        return None
    criteria = document.get("testing_criteria")
    if isinstance(criteria, list):
        return list(_listed(criteria, "$.testing_criteria"))
    if document and all(isinstance(key, str) and isinstance(part, Mapping) for key, part in document.items()):
        return [Member(key, join("$", key), part) for key, part in document.items()]
    return None


def name_of(document: object) -> str:
    """Name several graders: by the eval's name, where there is one."""
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) and name else "several"


def _listed(graders: list[Any], path: str) -> Iterator[Member]:
    """Give each grader the key it is named by; of several with one name, its id, or its number too."""
    names = [_name(part, index) for index, part in enumerate(graders)]
    taken: set[str] = set()
    for index, (name, part) in enumerate(zip(names, graders, strict=True)):
        own = part.get("id") if isinstance(part, Mapping) else None
        key = own if names.count(name) > 1 and isinstance(own, str) else name
        while key in taken:
            key = f"{key} {index + 1}"
        taken.add(key)
        yield Member(key, join(path, index), part)


def _name(part: object, index: int) -> str:
    if not isinstance(part, Mapping):
        return str(index)
    name, kind = part.get("name"), part.get("type")
    return name if isinstance(name, str) and name else kind if isinstance(kind, str) else str(index)
