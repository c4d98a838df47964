"""The application: routes, the gate before them, and the words for what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from graders.server import evals, files, grade, health, items, runs, tuning
from graders.server.addresses import is_page
from graders.server.answers import answer
from graders.server.description import DescribedApp
from graders.server.failures import ApiError
from graders.server.gate import Gate
from graders.server.grade import Graders
from graders.server.pages import routes
from graders.server.pages.layout import error_page
from graders.server.pages.making import Making
from graders.server.pages.sessions import Sessions
from graders.server.pages.trial import TrialGraders
from graders.server.settings import Settings
from graders.store import UNAVAILABLE, Store

_GRADED_AT_ONCE = 64
"""Rows that `/graders/run` grades at once; others wait."""


def create_app(settings: Settings) -> FastAPI:
    """Make the application of a server; its store is opened here.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = Store(settings.store, settings.database, settings.receivers)

    @asynccontextmanager
    async def open_store(app: FastAPI) -> AsyncIterator[None]:
        app.state.grading = CapacityLimiter(_GRADED_AT_ONCE)
        with store:
            yield

    app = DescribedApp(open_store, locked=bool(settings.keys))
    app.state.settings, app.state.store = settings, store
    cache = settings.cache()
    app.state.graders, app.state.trials = Graders(settings, cache), TrialGraders(settings, cache)
    app.state.making = Making()
    app.state.sessions = Sessions(settings.store / "sessions", settings.keys)
    grade.add_run(app)
    for room in (health, grade, files, evals, runs, items, tuning, routes):
        app.include_router(room.router)
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _no_route)
    for unavailable in UNAVAILABLE:
        app.add_exception_handler(unavailable, _busy)
    app.add_middleware(Gate, settings=settings, sessions=app.state.sessions, error_page=error_page)
    return app


def _worded(request: Request, error: ApiError) -> Response:
    """Say what went wrong, to a program or to a person."""
    return error_page(error) if is_page(request.scope["path"]) else answer(error.body(), error.status)


def _api_error(request: Request, error: Exception) -> Response:
    return _worded(request, cast(ApiError, error))


def _no_route(request: Request, error: Exception) -> Response:
    """Answer where there is no such route."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    asked = f"{request.method} {request.scope.get('asked_path', request.url.path)}"
    response = _worded(request, ApiError(status, f"Invalid URL ({asked})"))
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})  # with 405, the methods that there are
    return response


def _busy(request: Request, error: Exception) -> Response:
    """Answer where the database is locked, or its disk full; the client tries again."""
    message = "The server cannot use its store now."
    response = _worded(request, ApiError(503, message, type_="server_error"))
    response.headers["retry-after"] = "1"
    return response
