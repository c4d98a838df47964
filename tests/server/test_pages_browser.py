"""The pages in a real Chromium: nothing runs, nothing is fetched elsewhere, everybody can use them.

`tools/browser.sh` finds or installs the browser and axe-core, and sets the variables that name them.
"""

import contextlib
import http.server
import importlib.util
import json
import os
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

pytestmark = [pytest.mark.outside, pytest.mark.one_database("a browser sees no database")]

KEY = "sk-of-the-browser"
WINDOWS = [(1200, False), (1200, True), (390, False), (390, True)]
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
STATE = """({
    ran: typeof hacked,
    handlers: [...document.querySelectorAll('*')].filter(each =>
        [...each.attributes].some(attribute => attribute.name.startsWith('on'))).length,
    risky: document.querySelectorAll('script:not([src^="/static/pages.js"]), iframe, object, embed, base, ' +
        'template, link[rel=stylesheet]').length,
    forms: [...document.forms].map(each => new URL(each.action).origin),
    links: [...document.querySelectorAll('body a')].map(each => new URL(each.href).protocol),
    width: document.documentElement.scrollWidth,
})"""


def load(name):
    """Load a module of the folder of the report's tests, which is no package."""
    path = Path(__file__).parents[1] / "report" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"pages_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with load("browser").chromium(os.environ["GRADERS_CHROMIUM"], tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def listener():
    """A server on loopback that notes what is asked of it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.page.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.url, server.page = asked, f"http://127.0.0.1:{server.server_port}/", ""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def scripted(tmp_path_factory, serving):
    """A server whose judge answers from a file."""
    folder = tmp_path_factory.mktemp("pages")
    text = load("hostile").attack("http://127.0.0.1:1/")
    steps = [{"description": text, "conclusion": text}]
    replies = [{"steps": steps, "result": 0.75}, {"refusal": text}, {"steps": [], "result": 0.25}, text]
    script = folder / "replies.jsonl"
    script.write_text("".join(json.dumps(reply) + "\n" for reply in replies * 10))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        with serving(folder / "store", "--judge", f"scripted:{script}") as server:
            yield server


def go(page, url, act=None):
    """Open an address, or do what opens one, and wait until it has loaded."""
    page.requests, page.complaints, page._events = [], [], []
    if act is None:
        page.send("Page.navigate", url=url)
    else:
        with contextlib.suppress(AssertionError):  # the page may be gone before it answers
            page.evaluate(f"{act}; 0")
    while not any(event["method"] == "Page.loadEventFired" for event in page._events):
        page._next()


def until(page, expression):
    """Wait until something is true, over pages that follow each other by themselves."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(AssertionError):  # one page may go while it is asked
            if page.evaluate(expression):
                return
        time.sleep(0.02)
    raise AssertionError(expression)


def judged(name):
    return {
        "type": "score_model", "name": name, "model": "gpt-4o", "range": [0, 1], "pass_threshold": 0.5,
        "input": [{"role": "user", "content": "{{item.answer}} {{sample.output_text}}"}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def places(scripted, listener, runs):
    """Addresses of every page, of an eval whose every field attacks and of one that is meant well."""
    hostile = load("hostile").attack(listener.url).replace("\ud800", "")
    with scripted.client() as client:
        good = "The capital of France is Paris."
        found = [filled(client, *each, runs.finished) for each in (("hostile", hostile), ("good", good))]
        return {**found[0], **found[1]}


def filled(client, kind, text, wait):
    """Make an eval with two runs, every field of which holds a text; give the addresses of its pages."""
    exact = {"type": "string_check", "name": text[:900], "input": "{{sample.output_text}} x" + text,
             "reference": "{{item.answer}} y" + text, "operation": "eq"}  # fmt: skip
    item = {
        text[:200]: text, "answer": text, "nested": {text[:200]: [text]}, "link": "https://example.org/x",
        "script": "javascript:hacked=1", "quoted": 'https://example.org/"onmouseover="hacked=1',
    }  # fmt: skip
    rows = [{"item": {**item, "n": n}, "sample": f"{n} {text}"} for n in range(6)] + [{"item": item}]
    metadata = {text[:64]: text[:512]}
    made = client.evals.create(
        name=text, metadata=metadata, testing_criteria=[exact, judged(text[:900])],
        data_source_config={"type": "custom", "item_schema": {"type": "object", "title": text}},
    )  # fmt: skip
    source = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
    made_runs = [
        client.evals.runs.create(made.id, name=f"{n} {text}", metadata=metadata, data_source=source)
        for n in range(2)
    ]
    client.files.create(file=(f"{text[:100]}.jsonl", json.dumps(rows[0]).encode()), purpose="evals")
    bad = client.files.create(file=("bad", b"{" + text.encode()), purpose="evals")
    source = {"type": "jsonl", "source": {"type": "file_id", "id": bad.id}}
    made_runs.append(client.evals.runs.create(made.id, name=text, data_source=source))
    here, (first, second, broken) = f"/evaluations/{made.id}", (wait(client, run).id for run in made_runs)
    return {
        f"{kind} list": "/",
        f"{kind} eval": here,
        f"{kind} run": f"{here}?run_id={first}",
        f"{kind} failed run": f"{here}?run_id={broken}",
        f"{kind} items": f"{here}/items?run_id={first}",
        f"{kind} searched items": f"{here}/items?run_id={first}&show=failed&text={quote(text[:300])}",
        f"{kind} comparison": f"{here}/compare?run={first}&run={second}",
        f"{kind} row": f"/playground?eval_id={made.id}&run_id={first}&row=1",
    }


NAMES = ["list", "eval", "run", "failed run", "items", "searched items", "comparison", "row"]
GRADE = "document.querySelector('button.main').click()"


def harmless(page, server):
    state = page.evaluate(STATE)
    assert (state["ran"], state["handlers"], state["risky"]) == ("undefined", 0, 0)
    assert set(state["forms"]) <= {server.url.removesuffix("/v1")}
    assert set(state["links"]) <= {"http:", "https:"}
    ours = server.url.removesuffix("v1")
    assert [url for url in page.requests if not url.startswith(("data:", ours))] == []
    assert page.complaints == []


def accessible(page):
    page.evaluate(Path(os.environ["GRADERS_AXE"]).read_text(encoding="utf-8") + "; 0")
    found = json.loads(page.evaluate("axe.run().then(found => JSON.stringify(found.violations))"))
    return {each["id"]: [node["html"][:200] for node in each["nodes"][:3]] for each in found}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_hostile_texts_runs_or_is_fetched(page, scripted, listener, places, name):
    base = scripted.url.removesuffix("/v1")
    listener.asked.clear()
    page.show(width=1200)
    go(page, base + places[f"hostile {name}"])
    page.evaluate(OPEN_ALL)
    for _ in range(20):
        page.press("Tab")
    harmless(page, scripted)
    if name == "row":
        go(page, base, GRADE)
        assert page.evaluate("document.querySelector('#result-title').textContent") == "Result"
        harmless(page, scripted)
    assert listener.asked == []


def test_these_tests_would_notice(page, scripted, listener):
    listener.page = f"<script>hacked = 1; console.error('ran')</script><img src='{listener.url}img'>"
    go(page, listener.url)
    with pytest.raises(AssertionError):
        harmless(page, scripted)
    assert "/img" in listener.asked


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
@pytest.mark.parametrize("name", [f"{kind} {name}" for kind in ("hostile", "good") for name in NAMES])
def test_pages_are_accessible_and_fit_the_window(page, scripted, places, name, width, dark):
    page.show(width=width, dark=dark)
    go(page, scripted.url.removesuffix("/v1") + places[name])
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert accessible(page) == {}
    assert page.complaints == []


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_the_playground_is_accessible_whatever_came_of_it(page, scripted, places, width, dark):
    base = scripted.url.removesuffix("/v1")
    wrong = "document.getElementById('grader').value = '{\"type\": \"multi\"}'; "
    page.show(width=width, dark=dark)
    for before in ("", wrong, wrong + "document.getElementById('item').value = '['; "):
        go(page, base + places["good row"])
        go(page, base, before + GRADE)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert accessible(page) == {}
        assert page.complaints == []


def test_the_playground_is_used_with_the_keyboard_alone(page, scripted, places):
    page.show(width=1200)
    go(page, scripted.url.removesuffix("/v1") + "/playground")
    reached = []
    while "main" not in reached:
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert len(reached) < 30
    assert reached[0] == "skip"
    assert [each for each in reached if each in ("grader", "item", "kind", "sample")] == [
        "grader", "item", "kind", "sample",
    ]  # fmt: skip
    page.evaluate("document.getElementById('sample').focus()")
    page.requests, page._events = [], []
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, **key)
    while not any(event["method"] == "Page.loadEventFired" for event in page._events):
        page._next()
    assert page.evaluate("document.activeElement.id") == "result"
    assert page.evaluate("document.querySelector('.value').textContent") == "1.0000"


def test_the_script_says_what_is_no_json_while_it_is_typed(page, scripted):
    go(page, scripted.url.removesuffix("/v1") + "/playground")
    item, heard = "document.getElementById('item')", "dispatchEvent(new Event('input'))"
    said = "[...document.querySelectorAll('.live')].map(each => each.textContent).join('')"
    page.evaluate(f"{item}.value = '<img src=x onerror=hacked=1>'; {item}.{heard}")
    assert page.evaluate(said).startswith("not valid JSON yet")
    page.evaluate(f"{item}.value = '{{}}'; {item}.{heard}")
    assert page.evaluate(said) == ""
    assert page.evaluate("typeof hacked") == "undefined"


def test_pages_work_without_the_script(page, scripted, places):
    base = scripted.url.removesuffix("/v1")
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        go(page, base + places["good row"])
        go(page, base, GRADE)
        assert page.evaluate("document.querySelector('#result-title').textContent") == "Result"
        go(page, base + places["good eval"])
        go(page, base, "document.querySelectorAll('[name=run]').forEach(box => box.click());"
           "document.querySelector('form[data-least] button').click()")  # fmt: skip
        assert page.evaluate("document.querySelector('h1').textContent") == "Comparison of 2 runs"
    finally:
        page.send("Emulation.setScriptExecutionDisabled", value=False)


def test_two_runs_have_to_be_chosen_to_be_compared(page, scripted, places):
    go(page, scripted.url.removesuffix("/v1") + places["good eval"])
    disabled = "document.querySelector('form[data-least] button').disabled"
    boxes = "document.querySelectorAll('[name=run]')"
    states = [page.evaluate(disabled)]
    for number in (0, 1):
        page.evaluate(f"{boxes}[{number}].click()")
        states.append(page.evaluate(disabled))
    assert states == [True, True, False]


def test_a_run_in_progress_is_looked_at_again_until_its_report_is_there(page, scripted, runs):
    rows = [{"item": {"answer": str(n)}, "sample": "x"} for n in range(3)]
    with scripted.client() as client:
        config = {"type": "custom", "item_schema": {"type": "object"}}
        source = "import time\ndef grade(sample, item):\n    time.sleep(4)\n    return 1.0"
        python = {"type": "python", "name": "slow", "source": source}
        made = client.evals.create(data_source_config=config, testing_criteria=[python])
        run = client.evals.runs.create(made.id, data_source=runs.inline(rows))
        page.show(width=390)
        go(page, run.report_url)
        assert page.evaluate("!!document.querySelector('[data-again]')")
        page.evaluate("for (let timer = 0; timer < 100; timer++) clearTimeout(timer)")
        assert accessible(page) == {}
        go(page, run.report_url)
        while page.evaluate("!!document.querySelector('[data-again]')"):
            page._events = []
            while not any(event["method"] == "Page.loadEventFired" for event in page._events):
                page._next()
        assert runs.finished(client, run).status == "completed"
    assert "Mean reward" in page.evaluate("document.body.textContent")


@pytest.fixture(scope="module")
def locked(serving, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("locked") / "store", GRADERS_API_KEY=KEY) as server:
        yield server


def test_a_person_logs_in_once_and_out_again(page, locked, listener):
    base = locked.url.removesuffix("/v1")
    page.show(width=390)
    go(page, f"{base}/playground?template=gsm8k")
    assert accessible(page) == {}
    assert page.evaluate("document.activeElement.id") == "key"
    log_in = "document.querySelector('#key').value = '{}'; document.querySelector('button').click()"
    go(page, base, log_in.format("wrong"))
    assert "none of the keys" in page.evaluate("document.body.textContent")
    assert accessible(page) == {}
    go(page, base, log_in.format(KEY))
    assert page.evaluate("location.pathname + location.search") == "/playground?template=gsm8k"
    assert page.evaluate("document.cookie") == ""
    assert accessible(page) == {}
    page.send("Network.clearBrowserCache")
    listener.page = f"<a href='{base}/playground'>a link in a chat</a>"
    # another name of this machine is another site to the browser
    go(page, listener.url.replace("127.0.0.1", "localhost"))
    go(page, base, "document.querySelector('a').click()")
    until(page, "document.title == 'Playground' && document.readyState == 'complete'")
    go(page, base, "document.querySelector('form[action=\"/logout\"] button').click()")
    until(page, "location.pathname == '/login' && document.readyState == 'complete'")
    go(page, f"{base}/playground")
    assert page.evaluate("document.title") == "Log in"


def test_another_site_can_send_no_form_and_frame_no_page(page, scripted, listener):
    base = scripted.url.removesuffix("/v1")
    listener.page = f"<form method=post action='{base}/playground'><input name=do value=run></form>"
    go(page, listener.url.replace("127.0.0.1", "localhost"))
    go(page, base, "document.forms[0].submit()")
    assert "Refused" in page.evaluate("document.title")
    listener.page = f"<iframe src='{base}/'></iframe>"
    go(page, listener.url)
    assert any("frame" in each.lower() for each in page.complaints)
