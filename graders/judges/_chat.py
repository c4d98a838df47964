"""Chat completions."""

from collections.abc import Mapping
from typing import Any

from graders.endpoints.abilities import Abilities
from graders.endpoints.contents import (
    WrongShapeError,
    chat_block,
    content_text,
    converted,
    first_of,
    sendable,
    text_of,
    usage_of,
)
from graders.judges import JudgeReply, JudgeRequest
from graders.judges._wire import described_messages, object_format


class Chat:
    """Chat completions."""

    name, path = "openai", "/chat/completions"

    def body(self, request: JudgeRequest, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""
        return {
            "model": sendable(request.model),
            "messages": [
                {"role": each["role"], "content": converted(each["content"], chat_block)}
                for each in described_messages(request, abilities)
            ],
            "temperature": request.temperature,
            "top_p": request.top_p,
            abilities.limit: request.max_tokens,
            "seed": request.seed,
            "reasoning_effort": request.reasoning_effort,
            "response_format": _format(request.response_schema, abilities),
        }

    def reply(self, value: Mapping[str, Any]) -> JudgeReply:
        """Read the JSON of an answer."""
        choice = first_of(value.get("choices"), "choices")
        message = choice.get("message")
        if not isinstance(message, Mapping):
            raise WrongShapeError("no message in its first choice")
        return JudgeReply(
            text=content_text(message.get("content")),
            refusal=text_of(message.get("refusal"), "refusal"),
            finish_reason=text_of(choice.get("finish_reason"), "finish_reason"),
            model=text_of(value.get("model"), "model") or None,
            usage=usage_of(value.get("usage"), "prompt_tokens", "completion_tokens"),
        )


def _format(schema: Mapping[str, Any], abilities: Abilities) -> dict[str, Any] | None:
    if abilities.form == "json_schema":
        return {"type": "json_schema", "json_schema": dict(schema)}
    return object_format(schema, abilities)
