"""Chat completions: the body of a request for a sample, and the sample in an answer.

Design: messages may come from a row, and are anything; what has not the form that is known is sent as it is,
for the endpoint to judge.
"""

from collections.abc import Mapping
from typing import Any

from graders.endpoints.abilities import Abilities
from graders.endpoints.contents import (
    WrongShapeError,
    chat_block,
    content_text,
    first_of,
    is_block,
    sendable,
    usage_of,
)
from graders.endpoints.refusals import said
from graders.sampling.requests import SampleRequest


class Chat:
    """Chat completions."""

    path = "/chat/completions"

    def body(self, request: SampleRequest, model: str, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""
        return {
            "model": model,
            "messages": [_message(each, abilities) for each in request.messages],
            "tools": request.tools and [_tool(each) for each in request.tools],
            "response_format": request.response_format,
            "temperature": request.temperature,
            "top_p": request.top_p,
            abilities.limit: request.max_tokens,
            "seed": request.seed,
            "reasoning_effort": request.reasoning_effort,
            "modalities": request.modalities,
        }

    def sample(self, value: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Give the sample in the JSON of an answer.

        Raises:
            WrongShapeError: there is none.
        """
        choice = first_of(value.get("choices"), "choices")
        message = choice.get("message")
        if not isinstance(message, Mapping):
            raise WrongShapeError("no message in its first choice")
        named, finish = value.get("model"), choice.get("finish_reason")
        if finish == "error" or choice.get("error"):
            raise WrongShapeError(": ".join(("an error in its midst", *said({"error": choice.get("error")}))))
        first = {"index": 0, "message": _answer(message), "finish_reason": finish or "stop"}
        sample: dict[str, Any] = {"model": named if isinstance(named, str) else model, "choices": [first]}
        audio = message.get("audio")
        if isinstance(audio, Mapping):
            sample["output_audio"] = {name: audio.get(name) for name in ("data", "transcript")}
        return sample

    def usage(self, value: Mapping[str, Any]) -> dict[str, int] | None:
        """Give the tokens that an answer counts."""
        return usage_of(value.get("usage"), "prompt_tokens", "completion_tokens")


def _message(message: Mapping[str, Any], abilities: Abilities) -> dict[str, Any]:
    """Give a message without its nulls; blocks of grader documents become those of chat completions."""
    kept = {name: value for name, value in message.items() if value is not None and name != "type"}
    if kept.get("role") == "developer" and not abilities.has_developer:
        kept["role"] = "system"
    content = kept.get("content")
    if isinstance(content, str):
        kept["content"] = sendable(content)
    elif isinstance(content, list):
        kept["content"] = [_block(each) for each in content]
    return kept


def _block(block: Any) -> Any:
    return chat_block(block) if is_block(block) else block


def _tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    if tool.get("type") != "function" or "function" in tool:
        return tool
    return {"type": "function", "function": {name: each for name, each in tool.items() if name != "type"}}


def _answer(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give the message as graders read it.

    Raises:
        WrongShapeError: it holds no answer, not even an empty one.
    """
    content, calls, refusal = (message.get(name) for name in ("content", "tool_calls", "refusal"))
    text = content_text(content)
    if "content" not in message and not (calls or refusal or message.get("audio")):
        raise WrongShapeError("no content in its message")
    answer = {
        "role": "assistant",
        "content": text or "",
        "tool_calls": calls if isinstance(calls, list) else [],
    }
    return {**answer, "refusal": refusal} if isinstance(refusal, str) else answer
