"""Answers: JSON, pages of lists, ids."""

import secrets
import string
import time
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Response

from graders.store import Page
from graders.strict_json import dumps

_ALPHANUMERIC = string.ascii_letters + string.digits


def answer(value: Any, status: int = 200) -> Response:
    """Answer with a JSON value."""
    return Response(dumps(value), status, media_type="application/json")


def page_answer(objects: Sequence[tuple[str, bytes]], *, has_more: bool) -> Response:
    """Answer with a page of objects, each its id and its JSON."""
    first, last = (objects[0][0], objects[-1][0]) if objects else (None, None)
    ends = dumps({"first_id": first, "last_id": last, "has_more": has_more})
    data = b",".join(body for _, body in objects)
    body = b'{"object":"list","data":[' + data + b"]," + ends[1:]
    return Response(body, media_type="application/json")


def page_of(page: Page[Any], shown: Callable[[Any], dict[str, Any]]) -> Response:
    """Answer with a page of stored objects in the form in which they are shown."""
    return page_answer([(each.id, dumps(shown(each))) for each in page.objects], has_more=page.has_more)


def hexadecimal_id(prefix: str) -> str:
    """Make an id of 32 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(16)}"


def alphanumeric(n: int) -> str:
    """Make a random text of letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(n))


def now() -> int:
    """Give the time, in seconds."""
    return int(time.time())
