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


def page_answer(objects: Sequence[tuple[str, bytes]], *, has_more: bool, ends: bool = True) -> Response:
    """Answer with a page of objects, each its id and its JSON; lists of `/fine_tuning` name no ends."""
    first, last = (objects[0][0], objects[-1][0]) if objects else (None, None)
    named = {"first_id": first, "last_id": last} if ends else {}
    data = b",".join(body for _, body in objects)
    body = b'{"object":"list","data":[' + data + b"]," + dumps({**named, "has_more": has_more})[1:]
    return Response(body, media_type="application/json")


def page_of(page: Page[Any], shown: Callable[[Any], dict[str, Any]], *, ends: bool = True) -> Response:
    """Answer with a page of stored objects in the form in which they are shown."""
    objects = [(each.id, dumps(shown(each))) for each in page.objects]
    return page_answer(objects, has_more=page.has_more, ends=ends)


def hexadecimal_id(prefix: str) -> str:
    """Make an id of 32 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(16)}"


def alphanumeric(n: int) -> str:
    """Make a random text of letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(n))


def now() -> int:
    """Give the time, in seconds."""
    return int(time.time())
