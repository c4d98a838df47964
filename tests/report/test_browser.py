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

from graders.analysis import calibrate, compare
from graders.report import agreement_page, comparison_page, write_report

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


@pytest.fixture
def analysed_page(write_run, make, analysed):
    """The page of a run with its groups compared and its grader calibrated; one name is long."""
    run = write_run(make.labelled(("small", "a-model-whose-name-is-rather-long-20260131", "large")))
    return write_report(run, **analysed(run))


@pytest.fixture
def hostile_findings(write_run, make, hostile, listener):
    """The pages of a comparison and of a calibration of hostile rows."""
    run = write_run(hostile.labelled(listener.url), hostile.about(make.about(), listener.url))
    compared = compare(run, by="item.group", on="item.q")
    agreement = calibrate(run, "item.label", positive=["right"], resamples=20)
    pages = {
        "comparison": comparison_page(compared, [run]),
        "calibration": agreement_page(agreement, run),
    }
    for name, page in pages.items():
        (run.path / f"{name}.html").write_text(page, encoding="utf-8")
    return [run.path / f"{name}.html" for name in pages]


@pytest.fixture
def hostile_comparison(hostile_findings):
    return hostile_findings[0]


@pytest.fixture
def hostile_calibration(hostile_findings):
    return hostile_findings[1]


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


@pytest.mark.parametrize("with_policy", [True, False])
def test_nothing_of_hostile_names_and_labels_runs_or_is_fetched(
    page, listener, hostile_findings, with_policy
):
    for path in hostile_findings:
        if not with_policy:
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"<meta http-equiv[^>]*>", "", text), encoding="utf-8")
        page.show(width=1200)
        page.open(path)
        page.evaluate(OPEN_ALL)
        for _ in range(20):
            page.press("Tab")
        state = page.evaluate(STATE)
        assert (state["ran"], state["handlers"], state["risky"]) == ("undefined", 0, 0)
        assert set(state["links"]) == {"file:"}
        assert [url for url in page.requests if not url.startswith("data:")] == [path.as_uri()]
        assert page.complaints == []
    assert listener.asked == []


PLOTS = """[...document.querySelectorAll('svg.square, svg.ticks')].map(plot => {
    const frame = plot.getBoundingClientRect()
    const square = plot.classList.contains('square')
    const scale = square ? frame.width / 320 : 1
    const texts = [...plot.querySelectorAll('text')].filter(each => each.getBoundingClientRect().width)
    const boxes = texts.map(each => each.getBoundingClientRect())
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
    const slack = square ? 1 : 20  // a number under a tick at the end reaches into the gap between columns
    return {
        width: frame.width,
        texts: texts.length,
        letters: texts.map(each => parseFloat(getComputedStyle(each).fontSize) * scale),
        outside: texts.filter((each, at) => boxes[at].left < frame.left - slack
            || boxes[at].right > frame.right + slack || boxes[at].top < frame.top - 1
            || boxes[at].bottom > frame.bottom + 1).map(each => each.textContent),
        overlapping: texts.filter((each, at) => boxes.slice(at + 1).some(other => !apart(boxes[at], other)))
            .map(each => each.textContent),
    }
})"""


@pytest.mark.parametrize("width", [390, 1200])
def test_the_letters_of_plots_are_whole_apart_and_large_enough(page, analysed_page, width):
    page.show(width=width)
    page.open(analysed_page)
    plots = page.evaluate(PLOTS)
    assert len(plots) >= 6
    for plot in plots:
        assert (plot["outside"], plot["overlapping"]) == ([], [])
        assert min(plot["letters"]) >= 11
        assert plot["texts"] >= 2
        assert 100 <= plot["width"] <= 520


SCALES = """[...document.querySelectorAll('table:has(svg.ticks)')].map(table =>
    [...table.querySelectorAll('svg.ticks, svg.range')].map(each => each.getBoundingClientRect())
        .map(box => [box.left, box.width]))"""


@pytest.mark.parametrize("width", [390, 1200])
def test_what_is_drawn_in_a_table_stands_under_its_ticks(page, analysed_page, width):
    page.show(width=width)
    page.open(analysed_page)
    tables = page.evaluate(SCALES)
    assert [len(table) for table in tables] == [4, 4, 11]
    for first, *others in tables:
        assert all(box == pytest.approx(first, abs=0.5) for box in others)


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
@pytest.mark.parametrize(
    "name", ["full_page", "hostile_page", "analysed_page", "hostile_comparison", "hostile_calibration"]
)
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
