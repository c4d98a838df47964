"""What every request passes: who may ask, by which name we are called, ids, and the last net for faults.

Design: a page of another site can make a browser on this machine send requests here. It cannot know a key,
but none is needed on loopback; so a request that calls us by a strange name (a rebound name of its own),
names another site as its origin, or comes from one as the browser says, is refused before anything is read.
A link to a page may be followed from anywhere: that changes nothing, and tells the other site nothing.

Where keys are set, the API takes a key and no cookie; a page takes either, and whoever has neither is shown
the login form in its place.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import Response

from graders.server.addresses import LOGIN, is_azure, is_page, usual
from graders.server.answers import answer
from graders.server.failures import ApiError
from graders.server.faults import note
from graders.server.pages.sessions import Sessions, cookie_of
from graders.server.settings import Settings, digest_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Words = Callable[[ApiError], Response]

OPEN = ("/healthz",)
"""Paths that need no key."""
_FORM_PATHS = ("/v1/files",)
_FORM_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class Gate:
    """Lets requests through to an application, and gives every answer its headers.

    `error_page` words an error for who opens a page; others get the envelope.
    """

    def __init__(self, app: App, settings: Settings, sessions: Sessions, error_page: Words) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        answering = _Answering(send, is_azure(path), self._error_page if is_page(path) else _envelope)
        scope = {**scope, "asked_path": path, "path": usual(path), "raw_path": usual(path).encode()}
        try:
            await self._app(self._admitted(scope), receive, answering)
        except ApiError as error:
            await answering.fail(error)
        except ClientDisconnect:  # nobody is there to be told
            return
        except Exception as error:  # nothing that a request holds may stop the server, or be told in a log
            note(error)
            message = "The server had an error while processing your request."
            await answering.fail(ApiError(500, message, type_="server_error"))

    def _admitted(self, scope: Scope) -> Scope:
        """Give the request that is to be answered: it, or one for the login form."""
        headers, path = Headers(scope=scope), scope["path"]
        page = is_page(path)
        reads = scope["method"] in ("GET", "HEAD")
        _check_names(headers, self._settings.hosts, linked=page and reads)
        if not (page or reads or path in _FORM_PATHS):
            _check_kind(headers)
        if not self._settings.keys or path in OPEN:
            return scope
        if not page or _keys_given(headers):
            _check_key(headers, self._settings.keys)
        elif path != LOGIN and not self._sessions.lasts(_session_named(headers)):
            return {**scope, "path": LOGIN, "raw_path": LOGIN.encode(), "method": "GET"}
        return scope


def _check_names(headers: Headers, ours: frozenset[str], *, linked: bool) -> None:
    """Check by which name we are called, and from where; `linked`: it may be a link from anywhere."""
    host = headers.get("host", "")
    if _name(f"//{host}") not in ours:
        raise ApiError(403, "This server is not called by that name.", code="forbidden_host")
    origin = headers.get("origin")
    foreign = origin is not None and _place(origin) != host.lower()
    if headers.get("sec-fetch-site") == "cross-site":
        opened = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
        foreign = foreign or not (linked and opened)
    if foreign:
        raise ApiError(403, "Requests of other sites are not answered.", code="forbidden_origin")


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _place(url: str) -> str | None:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return None


def _check_kind(headers: Headers) -> None:
    """Refuse what the form of a page can send without asking; who sends no body names no type."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_KINDS:
        raise ApiError(415, "Expected a body of the content type 'application/json'.")


def _session_named(headers: Headers) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(cookie_of(headers.get("host", "")))


def _keys_given(headers: Headers) -> list[str]:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = [bearer.strip()] if scheme.lower() == "bearer" and bearer.strip() else []
    return given + ([headers["api-key"]] if headers.get("api-key") else [])


def _check_key(headers: Headers, keys: tuple[bytes, ...]) -> None:
    given = _keys_given(headers)
    if not given:
        message = "You didn't provide an API key."
        raise ApiError(401, message)
    digests = [digest_of(each) for each in given]
    # every key is compared, so that the time does not tell which was nearly right
    known = [any([hmac.compare_digest(digest, key) for key in keys]) for digest in digests]  # noqa: C419
    if not all(known):
        raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


def _envelope(error: ApiError) -> Response:
    return answer(error.body(), error.status)


class _Answering:
    """Sends an answer, with the headers that every answer has."""

    def __init__(self, send: Send, azure: bool, words: Words) -> None:
        self._send, self._azure, self._words = send, azure, words
        self._started_at, self._begun = time.perf_counter(), False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            request_id = f"req_{secrets.token_hex(16)}".encode()
            milliseconds = round((time.perf_counter() - self._started_at) * 1000)
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", request_id),
                *([(b"apim-request-id", request_id)] if self._azure else ()),
                (b"openai-processing-ms", b"%d" % milliseconds),
                (b"openai-version", b"2020-10-01"),
                (b"x-content-type-options", b"nosniff"),
            ]
        await self._send(message)

    async def fail(self, error: ApiError) -> None:
        """Send an error, unless an answer has begun."""
        if self._begun:
            return
        response = self._words(error)
        if error.status in (408, 413):
            response.headers["connection"] = "close"
        if error.status == 401:
            response.headers["www-authenticate"] = "Bearer"
        await self(
            {"type": "http.response.start", "status": error.status, "headers": list(response.raw_headers)}
        )
        await self._send({"type": "http.response.body", "body": response.body})
