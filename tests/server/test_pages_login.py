"""Pages where keys are set: the key is shown once, a cookie stands for it, and opens nothing but pages."""

import re
from urllib.parse import urlencode

import pytest

from graders.server.pages.sessions import LASTS, Sessions, cookie_of
from graders.server.settings import digest_of

pytestmark = pytest.mark.one_database("sessions are files")

KEY, OTHER = "sk-one", "sk-two"
PAGES = ("/", "/evaluations/e", "/evaluations/e?run_id=r", "/evaluations/e/items", "/evaluations/e/compare",
         "/playground", "/static/pages.js")  # fmt: skip
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def locked(serving, tmp_path_factory):
    """A server that demands a key."""
    with serving(tmp_path_factory.mktemp("pages") / "store", GRADERS_API_KEY=KEY) as server:
        yield server


def post(server, path, fields, **headers):
    return server.ask("POST", path, urlencode(fields).encode(), content_type=FORM, **headers)


@pytest.fixture
def cookie(locked):
    """Log in, and give what the browser sends from then on."""
    answer = post(locked, "/login", {"key": KEY})
    assert (answer.status, answer.headers["location"]) == (303, "/")
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize("path", PAGES)
def test_without_a_key_there_is_the_login_form_and_nothing_else(locked, path):
    for headers in ({}, {"cookie": f"graders_session_{locked.port}={'x' * 43}"}):
        answer = locked.ask("GET", path, **headers)
        assert answer.status == 401
        html = answer.raw.decode()
        assert 'type="password"' in html
        assert 'href="/' not in html
        assert "src=" not in html
        answer = post(locked, path, {"do": "run"}, **headers)
        assert answer.status == 401
        assert b'type="password"' in answer.raw


@pytest.mark.parametrize("path", PAGES)
def test_a_session_and_a_key_open_pages(locked, cookie, path):
    for headers in ({"cookie": cookie}, {"authorization": f"Bearer {KEY}"}, {"api_key": KEY}):
        assert locked.ask("GET", path, **headers).status in (200, 404)
    assert locked.ask("GET", path, api_key="wrong", cookie=cookie).status == 401


def test_the_cookie_holds_nothing_of_the_key_and_is_kept_from_scripts_and_other_sites(locked, tmp_path):
    answer = post(locked, "/login", {"key": KEY, "onward": "/playground"})
    name, value, *attributes = re.split(r"=|; ", answer.headers["set-cookie"])
    assert name == f"graders_session_{locked.port}"
    assert len(value) == 43
    assert value not in (KEY, digest_of(KEY).hex())
    assert {"HttpOnly", "SameSite", "strict", "Path", "/"} == set(attributes)
    kept = [path.read_text() + path.name for path in (locked.folder / "sessions").iterdir()]
    assert not any(value in each or digest_of(KEY).hex() in each for each in kept)
    assert (locked.folder / "sessions").stat().st_mode & 0o77 == 0


def test_the_cookie_is_for_tls_where_the_browser_speaks_it(locked):
    host = f"127.0.0.1:{locked.port}"
    answer = post(locked, "/login", {"key": KEY}, origin=f"https://{host}", host=host)
    assert "; Secure" in answer.headers["set-cookie"]


def test_the_api_takes_no_cookie(locked, cookie):
    for method, path in (
        ("GET", "/v1/evals"), ("POST", "/v1/evals"), ("GET", "/v1/files"), ("GET", "/openapi.json"),
        ("POST", "/v1/fine_tuning/alpha/graders/run"), ("GET", "/openai/v1/evals"), ("GET", "/nothing"),
    ):  # fmt: skip
        answer = locked.ask(method, path, cookie=cookie)
        assert answer.status == 401
        assert answer.error["message"] == "You didn't provide an API key."


def test_a_wrong_key_opens_nothing_and_says_so(locked):
    for key in ("", "no", KEY + "x", "ü", "\0"):
        answer = post(locked, "/login", {"key": key})
        assert answer.status == 401
        assert b"none of the keys" in answer.raw
        assert "set-cookie" not in answer.headers


def test_logging_out_ends_the_session_for_good(locked, cookie):
    answer = post(locked, "/logout", {}, cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert locked.ask("GET", "/", cookie=cookie).status == 401


def test_who_logs_in_goes_on_where_they_wanted_to(locked):
    html = locked.ask("GET", "/evaluations/e?run_id=r&x=%26").raw.decode()
    assert 'name="onward" value="/evaluations/e?run_id=r&amp;x=%26"' in html
    asked = "/evaluations/e?run_id=r"
    assert post(locked, "/login", {"key": KEY, "onward": asked}).headers["location"] == asked


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/v1/evals", "/logout", "/login", "evaluations", "", "/evaluations\r\nx: y", " /evaluations", "/ü",
     "/\t/evil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(locked, onward):
    assert post(locked, "/login", {"key": KEY, "onward": onward}).headers["location"] == "/"


def test_forms_of_other_sites_are_refused(locked, cookie):
    for path in ("/login", "/logout", "/playground"):
        for headers in (
            {"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"},
            {"origin": f"http://127.0.0.1:{locked.port + 1}"},
        ):  # fmt: skip
            assert post(locked, path, {"key": KEY}, cookie=cookie, **headers).status == 403
    assert locked.ask("GET", "/", cookie=cookie).status == 200


def test_a_link_of_another_site_is_asked_for_again_with_the_cookie(locked):
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    html = locked.ask("GET", "/evaluations/e?run_id=r", **link).raw.decode()
    assert '<meta http-equiv="refresh" content="0;url=/evaluations/e?run_id=r">' in html
    assert 'type="password"' in locked.ask("GET", "/login", **link).raw.decode()


def test_only_health_needs_no_key(locked):
    assert locked.ask("GET", "/healthz").status == 200


def test_without_keys_there_is_nothing_to_log_in_to(server):
    assert server.ask("GET", "/login").headers["location"] == "/"
    assert b"Log out" not in server.ask("GET", "/").raw


def test_a_session_ends_with_its_time_and_with_its_key(tmp_path):
    time = 1000.0
    keys = (digest_of(KEY), digest_of(OTHER))
    sessions = Sessions(tmp_path / "sessions", keys, lambda: time)
    assert sessions.begin(digest_of("no")) is None
    name = sessions.begin(digest_of(OTHER))
    assert name is not None
    assert sessions.lasts(name)
    assert Sessions(sessions.folder, keys, lambda: time + LASTS - 1).lasts(name)
    assert not Sessions(sessions.folder, keys, lambda: time + LASTS).lasts(name)
    assert not Sessions(sessions.folder, keys[:1], lambda: time).lasts(name)
    assert not Sessions(sessions.folder, (), lambda: time).lasts(name)
    for wrong in (None, "", "../store", name[:-1], name[:-1] + "/", "é" * 43):
        assert not sessions.lasts(wrong)
        sessions.end(wrong)
    (only,) = sessions.folder.iterdir()
    only.write_text("what is this")
    assert not sessions.lasts(name)


def test_there_are_never_very_many_sessions(tmp_path):
    sessions = Sessions(tmp_path / "sessions", (digest_of(KEY),), most=5)
    names = [sessions.begin(digest_of(KEY)) for _ in range(12)]
    assert len(list(sessions.folder.iterdir())) == 6
    assert sessions.lasts(names[-1])


def test_cookies_of_servers_of_one_machine_have_names_of_their_own():
    assert cookie_of("127.0.0.1:1") != cookie_of("127.0.0.1:2")
    assert cookie_of("example.org") == cookie_of("[::1") == "graders_session"
