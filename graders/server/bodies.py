"""Bodies of requests: read within limits, and taken for JSON only where they say that they are."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from graders.server.failures import ApiError, kind_of
from graders.server.settings import Limits
from graders.strict_json import loads_unique

_SLOWEST = 1024
"""Bytes of a body that have to come in a second, on the whole."""
_SMALL = 2**16
"""Bytes up to which a body is parsed without going to another thread."""


def too_large(limit: int) -> ApiError:
    """Say that a body is too large."""
    return ApiError(413, f"The request is larger than {limit} bytes.", code="request_too_large")


async def chunks(request: Request, limit: int, seconds: float) -> AsyncIterator[bytes]:
    """Give a body piece by piece.

    Raises:
        ApiError: it is longer than `limit`, or its sender was silent for so many seconds, or too slow.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 15 or int(declared) > limit):
        raise too_large(limit)
    held, more, started = 0, True, time.monotonic()
    while more:
        latest = started + seconds + held / _SLOWEST - time.monotonic()
        try:
            async with asyncio.timeout(min(seconds, latest)):
                message = await request.receive()
        except TimeoutError:
            raise ApiError(408, "The request did not come to its end in time.") from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece, more = message.get("body", b""), message.get("more_body", False)
        held += len(piece)
        if held > limit:
            raise too_large(limit)
        if piece:
            yield piece


def is_small(request: Request) -> bool:
    """Say whether a request has told that its body is small."""
    declared = request.headers.get("content-length", "")
    return declared.isdigit() and len(declared) < 10 and int(declared) <= _SMALL


async def json_object(request: Request) -> dict[str, Any]:
    """Read a body that has to be a JSON object.

    Raises:
        ApiError: it is none.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "Expected a body of the content type 'application/json'.")
    limits: Limits = request.app.state.settings.limits
    pieces = [piece async for piece in chunks(request, limits.body, limits.read_seconds)]
    data = b"".join(pieces)
    if len(data) <= _SMALL:
        return parsed(data, limits.depth)
    return await run_in_threadpool(parsed, data, limits.depth)


def parsed(data: bytes, depth: int) -> dict[str, Any]:
    """Parse a JSON object that is nested `depth` deep at most.

    Raises:
        ApiError: it is none.
    """
    try:
        value = loads_unique(data)
    except ValueError:
        message = "We could not parse the JSON body of your request."
        raise ApiError(400, message) from None
    if not isinstance(value, dict):
        message = f"Invalid type for the body: expected an object, but got {kind_of(value)} instead."
        raise ApiError(400, message, code="invalid_type")
    if data.count(b"[") + data.count(b"{") > depth and deeper_than(value, depth):
        raise ApiError(400, f"The JSON body of your request is nested more than {depth} deep.")
    return value


def deeper_than(value: object, depth: int) -> bool:
    """Say whether a JSON value is nested deeper."""
    level: list[object] = [value]
    for _ in range(depth):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
