"""The messages of a training row, by method, and how long they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from graders.fine_tuning.methods import MethodType


def entries(value: object) -> list[Any]:
    """Give a list, empty where there is none."""
    return value if isinstance(value, list) else []


def conversations(row: Mapping[str, Any], method: MethodType | None) -> list[list[Any]]:
    """Give the lists of messages of a row: one, or of a dpo row input, preferred and other answer."""
    if method != "dpo":
        return [entries(row.get("messages"))]
    given = row.get("input")
    inputs = given.get("messages") if isinstance(given, Mapping) else None
    return [entries(each) for each in (inputs, row.get("preferred_output"), row.get("non_preferred_output"))]


def prompt_messages(row: Mapping[str, Any], method: MethodType | None) -> Any:
    """Give what is asked in a row: of supervised rows the messages before the last answer."""
    messages = conversations(row, method)[0]
    last = messages[-1] if messages else None
    if method == "supervised" and isinstance(last, Mapping) and last.get("role") == "assistant":
        return messages[:-1]
    return messages


def characters(messages: Sequence[Any]) -> int:
    """Count the characters of messages; pictures and calls count nothing."""
    return sum(_text_length(each.get("content")) for each in messages if isinstance(each, Mapping))


def _text_length(content: object) -> int:
    if isinstance(content, str):
        return len(content)
    blocks = [each for each in entries(content) if isinstance(each, Mapping)]
    return sum(len(each["text"]) for each in blocks if isinstance(each.get("text"), str))
