"""The Responses API."""

from collections.abc import Iterator, Mapping
from typing import Any

from graders.endpoints.abilities import Abilities
from graders.endpoints.contents import (
    Block,
    WrongShapeError,
    converted,
    finish_of,
    responses_block,
    sendable,
    shown,
    text_of,
    usage_of,
)
from graders.judges import JudgeReply, JudgeRequest
from graders.judges._wire import described_messages, object_format


class Responses:
    """The Responses API. It takes no seed; answers are not stored at the endpoint."""

    name, path = "responses", "/responses"

    def body(self, request: JudgeRequest, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""
        messages = described_messages(request, abilities)
        form = _format(request.response_schema, abilities)
        return {
            "model": sendable(request.model),
            "input": [_message(each) for each in messages],
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_output_tokens": request.max_tokens,
            "reasoning": request.reasoning_effort and {"effort": request.reasoning_effort},
            "text": form and {"format": form},
            "store": False,
        }

    def reply(self, value: Mapping[str, Any]) -> JudgeReply:
        """Read the JSON of an answer."""
        status = value.get("status")
        if status not in (None, "completed", "incomplete"):
            raise WrongShapeError(f"its status is {shown(status)}{_error_of(value)}")
        parts = list(_parts(value.get("output")))
        texts, refusals = _texts(parts, "output_text", "text"), _texts(parts, "refusal", "refusal")
        if not parts and status != "incomplete":
            raise WrongShapeError("no message in its output")
        return JudgeReply(
            text="".join(texts) if texts else None,
            refusal="".join(refusals) or None,
            finish_reason=finish_of(status, value.get("incomplete_details")),
            model=text_of(value.get("model"), "model") or None,
            usage=usage_of(value.get("usage"), "input_tokens", "output_tokens"),
        )


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role = message["role"]
    content = converted(message["content"], lambda block: responses_block(block, role))
    return {"type": "message", "role": role, "content": content}


def _format(schema: Mapping[str, Any], abilities: Abilities) -> dict[str, Any] | None:
    if abilities.form == "json_schema":
        return {"type": "json_schema", **schema}
    return object_format(schema, abilities)


def _parts(output: object) -> Iterator[Block]:
    if not isinstance(output, list):
        raise WrongShapeError("no output in it")
    for item in output:
        if isinstance(item, Mapping) and item.get("type") == "message":
            content = item.get("content")
            if not isinstance(content, list):
                raise WrongShapeError("a message without content in its output")
            yield from (each for each in content if isinstance(each, Mapping))


def _texts(parts: list[Block], kind: str, name: str) -> list[str]:
    return [text_of(each.get(name), name) or "" for each in parts if each.get("type") == kind]


def _error_of(value: Mapping[str, Any]) -> str:
    error = value.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return f": {message}" if isinstance(message, str) else ""
