"""The pages, as a browser asks for them without its script."""

import json
import re
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest

ROWS = [
    {"item": {"answer": "Paris", "land": "France"}, "sample": "Paris"},
    {"item": {"answer": "Rome", "land": "Italy"}, "sample": "Rom"},
    {"item": {"answer": "Bern"}, "sample": "It is Zürich, I think."},
    {"item": {"land": "Peru"}, "sample": "Lima"},
]


@pytest.fixture
def run(client, an_eval, runs):
    """A run of four rows: all passed, passed by one criterion, by none, and errored."""
    made = client.evals.runs.create(an_eval.id, data_source=runs.inline(ROWS), name="four rows")
    return runs.finished(client, made)


@pytest.fixture
def look(server):
    """Open a page: give its text, its tags left out, and the whole of it."""

    def look(path, status=200, **headers):
        answer = server.ask("GET", path, **headers)
        assert answer.status == status, answer.raw[:500]
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        html = answer.raw.decode()
        return words_of(html), html

    return look


def words_of(html):
    body = re.sub(r"<(style|script|title)[^>]*>.*?</\1>|<textarea.*?</textarea>", " ", html, flags=re.DOTALL)
    body = re.sub(r"</?(bdi|a|span|strong|code)\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def items_of(run, **asked):
    return f"/evaluations/{run.eval_id}/items?{urlencode({'run_id': run.id, **asked})}"


def rows_in(words):
    return [int(number) for number in re.findall(r"Row (\d+) reward", words)]


def test_the_report_url_of_a_run_opens_its_report(look, run):
    parts = urlsplit(run.report_url)
    words, _ = look(f"{parts.path}?{parts.query}")
    for said in (
        "four rows",
        "Mean reward 0.2500",
        "Passed at 1 25.0%",
        "Errors",
        "All scored rows",
        "Paris",
        "Rom",
    ):
        assert said in words


def test_the_report_says_how_often_each_criterion_was_met_as_the_api_does(look, run):
    words, _ = look(f"/evaluations/{run.eval_id}?run_id={run.id}")
    for name, criterion in zip(("exact", "near it"), run.per_testing_criteria_results, strict=True):
        pattern = rf"{name} \w+ (?:\S.*? )?{criterion.passed} {criterion.failed}(?: rows| )"
        assert re.search(pattern, words), words[:800]


def test_evals_are_listed_with_their_last_run(look, run, an_eval):
    words, html = look("/")
    assert f'href="/evaluations/{an_eval.id}"' in html
    assert f'href="/evaluations/{an_eval.id}?run_id={run.id}"' in html
    assert "capitals" in words


def test_lists_are_paged_to_their_end(client, look, an_eval, runs):
    for _ in range(26):
        client.evals.create(
            data_source_config={"type": "logs"}, testing_criteria=[an_eval.testing_criteria[0].to_dict()]
        )
    made = [client.evals.runs.create(an_eval.id, data_source=runs.inline(ROWS[:1])).id for _ in range(27)]
    for first, named in (
        ("/", r"/evaluations/(eval_\w+)\""),
        (f"/evaluations/{an_eval.id}", r"run_id=(\w+)\""),
    ):
        seen, path = [], first
        while path:
            _, html = look(path)
            seen += dict.fromkeys(re.findall(named, html))
            following = re.search(r'rel="next" href="([^"]+)"', html)
            path = unescape(following[1]) if following else None
        assert len(seen) == len(set(seen))
        assert len(seen) >= 27
    assert [each for each in seen if each in made] == made[::-1]


def test_an_eval_without_runs_says_how_to_make_one(look, an_eval):
    words, _ = look(f"/evaluations/{an_eval.id}")
    assert "This eval has no runs yet." in words
    assert an_eval.id in words


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"show": "passed"}, [0]),
        ({"show": "failed"}, [1, 2, 3]),
        ({"show": "errored"}, [3]),
        ({"show": "passed", "criterion": "near it"}, [0, 1]),
        ({"show": "failed", "criterion": "exact"}, [1, 2, 3]),
        ({"show": "failed", "criterion": "near it"}, [2, 3]),
        ({"show": "errored", "criterion": "exact"}, [3]),
        ({"text": "ZÜRICH"}, [2]),
        ({"text": "peru", "show": "passed"}, []),
        ({"from": "2"}, [2, 3]),
        ({"from": "9"}, []),
    ],
)
def test_items_are_filtered(look, run, an_eval, asked, rows):
    ids = {criterion.name: criterion.id for criterion in an_eval.testing_criteria}
    if "criterion" in asked:
        asked = {**asked, "criterion": ids[asked["criterion"]]}
    words, _ = look(items_of(run, **asked))
    assert rows_in(words) == rows
    assert ("There are no such rows." in words) == (not rows)


def test_items_are_paged_in_both_directions(client, an_eval, runs, look):
    source = runs.inline([{"item": {"answer": str(n)}, "sample": str(n % 3)} for n in range(50)])
    run = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=source))
    pages, path = [], items_of(run)
    while path:
        words, html = look(path)
        pages.append((path, rows_in(words)))
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(following[1]) if following else None
    assert [row for _, rows in pages for row in rows] == list(range(50))
    back = unescape(re.search(r'rel="prev" href="([^"]+)"', html)[1])
    assert rows_in(look(back)[0]) == pages[-2][1]


def test_an_error_of_a_row_is_shown_with_its_reason(look, run):
    words, _ = look(items_of(run, show="errored"))
    assert "invalid_variable_error: missing_variable" in words
    assert "item.answer" in words


def test_the_api_tells_of_an_error_what_the_page_shows(client, run):
    found = list(client.evals.runs.output_items.list(run.id, eval_id=run.eval_id))
    errors = [[result.to_dict().get("error") for result in item.results] for item in found]
    assert errors[:3] == [[None, None]] * 3
    assert [error["code"] for error in errors[3]] == ["invalid_variable_error"] * 2


def test_runs_are_compared(client, look, run, runs):
    better = [{**row, "sample": row["item"].get("answer", "")} for row in ROWS]
    other = client.evals.runs.create(run.eval_id, data_source=runs.inline(better), name="the better one")
    other = runs.finished(client, other)
    path = f"/evaluations/{run.eval_id}/compare?run={other.id}&run={run.id}"
    words, _ = look(path)
    assert "no difference can be shown between the better one and four rows: 0.500" in words
    assert "four rows to the better one: 2 pass now, 0 do not any more" in words
    criterion = urlencode({"criterion": criterion_of(client, run, "near it")})
    assert "Rewards of near it" in look(f"{path}&{criterion}")[0]
    assert "cannot be compared" in look(f"{path}&on=item.nothing")[0]
    for wrong in (f"run={run.id}", f"run={run.id}&run=nothing", ""):
        look(f"/evaluations/{run.eval_id}/compare?{wrong}", status=404 if "nothing" in wrong else 400)


def criterion_of(client, run, name):
    criteria = client.evals.retrieve(run.eval_id).testing_criteria
    return next(each.id for each in criteria if each.name == name)


@pytest.mark.one_database("a server more, for what the others show")
def test_what_a_model_was_asked_is_shown_beside_what_it_answered(
    tmp_path, serving, endpoint, custom, exact, runs
):
    source = {
        "type": "completions",
        "model": "asked",
        "input_messages": {
            "type": "template", "template": [{"role": "user", "content": "Say {{item.answer}}!"}]
        },
        "source": {"type": "file_content", "content": [{"item": {"answer": "Paris"}}]},
    }  # fmt: skip
    with serving(tmp_path / "store", "--model-base-url", endpoint.url) as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        run = runs.finished(client, client.evals.runs.create(made.id, data_source=source))
        words = words_of(server.ask("GET", items_of(run)).raw.decode())
    assert re.search(r'answered .+ asked .*"content": "Say Paris!"', words)


def test_a_run_that_failed_says_why(client, an_eval, runs, look):
    file = client.files.create(file=("rows.jsonl", b"not json\n"), purpose="evals")
    run = runs.finished(client, client.evals.runs.create(an_eval.id, data_source=runs.from_file(file.id)))
    words, _ = look(f"/evaluations/{an_eval.id}?run_id={run.id}")
    assert "The run failed. Row 0: the line is not valid JSON" in words


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/evaluations/nothing", 404), ("/evaluations/nothing?run_id=x", 404), ("/?after=nothing", 404),
        ("/evaluations/nothing/items", 404), ("/playground?template=nothing", 404), ("/static/nothing", 404),
        ("/playground?run_id=x&eval_id=y&row=z", 404), ("/playground/nothing", 404),
        ("/static/..%2fapp.py", 404), ("/static/../app.py", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_page_too(look, path, status):
    words, _ = look(path, status)
    assert "Not found" in words


@pytest.mark.parametrize("asked", [{"show": "x"}, {"from": "-1"}, {"after": "1e9"}, {"before": "9" * 30}])
def test_what_cannot_be_asked_is_a_page_too(look, run, asked):
    assert "That did not work" in look(items_of(run, **asked), 400)[0]


def test_every_page_forbids_what_it_does_not_need(server, run):
    paths = ("/", f"/evaluations/{run.eval_id}?run_id={run.id}", "/playground", "/evaluations/nothing")
    for path in paths:
        headers = server.ask("GET", path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["form-action"] == "'self'"
        assert re.fullmatch(r"'sha256-[\w+/=]+'", policy["style-src"])
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["img-src"] == "data:"
        assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
        assert headers["x-content-type-options"] == "nosniff"


def test_pages_stand_in_no_openapi_document(server):
    paths = server.ask("GET", "/openapi.json").body["paths"]
    assert [path for path in paths if not path.startswith(("/v1/", "/healthz"))] == []


def test_only_a_link_is_followed_from_another_site(server, run):
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert server.ask("GET", "/", **link).status == 200
    assert server.ask("GET", "/v1/evals", **link).status == 403
    assert server.ask("POST", "/playground", b"", **link).status == 403
    assert server.ask("GET", "/", **{**link, "sec_fetch_dest": "iframe"}).status == 403
    assert server.ask("GET", "/", **{**link, "sec_fetch_mode": "no-cors"}).status == 403
    assert server.ask("GET", "/", origin="https://evil.example", **link).status == 403
    assert server.ask("GET", "/", origin="http://[").status == 403


@pytest.fixture
def send(server):
    """Send the form of the playground; give the words of the page, and the page."""

    def send(status=200, **fields):
        form = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()
        }
        kind = "application/x-www-form-urlencoded"
        answer = server.ask("POST", "/playground", urlencode(form).encode(), content_type=kind)
        assert answer.status == status
        return words_of(answer.raw.decode()), answer.raw.decode()

    return send


def textarea(html, name):
    return unescape(re.search(rf'<textarea id="{name}".*?>\n(.*?)</textarea>', html, re.DOTALL)[1])


def test_the_playground_grades_a_row_and_shows_each_part(send, exact, fuzzy):
    parts = {"same": exact, "near": {**fuzzy, "input": "x {{item.answer}}"}}
    grader = {"type": "multi", "name": "both", "graders": parts, "calculate_output": "same + near"}
    words, html = send(grader=grader, item={"answer": "Paris"}, sample="Paris", do="run")
    assert re.search(r"Reward 1\.8\d\d\d multi", words)
    assert re.search(r"same 1\.0000 graded near 0\.8\d\d\d graded", words)
    assert "x Paris" in words
    assert textarea(html, "sample") == "Paris"


def test_the_playground_says_all_that_is_wrong_at_once(send):
    grader = {"type": "multi", "graders": {"a": {"type": "string_check", "operation": "equals"}}}
    words, html = send(grader={**grader, "calculate_output": "b"}, item="[1", sample="{", kind="object")
    for said in ("missing field 'input'", "did you mean 'eq'?", "no grader 'b'", "not valid JSON"):
        assert said in words
    assert words.count("not valid JSON") == 2
    assert html.count('aria-invalid="true" aria-describedby') == 3
    assert "Nothing was graded" in words


@pytest.mark.parametrize(
    "grader", ["", "[]", "5", '{"a":1,"a":2}', "[" * 200 + "]" * 200, '{"type": "x"}', "NaN"]
)
def test_the_playground_survives_whatever_is_pasted(send, grader):
    assert "Nothing was graded" in send(grader=grader, item="{}", sample="x")[0]


def test_the_playground_shows_the_error_of_a_row(send, exact):
    words, _ = send(grader=exact, item={}, sample="x", do="run")
    assert "Reward 0.0000 the grader failed" in words
    assert "invalid_variable_error: missing_variable" in words
    assert "Variable 'item.answer' was not found." in words


def test_the_playground_computes_what_a_hosted_service_refuses_and_says_so(send, exact):
    words, _ = send(grader=[exact, exact], item={"answer": "a"}, sample="a")
    assert "Reward 1.0000" in words
    assert "/graders/run takes one grader" in words


def test_a_ready_made_grader_is_loaded_with_a_row(send, look):
    _, html = send(do="template", template="json_fields")
    assert json.loads(textarea(html, "grader"))["type"]
    assert "Ada Lovelace" in textarea(html, "item")
    assert look("/playground?template=gsm8k")[1].count("selected") >= 1
    assert "no such ready-made grader" in send(do="template", template="../x")[0]


def test_a_row_of_a_file_is_loaded_beside_the_grader(client, send):
    first, second = ROWS[0], {"item": {"answer": "c"}, "sample": {"output_text": "d"}}
    lines = f"{json.dumps(first)}\n{json.dumps(second)}\n".encode()
    file = client.files.create(file=("rows.jsonl", lines), purpose="evals")
    _, html = send(do="row", file=file.id, row="1", grader='{"mine": 1}')
    assert textarea(html, "grader") == '{"mine": 1}'
    assert json.loads(textarea(html, "item")) == {"answer": "c"}
    assert json.loads(textarea(html, "sample")) == {"output_text": "d"}
    for row, said in (("2", "no row 2"), ("x", "named by its number"), ("-1", "named by its number")):
        assert said in send(do="row", file=file.id, row=row)[0]
    bad = client.files.create(file=("rows.jsonl", b"\xff\xfe\n[]\n"), purpose="evals")
    assert "the line is not valid JSON" in send(do="row", file=bad.id, row="0")[0]
    assert "Choose a file." in send(do="row", file="nothing", row="0")[0]


def test_a_row_of_a_run_is_taken_to_the_playground(look, send, run):
    _, html = look(f"/playground?eval_id={run.eval_id}&run_id={run.id}&row=1")
    form = {name: textarea(html, name) for name in ("grader", "item", "sample")}
    assert json.loads(form["item"]) == ROWS[1]["item"]
    assert not {"id", "grdr_id"} & set(json.loads(form["grader"])["exact"])
    words, _ = send(**form)
    assert re.search(r"exact 0\.0000 graded near it 0\.8571 graded", words)


def test_only_what_says_that_it_is_a_form_is_taken_for_one(server):
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
        assert server.ask("POST", "/playground", b"do=run", content_type=kind).status == 415
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert server.ask("POST", "/playground", b"&".join(b"a=1" for _ in range(99)), **form).status == 400
    assert server.ask("POST", "/playground", "ü".encode(), **form).status == 400


def test_a_page_is_never_older_than_what_it_shows(client, look, run, an_eval):
    path = f"/evaluations/{run.eval_id}?run_id={run.id}"
    look(path)
    client.evals.update(an_eval.id, name="renamed since")
    assert "renamed since" in look(path)[0]
    client.evals.runs.delete(run.id, eval_id=run.eval_id)
    look(path, 404)
