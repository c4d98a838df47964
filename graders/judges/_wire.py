"""What the ways of asking an OpenAI-compatible endpoint have in common: messages, blocks, counts.

Design: content blocks, the token limit, the answer's form and the reply have other names in each way; a
`Style` is the table of them. Half of a surrogate pair, which UTF-8 cannot hold, becomes the sign for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from graders.judges import JudgeReply, JudgeRequest
from graders.judges._abilities import Abilities
from graders.judges._prompts import answer_format

Block = Mapping[str, Any]


class WrongShapeError(ValueError):
    """What came is JSON, but no answer."""


class Style(Protocol):
    """How a request becomes a body, and an answer a reply."""

    name: str
    path: str

    def body(self, request: JudgeRequest, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request."""

    def reply(self, value: Mapping[str, Any]) -> JudgeReply:
        """Read the JSON of an answer.

        Raises:
            WrongShapeError: it is none.
        """


def sendable(text: str) -> str:
    """Put U+FFFD in the place of each half of a surrogate pair."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def without_absent(body: Mapping[str, Any], abilities: Abilities) -> dict[str, Any]:
    """Give what is said of a body, without what the endpoint does not take."""
    return {
        name: value for name, value in body.items() if value is not None and name not in abilities.left_out
    }


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


def converted(content: str | Sequence[Block], block: Callable[[Block], dict[str, Any]]) -> Any:
    """Convert a content; a single text goes as a text, which every server takes."""
    if isinstance(content, str):
        return sendable(content)
    if len(content) == 1 and "text" in content[0]:
        return sendable(content[0]["text"])
    return [block(each) for each in content]


def audio_block(block: Block) -> dict[str, Any]:
    """Give a block of sound, which is the same in every way of asking."""
    audio = block["input_audio"]
    return {
        "type": "input_audio",
        "input_audio": {"data": sendable(audio["data"]), "format": audio["format"]},
    }


def object_format(schema: Mapping[str, Any], abilities: Abilities) -> dict[str, Any] | None:
    """Give the answer's form where it is no schema that is kept to; None for a plain text."""
    if abilities.form == "text":
        return None
    if abilities.form == "json_object":
        return {"type": "json_object"}
    return {"type": "json_object", "schema": schema.get("schema", {})}


def text_of(value: object, name: str) -> str | None:
    """Give a text or None.

    Raises:
        WrongShapeError: it is neither.
    """
    if value is not None and not isinstance(value, str):
        raise WrongShapeError(f"{name} is {shown(value)}")
    return value


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
