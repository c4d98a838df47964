"""The report in Markdown and as figures."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from graders.report import Contents, to_figures, to_json, to_markdown
from graders.report.markup import code

URL = "http://127.0.0.1:9/"
PARSER = MarkdownIt("gfm-like", {"linkify": False})
SIGNS = "`|\\<>&*_[]()!#@:/.~$-+=\"' \n\tab1\u202e"


@pytest.fixture
def contents(write_run, make):
    error = {"code": "other_error", "reason": "metric_failed", "detail": "why", "grader": "exact"}
    lines = [make.line(row, row / 20, sub_rewards={"a": 0.5, "b": row / 20}) for row in range(20)]
    said = make.about(options={**make.about()["options"], "group_by": ["item.answer"]})
    return Contents.of(write_run([*lines, make.line(20, None, errors=[error])], said), 3)


@pytest.fixture
def hostile_contents(write_run, make, hostile):
    return Contents.of(write_run(hostile.lines(URL), hostile.about(make.about(), URL)), 3)


def test_it_is_short_and_says_what_counts(contents):
    shown = to_markdown(contents)
    assert shown.count("\n") < 40
    for expected in (
        "### `exact`",
        "21 rows, 20 scored, **1 without a reward**",
        "- mean reward **0.4750** [",
        "- passed **50.0%** [",
        "| `a` | 0.5000 [0.5000, 0.5000] |",
        "| `other_error`: `metric_failed` | 1 | row 20: `why` |",
    ):
        assert expected in shown


def test_its_tables_are_tables(contents):
    html = PARSER.render(to_markdown(contents))
    assert html.count("<table>") == 3
    for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL):
        assert len(re.findall(r"<t[hd]", row)) >= 3


@given(st.text(st.sampled_from(SIGNS), max_size=30))
def test_a_text_in_a_table_cell_means_nothing_to_markdown(text):
    html = PARSER.render(f"| a | b |\n|---|---|\n| {code(text)} | c |\n\nd")
    cells = re.findall(r"<td>(.*?)</td>", html)
    assert len(cells) == 2
    assert re.fullmatch(r"\(empty\)|<code>[^<]*</code>", cells[0])
    assert cells[1] == "c"


@given(st.text(st.sampled_from(SIGNS), min_size=1, max_size=30))
def test_a_text_means_nothing_to_markdown_in_a_heading_and_a_list(text):
    for before in ("### ", "- ", ""):
        html = PARSER.render(f"{before}{code(text)} end")
        inside = re.sub(r"</?(h3|ul|li|p)>|\n", "", html)
        assert re.fullmatch(r"<code>[^<]*</code> end", inside)


def test_hostile_rows_stay_text(hostile_contents):
    shown = to_markdown(hostile_contents)
    tags = set(re.findall(r"</?[a-zA-Z][^>]*>", PARSER.render(shown)))
    allowed = {"h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "sub"}
    assert {re.match(r"</?(\w+)", tag)[1] for tag in tags} <= allowed
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    shown.encode()


def test_the_figures_are_those_of_the_summary(contents):
    figures = to_figures(contents)
    assert figures["reward"] == contents.summary.reward.to_dict()
    assert figures["rows_to_look_at"]["worst"][0] == {
        "row": 0, "id": 0, "reward": 0.0, "passed": False, "sub_rewards": {"a": 0.5, "b": 0.0}
    }  # fmt: skip
    assert sum(figures["histogram"]["counts"]) == 20
    assert figures["error_kinds"][0]["rows"] == 1
    assert json.loads(to_json(contents)) == figures


def test_hostile_figures_are_json_in_ascii(hostile_contents):
    assert to_json(hostile_contents).isascii()
