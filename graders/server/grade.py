"""`/fine_tuning/alpha/graders/run` and `/validate`: one document, one row.

Design: documents that come again are compiled once; what is warm (a sandbox, a judge's replies) stays warm.
What takes a few microseconds is done at once: to go to another thread and back would take ten times as long.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

from graders.cache import Cache
from graders.compile import Grader, Options, compile_document
from graders.errors import Code, ConfigError, RowError
from graders.sandbox import probe
from graders.scores import Grade
from graders.server.answered import Grade as ShownGrade
from graders.server.answered import Validated
from graders.server.answers import alphanumeric, answer
from graders.server.asked import GradeBody, GraderBody
from graders.server.bodies import is_small, json_object
from graders.server.description import told
from graders.server.failures import wrong_type
from graders.server.parameters import checked, required
from graders.server.problems import check, of_config_error
from graders.server.settings import Settings
from graders.strict_json import dumps

PREFIX = "/v1/fine_tuning/alpha/graders"
router = APIRouter(prefix=PREFIX)
Body = Annotated[dict[str, Any], Depends(json_object)]

_KEPT = 64


@dataclass
class Graders:
    """Compiled documents, those that were used last."""

    settings: Settings
    cache: Cache
    _kept: OrderedDict[bytes, Grader] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _probing: threading.Lock = field(default_factory=threading.Lock)
    _holds: bool | None = None

    def get(self, document: Mapping[str, Any]) -> Grader:
        """Give the grader of a document.

        Raises:
            ApiError: `/graders/run` would not take the document.
        """
        key = _key(document)
        grader = self._known(key)
        if grader is not None:
            return grader
        grader = self._compiled(document)
        with self._lock:
            self._kept[key] = grader
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return grader

    def _known(self, key: bytes) -> Grader | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def quick(self, document: object) -> Grader | None:
        """Give the grader of a document that needs no time for a small row: known, and comparing texts."""
        if isinstance(document, dict) and document.get("type") == "string_check":
            return self._known(_key(document))
        return None

    def _compiled(self, document: Mapping[str, Any]) -> Grader:
        check(document, "run", "grader", self.settings.confinement)
        try:
            return self.compiled(document)
        except ConfigError as error:
            raise of_config_error(document, error, "grader") from None

    def compiled(self, document: object) -> Grader:
        """Compile a document with the judge, the embedder and the sandbox of this server.

        Raises:
            ConfigError: it cannot be used.
        """
        settings = self.settings
        return compile_document(
            document,
            judge=settings.judge,
            embedder=settings.embedder,
            cache=self.cache,
            asking=settings.asking,
            confinement=settings.confinement,
            options=Options("zero", media_root=settings.media_root),
        )

    def may_run(self, document: Mapping[str, Any]) -> bool:
        """Say whether the sources of a document can run here."""
        return not _has_source(document) or self._probed()

    def _probed(self) -> bool:
        with self._probing:  # a lock of its own: a probe takes long, and the other is taken between requests
            if self._holds is None:
                where = self.settings.confinement
                self._holds = bool(probe(where.level, python=where.python))
            return self._holds


@router.post("/validate", **told(Validated, body=GraderBody))
def validate(body: Body, request: Request) -> Response:
    """Check a grader and give it back with a name."""
    document = _document(body)
    graders: Graders = request.app.state.graders
    check(document, "run", "grader", graders.settings.confinement)
    return answer({"grader": _named(document)})


class _Direct(APIRoute):
    """A route whose function takes the request alone, and for which FastAPI has nothing to find out."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the function itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


async def run(request: Request) -> Response:
    """Grade one row."""
    state, body = request.app.state, await json_object(request)
    quick = state.graders.quick(body.get("grader")) if is_small(request) else None
    if quick is not None:
        return answer(_graded(body, state.graders, quick))
    # threads of its own: whoever waits for a judge keeps no other request waiting
    return answer(await run_sync(_graded, body, state.graders, limiter=state.grading))


def add_run(app: FastAPI) -> None:
    """Add the route that is asked most to an application, before all others: it is found at once."""
    said = told(ShownGrade, body=GradeBody)
    app.router.add_api_route(f"{PREFIX}/run", run, methods=["POST"], route_class_override=_Direct, **said)


def _key(document: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(dumps(document)).digest()


def _graded(body: Mapping[str, Any], graders: Graders, grader: Grader | None = None) -> dict[str, Any]:
    """Grade the row of a body, with the grader of its document where that is known already."""
    document = _document(body)
    sample = required(body, "model_sample", str)
    item = _item(body)
    name = str(_named(document)["name"])
    started = time.perf_counter()
    if grader is not None or graders.may_run(document):
        grade = (grader or graders.get(document)).grade(item, sample)
        if grade.name != name:
            grade = replace(grade, name=name)
    else:
        grade = _unauthorized(name, str(document["type"]))
    return grade.to_hosted(time.perf_counter() - started)


def _document(body: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = required(body, "grader", dict)
    return document


def _item(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("item") is not None:
        item: dict[str, Any] = checked(body["item"], dict, "item")
        return item
    return {"reference_answer": body["reference_answer"]} if "reference_answer" in body else {}


def _named(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a document with a name: its own, or one that is made up."""
    name = document.get("name")
    if name is not None and not isinstance(name, str):
        raise wrong_type("grader.name", "a string", name)
    return {**document, "name": name if name else f"grader-{alphanumeric(12)}"}


def _has_source(document: Mapping[str, Any]) -> bool:
    parts = document.get("graders")
    inside = parts.values() if document.get("type") == "multi" and isinstance(parts, Mapping) else ()
    return any(isinstance(each, Mapping) and each.get("type") == "python" for each in (document, *inside))


def _unauthorized(name: str, kind: str) -> Grade:
    """Give what the hosted service answers an organisation that may not run sources."""
    error = RowError(Code.python_grader_server_error, "unauthorized_error", "", name)
    return Grade(name, kind, 0.0, None, errors=(error,))
