"""What goes to a model and comes back, in the words of both APIs: blocks of a message, texts, counts.

Design: the content blocks of grader documents are those of the Responses API; chat completions call them
otherwise. Half of a surrogate pair, which UTF-8 cannot hold, becomes the sign for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]


class WrongShapeError(ValueError):
    """What came is JSON, but no answer."""


def sendable(text: str) -> str:
    """Put U+FFFD in the place of each half of a surrogate pair."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_block(value: object) -> bool:
    """Tell whether a value is a block of text or a picture as grader documents have it."""
    if not isinstance(value, Mapping):
        return False
    name = {"input_text": "text", "output_text": "text", "input_image": "image_url"}.get(
        str(value.get("type"))
    )
    return name is not None and isinstance(value.get(name), str)


def converted(content: str | Sequence[Block], block: Callable[[Block], dict[str, Any]]) -> Any:
    """Convert a content; a single text goes as a text, which every server takes."""
    if isinstance(content, str):
        return sendable(content)
    if len(content) == 1 and "text" in content[0]:
        return sendable(content[0]["text"])
    return [block(each) for each in content]


def chat_block(block: Block) -> dict[str, Any]:
    """Give a block as chat completions have it."""
    if block["type"] == "input_image":
        image = {"url": sendable(block["image_url"]), "detail": block.get("detail")}
        return {
            "type": "image_url",
            "image_url": {key: value for key, value in image.items() if value is not None},
        }
    if block["type"] == "input_audio":
        return _audio_block(block)
    return {"type": "text", "text": sendable(block["text"])}


def responses_block(block: Block, role: str) -> dict[str, Any]:
    """Give a block of a message of this role as the Responses API has it."""
    if block["type"] == "input_image":
        url, detail = sendable(block["image_url"]), block.get("detail") or "auto"
        return {"type": "input_image", "image_url": url, "detail": detail}
    if block["type"] == "input_audio":
        return _audio_block(block)
    return {"type": "output_text" if role == "assistant" else "input_text", "text": sendable(block["text"])}


def _audio_block(block: Block) -> dict[str, Any]:
    audio = block["input_audio"]
    return {
        "type": "input_audio",
        "input_audio": {"data": sendable(audio["data"]), "format": audio["format"]},
    }


def text_of(value: object, name: str) -> str | None:
    """Give a text or None.

    Raises:
        WrongShapeError: it is neither.
    """
    if value is not None and not isinstance(value, str):
        raise WrongShapeError(f"{name} is {shown(value)}")
    return value


def content_text(content: object) -> str | None:
    """Give the text of an answer; some servers send it in blocks, with the model's thoughts beside it.

    Raises:
        WrongShapeError: it holds what is no text.
    """
    if not isinstance(content, list):
        return text_of(content, "content")
    texts = [each for each in content if isinstance(each, Mapping) and each.get("type") == "text"]
    return "".join(text_of(each.get("text"), "text") or "" for each in texts)


def first_of(values: object, name: str) -> Mapping[str, Any]:
    """Give the first object of a list.

    Raises:
        WrongShapeError: there is none.
    """
    if not (isinstance(values, list) and values and isinstance(values[0], Mapping)):
        raise WrongShapeError(f"no {name} in it")
    return values[0]


def finish_of(status: object, details: object) -> str:
    """Say in the words of chat completions why the Responses API ended."""
    if status != "incomplete":
        return "stop"
    reason = details.get("reason") if isinstance(details, Mapping) else None
    return "length" if reason == "max_output_tokens" else str(reason or status)


def shown(value: object) -> str:
    """Say what a value is, briefly."""
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def usage_of(usage: object, prompt: str, completion: str) -> dict[str, int] | None:
    """Give the counts by our names; what is no count is left out."""
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    counts = {
        "prompt_tokens": usage.get(prompt),
        "completion_tokens": usage.get(completion),
        "total_tokens": usage.get("total_tokens"),
        "cached_tokens": details.get("cached_tokens") if isinstance(details, Mapping) else None,
    }
    return {name: count for name, count in counts.items() if type(count) is int and count >= 0}
