"""The OpenAPI document: what each route tells of itself, and what holds for all of them.

Design: there is no page that shows the document, since the usual ones fetch their code from other sites.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from graders.fine_tuning import FineTuningJob
from graders.server.answered import Error
from graders.server.asked import EvalBody, EvalChanges, FileForm, GradeBody, GraderBody
from graders.server.asked_runs import RunBody

_REFERENCE = "#/components/schemas/{model}"
_ID = {"description": "Names the request.", "schema": {"type": "string"}, "required": True}
_HEADERS = {"x-request-id": _ID}
ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Error, "description": "What went wrong.", "headers": _HEADERS}
}
"""What every route answers where it cannot do what it is asked."""
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
}
_OPEN = "/healthz"
_BODIES: tuple[type[BaseModel], ...] = (
    GraderBody,
    GradeBody,
    EvalBody,
    EvalChanges,
    RunBody,
    FileForm,
    FineTuningJob,
)
"""Bodies of requests."""


def told(
    answer: type[BaseModel],
    *,
    status: int = 200,
    body: type[BaseModel] | None = None,
    query: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Give what the decorator of a route is to be told: its answer, status, body and query."""
    said: dict[str, Any] = {"parameters": [dict(each) for each in query]} if query else {}
    if body is not None:
        kind = "multipart/form-data" if body is FileForm else "application/json"
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        said["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    answers = {status: {"model": answer, "headers": _HEADERS}}
    return {"status_code": status, "responses": answers, "openapi_extra": said}


def told_bytes() -> dict[str, Any]:
    """Give what the decorator of a route is to be told that answers with bytes."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    answers = {200: {"description": "The bytes.", "headers": _HEADERS, "content": content}}
    return {"responses": answers}


class DescribedApp(FastAPI):
    """An application with such a document; `locked` says that it demands a key."""

    def __init__(
        self, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]], *, locked: bool
    ) -> None:
        super().__init__(
            title="graders",
            summary="Grades with the documents of the hosted graders API, on this machine.",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            responses=ERRORS,
            lifespan=lifespan,
        )
        self._locked = locked

    def openapi(self) -> dict[str, Any]:
        """Give the document."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi(), locked=self._locked)
        return self.openapi_schema


def _completed(document: dict[str, Any], *, locked: bool) -> dict[str, Any]:
    """Add the bodies to a document, and the keys where they are needed."""
    _, schemas = models_json_schema([(body, "validation") for body in _BODIES], ref_template=_REFERENCE)
    components = document.setdefault("components", {})
    components["schemas"] = {**schemas["$defs"], **components.get("schemas", {})}
    if locked:
        components["securitySchemes"] = _KEYS
        document["security"] = [{name: []} for name in _KEYS]
        document["paths"][_OPEN]["get"]["security"] = []
    return document
