"""`/login` and `/logout`: a key is shown once, and a cookie stands for it."""

import re

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from graders.server.addresses import LOGIN, LOGOUT, is_page
from graders.server.pages.forms import form_of
from graders.server.pages.layout import page
from graders.server.pages.sessions import Sessions, cookie_of
from graders.server.settings import Settings, digest_of

router = APIRouter(include_in_schema=False)

_MOST = 2**16
_PATH = re.compile(r"/(?![/\\])[!-~]*")
"""A path of this server: what begins with two slashes, as browsers read it, names another one."""


@router.get(LOGIN)
def login(request: Request) -> Response:
    """Show the form; also in the place of a page that wants a key, with the status that says so."""
    settings: Settings = request.app.state.settings
    if not settings.keys:
        return RedirectResponse("/", 303)
    asked = request.scope["asked_path"]
    onward = "/" if asked == LOGIN else f"{asked}?{request.url.query}".rstrip("?")
    linked = request.headers.get("sec-fetch-site") == "cross-site"
    # a link from another site comes without our cookie; asked for again by ourselves, the page has it
    template = "onward.html.j2" if linked and asked != LOGIN else "login.html.j2"
    return page(request, template, 200 if asked == LOGIN else 401, onward=_ours(onward), wrong=False)


@router.post(LOGIN)
async def log_in(request: Request) -> Response:
    """Begin a session for who shows a key."""
    settings: Settings = request.app.state.settings
    sessions: Sessions = request.app.state.sessions
    form = await form_of(request, _MOST)
    onward = _ours(form.get("onward", "/"))
    if not settings.keys:
        return RedirectResponse(onward, 303)
    digest = digest_of(form.get("key", "").strip())
    name = await run_in_threadpool(sessions.begin, digest)
    if name is None:
        return page(request, "login.html.j2", 401, onward=onward, wrong=True)
    response = RedirectResponse(onward, 303)
    response.set_cookie(
        cookie_of(request.headers["host"]), name, httponly=True, samesite="strict", secure=_is_secure(request)
    )
    return response


@router.post(LOGOUT)
async def log_out(request: Request) -> Response:
    """End the session."""
    sessions: Sessions = request.app.state.sessions
    cookie = cookie_of(request.headers["host"])
    await run_in_threadpool(sessions.end, request.cookies.get(cookie))
    response = RedirectResponse(LOGIN, 303)
    response.delete_cookie(cookie, httponly=True, samesite="strict", secure=_is_secure(request))
    return response


def _is_secure(request: Request) -> bool:
    """Say whether the browser speaks TLS, which may end at a proxy before us: its origin tells."""
    return "https" in (request.url.scheme, request.headers.get("origin", "").partition(":")[0])


def _ours(onward: str) -> str:
    """Give a path of one of our pages, which anything else would not be."""
    path = onward.partition("?")[0]
    ours = _PATH.fullmatch(onward) and is_page(path) and path not in (LOGIN, LOGOUT)
    return onward if ours else "/"
