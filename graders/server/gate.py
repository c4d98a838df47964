"""What every request passes: who may ask, by which name we are called, ids, and the last net for faults.

Design: a page of another site can make a browser on this machine send requests here. It cannot know a key,
but none is needed on loopback; so a request that calls us by a strange name (a rebound name of its own),
names another site as its origin, or comes from one as the browser says, is refused before anything is read.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect

from graders.server.addresses import is_azure, usual
from graders.server.failures import ApiError
from graders.server.faults import note
from graders.server.settings import Settings, digest_of
from graders.strict_json import dumps

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/healthz",)
"""Paths that need no key."""


class Gate:
    """Lets requests through to an application, and gives every answer its headers."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(send, is_azure(scope["path"]))
        path = scope["path"]
        scope = {**scope, "asked_path": path, "path": usual(path), "raw_path": usual(path).encode()}
        try:
            self._admit(scope)
            await self._app(scope, receive, answering)
        except ApiError as error:
            await answering.fail(error)
        except ClientDisconnect:  # nobody is there to be told
            return
        except Exception as error:  # nothing that a request holds may stop the server, or be told in a log
            note(error)
            message = "The server had an error while processing your request."
            await answering.fail(ApiError(500, message, type_="server_error"))

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        _check_names(headers, self._settings.hosts)
        if self._settings.keys and scope["path"] not in OPEN:
            _check_key(headers, self._settings.keys)


def _check_names(headers: Headers, ours: frozenset[str]) -> None:
    host = headers.get("host", "")
    if _name(f"//{host}") not in ours:
        raise ApiError(403, "This server is not called by that name.", code="forbidden_host")
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
    if foreign or headers.get("sec-fetch-site") == "cross-site":
        raise ApiError(403, "Requests of other sites are not answered.", code="forbidden_origin")


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _check_key(headers: Headers, keys: tuple[bytes, ...]) -> None:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = [bearer.strip()] if scheme.lower() == "bearer" and bearer.strip() else []
    given += [headers["api-key"]] if headers.get("api-key") else []
    if not given:
        message = "You didn't provide an API key."
        raise ApiError(401, message)
    digests = [digest_of(each) for each in given]
    # every key is compared, so that the time does not tell which was nearly right
    known = [any([hmac.compare_digest(digest, key) for key in keys]) for digest in digests]  # noqa: C419
    if not all(known):
        raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


class _Answering:
    """Sends an answer, with the headers that every answer has."""

    def __init__(self, send: Send, azure: bool) -> None:
        self._send, self._azure = send, azure
        self._started_at, self._begun = time.perf_counter(), False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            request_id = f"req_{secrets.token_hex(16)}"
            headers["x-request-id"] = request_id
            if self._azure:
                headers["apim-request-id"] = request_id
            headers["openai-processing-ms"] = str(round((time.perf_counter() - self._started_at) * 1000))
            headers["openai-version"] = "2020-10-01"
            headers["x-content-type-options"] = "nosniff"
        await self._send(message)

    async def fail(self, error: ApiError) -> None:
        """Send an error, unless an answer has begun."""
        if self._begun:
            return
        body = dumps(error.body())
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"connection", b"close")] if error.status in (408, 413) else []
        if error.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        await self({"type": "http.response.start", "status": error.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
