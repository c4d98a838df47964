"""`item_schema`: a stranger's program, run within limits."""

import time

import pytest

from graders.server.failures import ApiError
from graders.server.schemas import ItemError, ItemSchema, check_schema

ROOM = 256 * 1024


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "required": [], "x-mine": 1},
        {"$defs": {"word": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/word"}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"pattern": "^a"}}},
        {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}},
    ],
)
def test_a_valid_schema_is_taken(schema):
    check_schema(schema, ROOM)
    ItemSchema(schema).check({"a": "abc"})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "thing"},
        {"properties": []},
        {"properties": {"a": {"$ref": "https://example.com/schema.json"}}},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"properties": {"a": {"pattern": "("}}},
        {"patternProperties": {"[": {}}},
        {"description": "x" * ROOM},
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema):
    with pytest.raises(ApiError) as caught:
        check_schema(schema, ROOM)
    assert caught.value.status == 400


def test_an_item_is_held_against_the_schema():
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "s": {"pattern": "^a+$"}},
        "patternProperties": {"^x_": {"type": "string"}},
        "additionalProperties": False,
        "required": ["n"],
    }
    checks = ItemSchema(schema)
    checks.check({"n": 1, "s": "aa", "x_1": "y"})
    for item in ({}, {"n": 0}, {"n": 1, "s": "b"}, {"n": 1, "x_1": 5}, {"n": 1, "other": 1}):
        with pytest.raises(ItemError):
            checks.check(item)


def test_a_message_tells_no_text_of_a_row():
    with pytest.raises(ItemError) as caught:
        ItemSchema({"properties": {"n": {"type": "integer"}}}).check({"n": "secret"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(x+x+)+y", "(.*a){25}$"])
def test_a_pattern_has_little_time(pattern):
    started = time.monotonic()
    with pytest.raises(ItemError):
        ItemSchema({"properties": {"s": {"pattern": pattern}}}).check({"s": "a" * 5000 + "x" * 5000 + "!"})
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#/$defs/d0"}], "$defs": {
            **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)}, "d60": {},
        }},
        {"$ref": "#/$defs/nowhere"},
    ],
)  # fmt: skip
def test_references_end(schema):
    started = time.monotonic()
    with pytest.raises(ItemError):
        ItemSchema(schema).check({"a": 1})
    assert time.monotonic() - started < 5
