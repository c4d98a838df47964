"""`data_source_config`: what the items of an eval look like, and where they come from."""

from collections.abc import Mapping
from typing import Any

from graders.server.failures import unknown_parameter
from graders.server.parameters import chosen, only, optional, required
from graders.server.schemas import check_schema

PATH = "data_source_config."
_FIELDS = {
    "custom": ("type", "item_schema", "include_sample_schema"),
    "logs": ("type", "metadata"),
    "stored_completions": ("type", "metadata"),
}


def config_of(body: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    """Give the data source config in a body as an eval shows it.

    Raises:
        ApiError: it is none.
    """
    given: dict[str, Any] = required(body, "data_source_config", dict)
    kind = chosen(given, "type", tuple(_FIELDS), PATH)
    only(given, _FIELDS[kind], PATH)
    if kind == "custom":
        return _custom(given, most_bytes)
    metadata = optional(given, "metadata", dict, PATH) or {}
    return {"type": kind, "metadata": metadata, "schema": _wrapped({"type": "object"}, {"type": "object"})}


def _custom(given: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    schema: dict[str, Any] = required(given, "item_schema", dict, PATH)
    check_schema(schema, most_bytes)
    with_sample = given.get("include_sample_schema")
    if with_sample is not None and not isinstance(with_sample, bool):
        raise unknown_parameter(f"{PATH}include_sample_schema")
    wrapped = _wrapped(schema, SAMPLE_SCHEMA if with_sample else None)
    return {"type": "custom", "schema": wrapped, "max_items": None}


def item_schema_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give the schema of an item out of the config of a stored eval."""
    schema: dict[str, Any] = config["schema"]["properties"]["item"]
    return schema


def _wrapped(item: Mapping[str, Any], sample: Mapping[str, Any] | None) -> dict[str, Any]:
    properties = {"item": item} if sample is None else {"item": item, "sample": sample}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _object(properties: Mapping[str, Any], *needed: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(needed)}


_TEXT = {"type": "string"}
_FUNCTION = {"name": _TEXT, "arguments": _TEXT}
_CALL = _object(
    {
        "type": {"type": "string", "enum": ["function"]},
        "function": _object(_FUNCTION, "name", "arguments"),
        "id": _TEXT,
    },
    "type",
    "function",
    "id",
)
_MESSAGE = _object(
    {
        "role": {"type": "string", "enum": ["assistant"]},
        "content": {"type": ["string", "array", "null"]},
        "refusal": {"type": ["boolean", "null"]},
        "tool_calls": {"type": ["array", "null"], "items": _CALL},
        "function_call": {
            "type": ["object", "null"],
            "properties": _FUNCTION,
            "required": ["name", "arguments"],
        },
    },
    "role",
)
SAMPLE_SCHEMA = _object(
    {
        "model": _TEXT,
        "choices": {
            "type": "array",
            # `index` is required and not declared: so the hosted service says
            "items": _object(
                {"message": _MESSAGE, "finish_reason": _TEXT}, "index", "message", "finish_reason"
            ),
        },
        "output_text": _TEXT,
        "output_json": {"type": "object"},
        "output_tools": {"type": "array", "items": {"type": "object"}},
        "output_reasoning_summary": {"type": ["string", "null"]},
        "output_audio": {"type": ["object", "null"]},
        "input_tools": {"type": "array", "items": {"type": "object"}},
    },
    "model",
    "choices",
)
"""What the hosted service adds to a schema where a sample is asked for."""
