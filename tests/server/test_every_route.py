"""Every route that there is, also one that is added later: pages of other sites, and keys."""

import contextlib
import importlib
import pkgutil
import re

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

import graders.server
from graders.server.addresses import LOGIN, is_page
from graders.server.app import create_app
from graders.server.description import DescribedApp
from graders.server.grade import add_run
from graders.server.settings import Settings

pytestmark = pytest.mark.one_database("whoever is refused reaches no database")

KEY, OTHER = "sk-one", "sk-two"
UPLOAD, HEALTH = "/v1/files", "/healthz"
FORMS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain;charset=UTF-8",
    "Text/Plain",
)
PAGE = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
FORM_BODY = b'{"a": "=b"}'  # what a form can send that is JSON nevertheless
HOSTILE = {
    "a strange name": {"host": "evil.example"},
    "a rebound name with our port": {"host": "evil.example:8000"},
    "a name that ends like ours": {"host": "localhost.evil.example"},
    "a name that begins like ours": {"host": "127.0.0.1.evil.example"},
    "no name": {"host": ""},
    "a name that is none": {"host": "["},
    "another site": {"origin": "https://evil.example"},
    "a page without an origin": {"origin": "null"},
    "another port": {"origin": "http://127.0.0.1:1"},
    "an origin that is none": {"origin": "http://["},
    "a browser that says so": {"sec_fetch_site": "cross-site"},
    "a frame": {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
}
LINK = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


def routers():
    for module in pkgutil.walk_packages(graders.server.__path__, "graders.server."):
        found = getattr(importlib.import_module(module.name), "router", None)
        if isinstance(found, APIRouter):
            yield found


def told_routes(app):
    """Give method and path of every route that the OpenAPI document tells."""
    paths = app.openapi()["paths"]
    return sorted((method.upper(), path) for path in paths for method in paths[path])


def every_told_route():
    """Give the routes of every module that the document tells, included in the application or not."""
    app = DescribedApp(lambda _: contextlib.nullcontext(), locked=False)
    add_run(app)
    for router in routers():
        app.include_router(router)
    return told_routes(app)


def every_hidden_route():
    """Give the routes of every module that the document does not tell: those of pages."""
    routes = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    hidden = {(method, each.path) for each in routes if not each.include_in_schema for method in each.methods}
    return sorted(hidden | {("GET", "/openapi.json"), ("GET", "/v1/nothing")})


TOLD, HIDDEN = every_told_route(), every_hidden_route()
ROUTES = [(method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in TOLD + HIDDEN]
WRITING = [route for route in ROUTES if route[0] != "GET"]


@pytest.fixture(scope="module")
def locked(serving, tmp_path_factory):
    """A server that demands a key."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "keys").write_text(f"{KEY}\n\n", "utf-8")
    with serving(folder / "store", "--api-key-file", str(folder / "keys"), GRADERS_API_KEY=OTHER) as server:
        yield server


def test_the_table_has_every_route_of_the_application(tmp_path):
    app = create_app(Settings(tmp_path / "store"))
    with app.state.store:
        assert told_routes(app) == TOLD
    assert len(TOLD) > 25
    assert all(path.startswith("/v1/") or path == HEALTH for _, path in TOLD)
    assert {path for each in app.routes if (path := getattr(each, "path", None))} <= {
        path for _, path in ROUTES
    }


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_another_site(server, method, path):
    for name, headers in HOSTILE.items():
        answer = server.ask(method, path, **headers)
        assert answer.status == 403, name
        assert "access-control-allow-origin" not in answer.headers
    linked = server.ask(method, path, **LINK)
    assert (linked.status == 403) == (not is_page(path) or method != "GET")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_page_is_allowed_to_ask_any_route(server, method, path):
    asked = {"access_control_request_method": method, "access_control_request_headers": "authorization"}
    answer = server.ask("OPTIONS", path, **PAGE, **asked)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_no_form_of_a_page_changes_anything(server, method, path):
    for kind in FORMS:
        assert server.ask(method, path, FORM_BODY, content_type=kind, **PAGE).status == 403
        if is_page(path):
            continue
        told = server.ask(
            method, path, FORM_BODY, content_type=kind
        )  # a browser that says nothing of the page
        assert told.status == (400 if path == UPLOAD and kind.startswith("multipart") else 415), kind
        assert told.error["type"] == "invalid_request_error"


def test_only_what_says_that_it_is_json_is_taken_for_it(server):
    bodies = {
        path: post.get("requestBody", {}).get("content", {})
        for path, operations in server.ask("GET", "/openapi.json").body["paths"].items()
        if (post := operations.get("post"))
    }
    taking = [path for path, kinds in bodies.items() if "application/json" in kinds]
    assert len(taking) > 5
    for path in taking:
        for kind in ("", "application/xml", "application/json5", "json"):
            assert server.ask("POST", path, b"{}", content_type=kind).status == 415


def test_what_is_there_outlives_a_hostile_page(server, client, an_eval):
    path = f"/v1/evals/{an_eval.id}"
    for headers in (PAGE, {"host": "evil.example"}, {"origin": "null"}):
        assert server.ask("DELETE", path, **headers).status == 403
        assert server.ask("POST", path, {"name": "theirs"}, **headers).status == 403
    for kind in FORMS:
        assert server.ask("POST", path, b'{"name": "theirs"}', content_type=kind).status == 415
    assert client.evals.retrieve(an_eval.id).to_dict() == an_eval.to_dict()


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if not is_page(route[1]) and route[1] != HEALTH]
)
def test_every_route_of_the_api_demands_a_key(locked, method, path):
    absent = locked.ask(method, path)
    assert absent.status == 401
    assert absent.error["code"] is None
    assert absent.headers["www-authenticate"] == "Bearer"
    for given in (
        {"authorization": "Bearer no"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Bearer {KEY[:-1]}"},
        {"api_key": "no"},
        {"api_key": "no", "authorization": f"Bearer {KEY}"},
    ):
        wrong = locked.ask(method, path, **given)
        assert wrong.status == 401
        assert wrong.error["code"] == "invalid_api_key"
    for given in ({"authorization": f"Basic {KEY}"}, {"authorization": "Bearer "}, {"authorization": KEY}):
        assert locked.ask(method, path, **given).status == 401
    for given in (
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {OTHER}"},
        {"api_key": OTHER},
    ):
        assert locked.ask(method, path, **given).status not in (401, 403)


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if is_page(route[1]) and route[1] != LOGIN]
)
def test_every_page_demands_a_key_or_a_session(locked, method, path):
    for given in ({}, {"cookie": "graders=no; session=no"}):
        answer = locked.ask(method, path, **given)
        assert answer.status == 401
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert locked.ask(method, path, authorization="Bearer no").status == 401
    assert locked.ask(method, path, authorization=f"Bearer {KEY}").status not in (401, 403)


def test_health_needs_no_key(locked):
    assert locked.ask("GET", HEALTH).body == {"status": "ok"}
