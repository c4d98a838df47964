"""Chat completions."""

from collections.abc import Mapping
from typing import Any

from graders.judges import JudgeReply, JudgeRequest
from graders.judges._abilities import Abilities
from graders.judges._wire import (
    WrongShapeError,
    audio_block,
    converted,
    described_messages,
    object_format,
    sendable,
    text_of,
    usage_of,
    without_absent,
)


class Chat:
    """Chat completions."""

    name, path = "openai", "/chat/completions"

    def body(self, request: JudgeRequest, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""
        body: dict[str, Any] = {
            "model": sendable(request.model),
            "messages": [
                {"role": each["role"], "content": converted(each["content"], _block)}
                for each in described_messages(request, abilities)
            ],
            "temperature": request.temperature,
            "top_p": request.top_p,
            abilities.limit: request.max_tokens,
            "seed": request.seed,
            "reasoning_effort": request.reasoning_effort,
            "response_format": _format(request.response_schema, abilities),
        }
        return without_absent(body, abilities)

    def reply(self, value: Mapping[str, Any]) -> JudgeReply:
        """Read the JSON of an answer."""
        choice = _first(value.get("choices"), "choices")
        message = choice.get("message")
        if not isinstance(message, Mapping):
            raise WrongShapeError("no message in its first choice")
        return JudgeReply(
            text=_content_text(message.get("content")),
            refusal=text_of(message.get("refusal"), "refusal"),
            finish_reason=text_of(choice.get("finish_reason"), "finish_reason"),
            model=text_of(value.get("model"), "model") or None,
            usage=usage_of(value.get("usage"), "prompt_tokens", "completion_tokens"),
        )


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["type"] == "input_image":
        image = {"url": sendable(block["image_url"]), "detail": block.get("detail")}
        return {
            "type": "image_url",
            "image_url": {key: value for key, value in image.items() if value is not None},
        }
    if block["type"] == "input_audio":
        return audio_block(block)
    return {"type": "text", "text": sendable(block["text"])}


def _content_text(content: object) -> str | None:
    """Give the text of an answer; some servers send it in blocks, with the model's thoughts beside it."""
    if not isinstance(content, list):
        return text_of(content, "content")
    texts = [each for each in content if isinstance(each, Mapping) and each.get("type") == "text"]
    return "".join(text_of(each.get("text"), "text") or "" for each in texts)


def _format(schema: Mapping[str, Any], abilities: Abilities) -> dict[str, Any] | None:
    if abilities.form == "json_schema":
        return {"type": "json_schema", "json_schema": dict(schema)}
    return object_format(schema, abilities)


def _first(values: object, name: str) -> Mapping[str, Any]:
    if not (isinstance(values, list) and values and isinstance(values[0], Mapping)):
        raise WrongShapeError(f"no {name} in it")
    return values[0]
