"""The application: routes, the gate before them, and the words for what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException

from graders.server import evals, files, grade, health, items, jobs, runs
from graders.server.answers import answer
from graders.server.failures import ApiError
from graders.server.gate import Gate
from graders.server.grade import Graders
from graders.server.settings import Settings
from graders.store import Store

_GRADED_AT_ONCE = 64
"""Rows that `/graders/run` grades at once; others wait."""


def create_app(settings: Settings) -> FastAPI:
    """Make the application of a server; its store is opened here.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = Store(settings.store, settings.database)

    @asynccontextmanager
    async def open_store(app: FastAPI) -> AsyncIterator[None]:
        app.state.grading = CapacityLimiter(_GRADED_AT_ONCE)
        with store:
            yield

    app = FastAPI(title="graders", docs_url=None, redoc_url=None, lifespan=open_store, redirect_slashes=False)
    app.state.settings, app.state.store = settings, store
    app.state.graders = Graders(settings, settings.cache())
    for room in (health, grade, files, evals, runs, items, jobs):
        app.include_router(room.router)
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(NoConnectionError, _busy)
    app.add_middleware(Gate, settings=settings)
    return app


def _api_error(_: Request, error: Exception) -> Response:
    known = cast(ApiError, error)
    return answer(known.body(), known.status)


def _no_route(request: Request, error: Exception) -> Response:
    """Answer where there is no such route."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    asked = f"{request.method} {request.scope.get('asked_path', request.url.path)}"
    return answer(ApiError(status, f"Invalid URL ({asked})").body(), status)


def _busy(_: Request, error: Exception) -> Response:
    """Answer where the database is locked, or its disk full; the client tries again."""
    message = "The server cannot use its store now."
    response = answer(ApiError(503, message, type_="server_error").body(), 503)
    response.headers["retry-after"] = "1"
    return response
