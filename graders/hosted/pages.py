"""Objects of an answer, each exactly as it was received.

Design: an object that is parsed and written again comes out changed (`1.0` and `1e0`, escapes, a key that
stands twice), so an object is cut out of the text of its page. Only line breaks between its tokens become
blanks, since a line holds one object; inside a JSON string there are none.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from graders.strict_json import loads

_MAX_ID = 2000
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class Received:
    """One object: its id, its parsed value, and the line that holds it as it came."""

    id: str
    value: dict[str, Any]
    line: bytes


@dataclass(frozen=True)
class Page:
    """Some objects of a list, and whether the server says that more follow (None: it does not say)."""

    objects: list[Received]
    has_more: bool | None


def parse_page(body: bytes) -> Page:
    """Read one page of a list.

    Raises:
        ValueError: the body is no JSON, or no page.
    """
    value = loads(body)
    listed = value.get("data") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise ValueError("expected an object with a list 'data'")
    try:
        pieces = _pieces(body.decode()) if listed else []
    except RecursionError:
        raise ValueError("nested too deeply") from None
    more = value.get("has_more")
    objects = [_received(part, text) for part, text in zip(listed, pieces, strict=True)]
    return Page(objects, more if isinstance(more, bool) else None)


def parse_object(body: bytes) -> Received:
    """Read one object.

    Raises:
        ValueError: the body is no JSON, or no object with an id.
    """
    return _received(loads(body), body.decode())


def _received(value: Any, text: str) -> Received:
    name = value.get("id") if isinstance(value, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_ID:
        raise ValueError(f"expected objects with an 'id', a text of 1 to {_MAX_ID} characters")
    line = text.strip(" \t\r\n").replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return Received(name, value, line.encode() + b"\n")


def _pieces(text: str) -> list[str]:
    """Cut the elements of the key `data` out of the text of an object that is known to be JSON."""
    decoder = json.JSONDecoder()
    pieces: list[str] = []
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if key == "data":
            pieces, at = _elements(decoder, text, at)
        else:
            _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at
    return pieces


def _elements(decoder: json.JSONDecoder, text: str, at: int) -> tuple[list[str], int]:
    """Cut out the elements of the value at `at`; give them with where it ends. No list has none."""
    if text[at] != "[":
        return [], decoder.raw_decode(text, at)[1]
    pieces = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        pieces.append(text[at:end])
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return pieces, at + 1


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
