"""What all pages have in common: templates, headers, the words for what goes wrong, the script."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from fastapi import APIRouter, Request, Response

from graders.report.page import templates
from graders.report.sealed import sealed_sheet
from graders.server.failures import ApiError
from graders.server.pages.words import WORDS
from graders.server.settings import Settings

router = APIRouter(include_in_schema=False)

_PACKAGE, _REPORT = "graders.server.pages", "graders.report"
_SCRIPT = "pages.js"
_TITLES = {401: "Not signed in", 403: "Refused", 404: "Not found", 503: "Busy"}


def page(request: Request, template: str, /, status: int = 200, **values: Any) -> Response:
    """Answer with a page."""
    return shown(written(request, template, **values), status)


def written(request: Request, template: str, /, **values: Any) -> str:
    """Write a page; it depends on nothing of the request but where the server has its keys."""
    settings: Settings = request.app.state.settings
    return _written(template, locked=bool(settings.keys), **values)


def shown(text: str, status: int = 200) -> Response:
    """Answer with a page that is written."""
    body = text.encode("utf-8", "replace")  # half of a character, which a JSON text may hold, is none
    return Response(body, status, headers=_headers(), media_type="text/html; charset=utf-8")


def error_page(error: ApiError) -> Response:
    """Answer with a page that says what went wrong."""
    title = _TITLES.get(error.status, "That did not work" if error.status < 500 else "The server failed")
    return shown(_written("error.html.j2", locked=False, title=title, message=error.message), error.status)


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Give the script."""
    if name != _SCRIPT:
        raise ApiError(404, "There is no such file.")
    headers = {**_headers(), "cache-control": "no-cache"}
    return Response(_script(), headers=headers, media_type="text/javascript; charset=utf-8")


def _written(template: str, /, **values: Any) -> str:
    return _templates().get_template(template).render(**{**_common(), **values})


@cache
def _common() -> Mapping[str, Any]:
    return {"style": _sheet()[0], "script": _stamp(), "nav": ""}


@cache
def _templates() -> jinja2.Environment:
    """Give the templates; ours go before those of the report, whose page so stands on our base."""
    made = templates(_PACKAGE, _REPORT)
    made.filters |= WORDS
    return made


@cache
def _sheet() -> tuple[str, str]:
    return sealed_sheet((_REPORT, "report.css"), (_PACKAGE, "pages.css"))


@cache
def _script() -> bytes:
    return files(_PACKAGE).joinpath("static", _SCRIPT).read_bytes()


@cache
def _stamp() -> str:
    """Name the script by what is in it, lest a browser takes that of another release."""
    return f"/static/{_SCRIPT}?{hashlib.sha256(_script()).hexdigest()[:12]}"


@cache
def _policy() -> str:
    ours = "script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return f"{_sheet()[1]}; {ours}"


@cache
def _headers() -> Mapping[str, str]:
    return {
        "content-security-policy": _policy(),
        # forms name their origin only where referrers are not forbidden altogether
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
