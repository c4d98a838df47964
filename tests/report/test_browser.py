"""The page in a real Chromium: nothing runs, nothing is fetched, everybody can read it.

`tools/browser.sh` finds or installs the browser and axe-core, and sets the variables that name them.
"""

import http.server
import json
import os
import re
import threading
from pathlib import Path

import pytest

from graders.report import write_report

pytestmark = pytest.mark.outside

OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
STATE = """({
    ran: typeof hacked,
    title: document.title,
    handlers: [...document.querySelectorAll('*')].filter(each =>
        [...each.attributes].some(attribute => attribute.name.startsWith('on'))).length,
    risky: document.querySelectorAll(
        'script, iframe, object, embed, form, base, template, link[rel=stylesheet]').length,
    links: [...document.querySelectorAll('body a')].map(each => new URL(each.href).protocol),
    pictures: [...document.images].map(each => [new URL(each.src).protocol, each.naturalWidth]),
})"""
WINDOWS = [(1200, False), (1200, True), (390, False), (390, True)]


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    with browser.chromium(os.environ["GRADERS_CHROMIUM"], tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def listener():
    """A server on loopback that notes what is asked of it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.url = asked, f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def hostile_page(write_run, make, hostile, listener):
    return write_report(write_run(hostile.lines(listener.url), hostile.about(make.about(), listener.url)))


@pytest.fixture
def full_page(write_run, make):
    """The page of a run that has everything: graders, groups, errors, judgements, cautions, pictures."""
    trace = {
        "grader": "judge",
        "model": "gpt-4o",
        "steps": [{"description": "the answer", "conclusion": "is right"}],
        "result": 1,
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        "raw": '{"result": 1}',
    }
    error = {"code": "other_error", "reason": "metric_failed", "detail": "no such thing", "grader": "exact"}
    words = "Fifteen eggs a day make one hundred and five a week, and these are sold at two dollars each. "
    lines = [
        make.line(
            row,
            None if row == 7 else row / 40,
            id=f"row-{row}",
            sub_rewards={"exact": float(row % 2), "judge": row / 40},
            traces=[trace],
            errors=[error] if row == 7 else [],
            item={"answer": words, "model": f"model {row % 3}", "link": "https://example.org/x", "n": row},
            sample=words.replace("eggs", "ducks") + "\u202e",
        )
        for row in range(40)
    ]
    options = {**make.about()["options"], "group_by": ["item.model"]}
    prices = {"gpt-4o": {"prompt": 2.5, "completion": 10.0}}
    cautions = {"the texts hold no words": 3}
    said = make.about(options=options, prices=prices, cautions=cautions, metrics={"bleu": "bleu|n:4"})
    return write_report(write_run(lines, said))


def test_these_tests_would_notice(page, listener, tmp_path):
    control = tmp_path / "control.html"
    control.write_text(f"<script>hacked = 1; console.error('ran')</script><img src='{listener.url}img'>")
    page.open(control)
    assert page.evaluate(STATE)["ran"] == "number"
    assert f"{listener.url}img" in page.requests
    assert listener.asked == ["/img"]
    assert page.complaints


@pytest.mark.parametrize("with_policy", [True, False])
def test_nothing_of_hostile_rows_runs_or_is_fetched(page, listener, hostile_page, hostile, with_policy):
    if not with_policy:  # what is escaped needs no policy
        text = hostile_page.read_text(encoding="utf-8")
        hostile_page.write_text(re.sub(r"<meta http-equiv[^>]*>", "", text), encoding="utf-8")
    for width, dark in WINDOWS[::3]:
        page.show(width=width, dark=dark)
        page.open(hostile_page)
        page.evaluate(OPEN_ALL)
        for _ in range(30):
            page.press("Tab")
        page.pdf()
        state = page.evaluate(STATE)
        assert (state["ran"], state["handlers"], state["risky"]) == ("undefined", 0, 0)
        assert state["title"].endswith(": report")
        assert set(state["links"]) == {"file:", "http:", "https:"}
        assert state["pictures"]
        assert {tuple(picture) for picture in state["pictures"]} == {("data:", 1)}
        assert [url for url in page.requests if not url.startswith("data:")] == [hostile_page.as_uri()]
        assert page.complaints == []
    assert listener.asked == []


def test_the_policy_alone_stops_what_would_run_or_fetch(page, listener, full_page):
    attack = (
        f"<script>hacked = 1</script><img src='{listener.url}img' onerror='hacked = 1'>"
        f"<style>body {{ background: url({listener.url}css) }}</style><iframe src='{listener.url}x'></iframe>"
    )
    text = full_page.read_text(encoding="utf-8").replace("<footer>", attack + "<footer>")
    full_page.write_text(text, encoding="utf-8")
    page.open(full_page)
    assert page.evaluate(STATE)["ran"] == "undefined"
    assert len(page.complaints) >= 4
    assert listener.asked == []


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
@pytest.mark.parametrize("name", ["full_page", "hostile_page"])
def test_it_is_accessible_and_fits_the_window(page, request, name, width, dark):
    page.show(width=width, dark=dark)
    page.open(request.getfixturevalue(name))
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(Path(os.environ["GRADERS_AXE"]).read_text(encoding="utf-8") + "; 0")
    found = json.loads(page.evaluate("axe.run().then(found => JSON.stringify(found.violations))"))
    problems = {each["id"]: [node["html"][:200] for node in each["nodes"][:3]] for each in found}
    assert problems == {}
    assert page.complaints == []


def test_dark_and_light_are_different_and_print_is_light(page, full_page):
    shades = []
    for dark, media in ((False, "screen"), (True, "screen"), (True, "print")):
        page.show(width=1200, dark=dark, media=media)
        page.open(full_page)
        shades.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert shades[0] == shades[2] == "rgb(255, 255, 255)"
    assert shades[1] != shades[0]


def test_what_is_folded_is_printed(page, full_page):
    seen = "[...document.querySelectorAll('.row .inside')].map(each => each.checkVisibility())"
    for media, expected in (("screen", {True, False}), ("print", {True})):
        page.show(width=1000, media=media)
        page.open(full_page)
        assert set(page.evaluate(seen)) == expected


def test_the_keyboard_begins_with_a_way_past_the_head(page, full_page):
    page.show(width=1200)
    page.open(full_page)
    page.press("Tab")
    left = page.evaluate("document.activeElement.getBoundingClientRect().left")
    assert page.evaluate("document.activeElement.hash") == "#main"
    assert left >= 0
