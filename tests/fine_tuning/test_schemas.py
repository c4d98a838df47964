"""Which paths answers of a schema have, held against a validator; and what a strict schema must say."""

from typing import Any

import pytest

from graders.batch import Path
from graders.fine_tuning.schemas import loose_places, presence

CLOSED = {"type": "object", "additionalProperties": False}
SCHEMA: dict[str, Any] = {
    **CLOSED,
    "properties": {
        "name": {"type": "string"},
        "when": {"$ref": "#/$defs/date"},
        "tags": {"type": "array", "items": {**CLOSED, "properties": {"id": {}}, "required": ["id"]}},
        "either": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/date"}]},
        "free": {"type": "object"},
        "count": {"type": "integer"},
        "maybe": {"type": "string"},
    },
    "required": ["name", "when", "tags", "either", "free", "count"],
    "$defs": {"date": {**CLOSED, "properties": {"year": {"type": "integer"}}, "required": ["year"]}},
}
CASES = {
    "name": "always",
    "maybe": "perhaps",
    "nmae": "never",
    "when.year": "always",
    "when.month": "never",
    "when[0]": "never",
    "tags[0].id": "perhaps",
    "tags[0].key": "never",
    "tags.id": "never",
    "either.year": "perhaps",
    "either.month": "never",
    "free.anything": "perhaps",
    "count.more": "never",
    "name.inside": "perhaps",
}


@pytest.mark.parametrize("text", CASES)
def test_a_path_is_there_always_perhaps_or_never(text: str) -> None:
    assert presence(SCHEMA, Path.parse(f"x.{text}").segments) == CASES[text]


@pytest.mark.parametrize("schema", [{}, {"type": ["object", "null"]}, {"$ref": "#/nowhere"}, {"$ref": "#"}])
def test_what_a_schema_does_not_say_may_be_there(schema: dict[str, Any]) -> None:
    assert presence(schema, ("a", "b")) == "perhaps"


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree: dict[str, Any] = {**CLOSED, "properties": {"child": {"$ref": "#"}}, "required": ["child"]}
    assert presence(tree, ("child",) * 10) == "always"
    assert presence({"$ref": "#"}, ("a",)) == "perhaps"


def test_strict_schemas_are_closed_and_require_everything() -> None:
    assert list(loose_places(SCHEMA)) == [
        ("", "expected every property to be required in a strict schema; 'maybe' is not"),
        (".properties.free", "expected additionalProperties false in a strict schema"),
    ]
    assert [path for path, _ in loose_places({"type": "array", "items": {"type": "object"}})] == [
        "",
        ".items",
    ]
