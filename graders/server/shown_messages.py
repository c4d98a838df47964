"""Messages in the form in which output items show them: a role and one text."""

from collections.abc import Mapping
from typing import Any


def shown_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give a message with what it calls; what refuses to answer says so."""
    content, refusal = message.get("content"), message.get("refusal")
    shown = {
        "role": message.get("role"),
        "content": flat(content) if isinstance(content, list) else content,
        "tool_call_id": message.get("tool_call_id"),
        "tool_calls": message.get("tool_calls") or None,
        "function_call": message.get("function_call"),
    }
    return {**shown, "refusal": refusal} if refusal else shown


def shown_input(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give a message of a prompt; what is there without a role or a text has neither, but both are texts."""
    shown = shown_message(message)
    return {
        **shown,
        "role": shown["role"] or str(message.get("type") or ""),
        "content": shown["content"] or "",
    }


def flat(content: Any) -> str:
    """Give the blocks of a content as one text, a picture as its address in a tag."""
    return content if isinstance(content, str) else " ".join(map(_block, content))


def _block(block: Any) -> str:
    if not isinstance(block, Mapping):
        return str(block)
    image = block.get("image_url")
    if image is not None:
        return f"<image>{image.get('url') if isinstance(image, Mapping) else image}</image>"
    return str(block["text"]) if "text" in block else f"<{block.get('type')}>"
