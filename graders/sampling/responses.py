"""The Responses API: the body of a request for a sample, and the sample in an answer.

Design: a sample has one form, that of chat completions; calls, refusals and the summary of the reasoning are
put where graders look for them there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graders.endpoints.abilities import Abilities
from graders.endpoints.contents import (
    Block,
    WrongShapeError,
    finish_of,
    is_block,
    responses_block,
    sendable,
    shown,
    usage_of,
)
from graders.sampling.requests import SampleRequest


class Responses:
    """The Responses API. It takes no seed; answers are not stored at the endpoint."""

    path = "/responses"

    def body(self, request: SampleRequest, model: str, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""
        return {
            "model": model,
            "input": [item for each in request.messages for item in _items(each, abilities)],
            "tools": request.tools and [_tool(each) for each in request.tools],
            "text": request.response_format and {"format": request.response_format},
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_output_tokens": request.max_tokens,
            "reasoning": request.reasoning_effort and {"effort": request.reasoning_effort},
            "store": False,
        }

    def sample(self, value: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Give the sample in the JSON of an answer.

        Raises:
            WrongShapeError: there is none.
        """
        status, output, named = value.get("status"), value.get("output"), value.get("model")
        if status not in (None, "completed", "incomplete"):
            raise WrongShapeError(f"its status is {shown(status)}")
        if not isinstance(output, list):
            raise WrongShapeError("no output in it")
        items = [each for each in output if isinstance(each, Mapping)]
        calls = [_call(each) for each in items if each.get("type") == "function_call"]
        parts = list(_parts(items, "message", "content"))
        if not parts and not calls and status != "incomplete":
            raise WrongShapeError("no message in its output")
        message = {"role": "assistant", "content": _joined(parts, "output_text", "text"), "tool_calls": calls}
        refusal = _joined(parts, "refusal", "refusal")
        if refusal:
            message["refusal"] = refusal
        finish = finish_of(status, value.get("incomplete_details"))
        finish = "tool_calls" if calls and finish == "stop" else finish
        summary = _joined(_parts(items, "reasoning", "summary"), "summary_text", "text", "\n")
        return {
            "model": named if isinstance(named, str) else model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "output_reasoning_summary": summary or None,
        }

    def usage(self, value: Mapping[str, Any]) -> dict[str, int] | None:
        """Give the tokens that an answer counts."""
        return usage_of(value.get("usage"), "input_tokens", "output_tokens")


def _items(message: Mapping[str, Any], abilities: Abilities) -> Iterator[Mapping[str, Any]]:
    """Give what a message is in the Responses API: itself, and each call that it makes or answers."""
    role, content = message.get("role"), message.get("content")
    if role is None:  # an item of that API
        yield message
        return
    if role == "tool":
        yield {"type": "function_call_output", "call_id": message.get("tool_call_id"), "output": content}
        return
    if content not in (None, "", []):
        shown_role = "system" if role == "developer" and not abilities.has_developer else role
        yield {"type": "message", "role": shown_role, "content": _content(content, role)}
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            named = {name: function.get(name) for name in ("name", "arguments")}
            yield {"type": "function_call", "call_id": call.get("id"), **named}


def _content(content: Any, role: str) -> Any:
    if isinstance(content, str):
        return sendable(content)
    return [_block(each, role) for each in content] if isinstance(content, list) else content


def _block(block: Any, role: str) -> Any:
    """Give a block; those of grader documents and of chat completions become those of this API."""
    if not isinstance(block, Mapping):
        return block
    if block.get("type") == "text":
        block = {**block, "type": "input_text"}
    image = block.get("image_url")
    if block.get("type") == "image_url" and isinstance(image, Mapping):
        block = {"type": "input_image", "image_url": image.get("url"), "detail": image.get("detail")}
    return responses_block(block, role) if is_block(block) else block


def _tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "function", **tool["function"]} if isinstance(tool.get("function"), Mapping) else tool


def _call(item: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: str(item.get(name) or "") for name in ("name", "arguments")}
    return {"id": str(item.get("call_id") or item.get("id") or ""), "type": "function", "function": named}


def _parts(items: list[Mapping[str, Any]], kind: str, name: str) -> Iterator[Block]:
    for item in items:
        parts = item.get(name) if item.get("type") == kind else None
        if isinstance(parts, list):
            yield from (each for each in parts if isinstance(each, Mapping))


def _joined(parts: Any, kind: str, name: str, between: str = "") -> str:
    texts = [each.get(name) for each in parts if each.get("type") == kind]
    return between.join(text for text in texts if isinstance(text, str))
