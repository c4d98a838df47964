"""`graders report`: where it writes, what it prints, what it refuses."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def run(graders):
    assert graders("run", "grader.json", "failing.jsonl", "-o", "run", "--quiet").exit_code == 3
    return Path("run")


def test_the_page_is_written_into_the_run_and_its_path_printed(graders, run):
    done = graders("report", run)
    assert (done.exit_code, done.stdout) == (0, "run/report.html\n")
    assert "<title>exact: report</title>" in (run / "report.html").read_text()


def test_the_page_in_the_run_is_always_made_anew(graders, run):
    (run / "report.html").write_text("old")
    assert graders("report", run).exit_code == 0
    assert "old" not in (run / "report.html").read_text()[:50]


def test_another_file_is_replaced_only_where_that_is_asked_for(graders, run):
    Path("mine.md").write_text("mine")
    done = graders("report", run, "--format", "md", "-o", "mine.md")
    assert done.exit_code == 1
    assert done.stderr == "error: mine.md: is there already; --overwrite replaces it\n"
    assert Path("mine.md").read_text() == "mine"
    assert graders("report", run, "--format", "md", "-o", "mine.md", "--overwrite").exit_code == 0
    assert Path("mine.md").read_text().startswith("### `exact`\n")


@pytest.mark.parametrize("own", ["run/results.jsonl", "run/run.json", "run/summary.json", "failing.jsonl"])
def test_what_belongs_to_the_run_is_never_replaced(graders, run, own):
    before = Path(own).read_bytes()
    done = graders("report", run, "-o", own, "--overwrite")
    assert done.exit_code == 1
    assert "belongs to the run" in done.stderr
    assert Path(own).read_bytes() == before


def test_markdown_and_json_are_printed(graders, run):
    assert graders("report", run, "--format", "md").stdout.startswith("### `exact`\n")
    figures = json.loads(graders("report", run, "--format", "json").stdout)
    assert figures == json.loads(graders("report", run, "--json").stdout)
    assert (figures["rows"], figures["scored"], figures["run"]) == (3, 2, "run")
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(("form", "start"), [("html", "<!doctype"), ("md", "###"), ("json", "{")])
def test_each_form_can_be_written_to_a_file(graders, run, form, start):
    done = graders("report", run, "--format", form, "--out", "out.file")
    assert done.stdout == "out.file\n"
    assert Path("out.file").read_text().startswith(start)


def test_how_many_rows_are_shown_can_be_said(graders, run):
    counts = []
    for rows in ("0", "1", "10"):
        graders("report", run, "--rows", rows)
        counts.append((run / "report.html").read_text().count('<details class="row"'))
    assert counts == [0, 3, 3]


def test_a_slim_run_is_shown_with_the_texts_of_its_data(graders):
    graders("run", "grader.json", "rows.jsonl", "-o", "slim", "--slim", "--quiet")
    graders("report", "slim")
    assert "eight" in Path("slim/report.html").read_text()


def test_an_unfinished_run_is_warned_about(graders, run):
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(about | {"status": "interrupted"}))
    done = graders("report", run)
    assert done.exit_code == 0
    assert done.stderr == "warning: run: the run is not complete; this is what it has\n"


@pytest.fixture
def grouped(graders):
    rows = [
        {"item": {"answer": "a", "q": n, "model": model, "ok": n % 2 == 0}, "sample": "a" if n % k else "b"}
        for k, model in enumerate("xy", 2)
        for n in range(12)
    ]
    Path("grouped.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    graders("run", "grader.json", "grouped.jsonl", "-o", "grouped", "--quiet")
    return "grouped"


def test_a_comparison_and_a_calibration_are_in_the_report_where_they_are_asked_for(graders, grouped):
    words = ["report", grouped, "--by", "item.model", "--on", "item.q", "--label", "item.ok"]
    assert graders(*words).stdout == "grouped/report.html\n"
    page = Path("grouped/report.html").read_text()
    for expected in ('id="comparison"', 'id="calibration"', 'id="roc-title"', 'id="disagreements"'):
        assert expected in page
    figures = json.loads(graders(*words, "--json").stdout)
    (pair,) = figures["comparison"]["pairs"]
    assert (pair["first"], pair["second"], pair["joined"]) == ("x", "y", 12)
    assert figures["agreement"]["compared"] == 24
    assert "between y and x" in graders(*words, "--format", "md").stdout
    assert graders("report", grouped).exit_code == 0
    assert 'id="calibration"' not in Path("grouped/report.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--on", "item.q"], 2, "--on needs --by PATH"),
        (["--positive", "x"], 2, "--positive needs --label PATH"),
        (["--sub-reward", "x"], 2, "need --by PATH or --label PATH"),
        (["--by", "item.model"], 1, "--on PATH joins by another value"),
        (["--label", "item.none"], 1, "no row has a value at item.none"),
    ],
)
def test_what_cannot_be_analysed_is_said(graders, grouped, words, code, message):
    done = graders("report", grouped, *words)
    assert done.exit_code == code
    assert message in " ".join(done.output.replace("│", " ").split())
    assert not Path("grouped/report.html").exists()


@pytest.mark.parametrize("words", [["nowhere"], ["."], ["run", "-o", "nowhere/x.html"]])
def test_what_cannot_be_read_or_written_is_named(graders, run, words):
    done = graders("report", *words)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
