"""The words with which we ask for an answer's form, where the endpoint cannot be made to keep to it."""

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from graders.strict_json import dumps


def answer_format(response_schema: Mapping[str, Any]) -> str:
    """Describe the form of an answer."""
    schema = response_schema.get("schema", {})
    labels = labels_of(response_schema)
    step = {"description": "what was looked at", "conclusion": "what follows"}
    example = {"steps": [step], "result": labels[0] if labels else 0}
    return _rendered(
        "answer_format",
        schema=_json(schema),
        description=response_schema.get("description", ""),
        labels=_json(labels) if labels else "",
        example=_json(example),
    )


def repair(response_schema: Mapping[str, Any], problem: str) -> str:
    """Say what is wrong with an answer, and what is wanted."""
    labels = labels_of(response_schema)
    result = _result(response_schema)
    return _rendered(
        "repair",
        problem=problem,
        labels=_json(labels) if labels else "",
        number=result.get("type") == "number",
    )


def labels_of(response_schema: Mapping[str, Any]) -> list[Any]:
    """Give the values that the schema offers as the result; empty where it offers none."""
    return list(_result(response_schema).get("enum", ()))


def _result(response_schema: Mapping[str, Any]) -> Mapping[str, Any]:
    result = response_schema.get("schema", {}).get("properties", {}).get("result", {})
    return result if isinstance(result, Mapping) else {}


def _json(value: object) -> str:
    return dumps(value).decode()


def _rendered(name: str, **values: object) -> str:
    return str(_template(name).render(**values))


@functools.cache
def _template(name: str) -> Any:
    import jinja2

    text = files("graders.judges").joinpath("prompts", f"{name}.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
    return environment.from_string(text)
