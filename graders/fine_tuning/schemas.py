"""JSON schemas of answers: which paths they can produce, and what a strict one must look like.

Design: only a definite no is a no. A schema says with `properties`, `items`, `anyOf` and references inside
the document what may be there; whatever else it says is taken to allow anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from graders.batch import DottedDigits, Segment
from graders.config import join

Presence = Literal["always", "perhaps", "never"]
_DEEPEST = 32


def presence(schema: Mapping[str, Any], segments: Sequence[Segment]) -> Presence:
    """Say whether answers of a schema have a value at a path."""
    return _presence(schema, schema, tuple(segments), 0)


def _presence(root: Mapping[str, Any], schema: Any, segments: tuple[Segment, ...], depth: int) -> Presence:
    if not segments:
        return "always"
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return "never" if schema is False else "perhaps"
    if isinstance(schema.get("$ref"), str):
        return _presence(root, _referred(root, schema["$ref"]), segments, depth + 1)
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            branches = [_presence(root, each, segments, depth + 1) for each in schema[name]]
            return branches[0] if len(set(branches)) == 1 else "perhaps"
    return _one_step(root, schema, segments, depth)


def _one_step(
    root: Mapping[str, Any], schema: Mapping[str, Any], segments: tuple[Segment, ...], depth: int
) -> Presence:
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    first, rest = segments[0], segments[1:]
    if isinstance(first, int | DottedDigits):
        if isinstance(kinds, list) and not {"array", "string"} & set(map(str, kinds)):
            return "never" if isinstance(first, int) else _property(root, schema, segments, depth)
        below = _presence(root, schema.get("items", {}), rest, depth + 1)
        return "perhaps" if below == "always" else below
    if isinstance(kinds, list) and not {"object", "string"} & set(map(str, kinds)):
        return "never"
    if isinstance(kinds, list) and "object" not in kinds:
        return "perhaps"  # a text may hold JSON, which paths enter
    return _property(root, schema, segments, depth)


def _property(
    root: Mapping[str, Any], schema: Mapping[str, Any], segments: tuple[Segment, ...], depth: int
) -> Presence:
    properties, name = schema.get("properties"), str(segments[0])
    if not isinstance(properties, Mapping) or name not in properties:
        closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
        return "never" if closed else "perhaps"
    below = _presence(root, properties[name], segments[1:], depth + 1)
    required = schema.get("required")
    always = isinstance(required, list) and name in required
    return below if always or below == "never" else "perhaps"


def _referred(root: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#"):
        return {}
    found: Any = root
    for key in reference.lstrip("#/").split("/") if reference != "#" else ():
        found = found.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return {} if found is None else found


def loose_places(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give (path, message) where a schema is not of the form that strict answers need."""
    if schema.get("type") != "object":
        yield "", "expected an object at the top of a strict schema"
    yield from _loose(schema, "", 0)


def _loose(schema: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        names = list(properties) if isinstance(properties, Mapping) else []
        if schema.get("additionalProperties") is not False:
            yield path, "expected additionalProperties false in a strict schema"
        required = schema.get("required")
        lacking = [name for name in names if name not in (required if isinstance(required, list) else ())]
        if lacking:
            yield path, f"expected every property to be required in a strict schema; {lacking[0]!r} is not"
    for name in ("properties", "$defs"):
        inner = schema.get(name)
        for key, each in inner.items() if isinstance(inner, Mapping) else ():
            yield from _loose(each, join(f"{path}.{name}", str(key)), depth + 1)
    yield from _loose(schema.get("items"), f"{path}.items", depth + 1)
