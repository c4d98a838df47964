"""What the ways of asking an OpenAI-compatible endpoint for a verdict have in common: messages and forms.

Design: content blocks, the token limit, the answer's form and the reply have other names in each way; a
`Style` is the table of them.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from graders.endpoints.abilities import Abilities
from graders.judges import JudgeReply, JudgeRequest
from graders.judges._prompts import answer_format


class Style(Protocol):
    """How a request becomes a body, and an answer a reply."""

    name: str
    path: str

    def body(self, request: JudgeRequest, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request; what is None in it is not sent."""

    def reply(self, value: Mapping[str, Any]) -> JudgeReply:
        """Read the JSON of an answer.

        Raises:
            WrongShapeError: it is none.
        """


def described_messages(request: JudgeRequest, abilities: Abilities) -> list[Mapping[str, Any]]:
    """Give the messages, with the answer's form described in them unless a schema says it."""
    messages = [_with_role(each, abilities) for each in request.messages]
    if abilities.form == "json_schema":
        return messages
    described = answer_format(request.response_schema)
    if not messages or messages[0]["role"] not in ("system", "developer"):
        return [{"role": "system", "content": described}, *messages]
    first, content = messages[0], messages[0]["content"]
    if isinstance(content, str):
        return [{**first, "content": f"{content}\n\n{described}"}, *messages[1:]]
    return [{**first, "content": [*content, {"type": "input_text", "text": described}]}, *messages[1:]]


def _with_role(message: Mapping[str, Any], abilities: Abilities) -> Mapping[str, Any]:
    if message["role"] == "developer" and not abilities.has_developer:
        return {**message, "role": "system"}
    return message


def object_format(schema: Mapping[str, Any], abilities: Abilities) -> dict[str, Any] | None:
    """Give the answer's form where it is no schema that is kept to; None for a plain text."""
    if abilities.form == "text":
        return None
    if abilities.form == "json_object":
        return {"type": "json_object"}
    return {"type": "json_object", "schema": schema.get("schema", {})}
