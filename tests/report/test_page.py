"""The page as text: what it says, that it holds nothing that could run, and how large it gets."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from graders.report import Contents, to_html, write_report

URL = "http://127.0.0.1:9/"
ELEMENTS = """
    html head meta link title style body a div section header nav main footer h1 h2 h3 h4 p span bdi del ins
    ul ol li dl dt dd table caption thead tbody tr th td details summary
    figure figcaption img svg rect line circle polyline text desc code
"""


class Reader(HTMLParser):
    """Collects the elements, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_data(self, data):
        self.text.append(data)

    def values(self, wanted):
        return [value for _, name, value in self.attributes if name == wanted]

    @property
    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


def page_of(results, rows=10):
    return to_html(Contents.of(results, rows))


@pytest.fixture
def hostile_page(write_run, make, hostile):
    return page_of(write_run(hostile.lines(URL), hostile.about(make.about(), URL)))


def test_it_says_what_the_run_amounts_to(write_run, make):
    lines = [make.line(row, reward) for row, reward in enumerate([0.0, 0.5, 1.0, None])]
    words = Reader(page_of(write_run(lines))).words
    for expected in ("exact", "Mean reward 0.5000", "66.7%", "2 of 3", "3 scored", "2026-11-23 10:00:00 UTC"):
        assert expected in words


def test_it_shows_what_was_compared(write_run, make):
    lines = [make.line(0, 0.0, item={"answer": "the black cat sat down"}, sample="the white cat sat down")]
    page = page_of(write_run(lines))
    assert "the <del>black</del><ins>white</ins> cat sat down" in page


def test_it_shows_what_the_judge_said(write_run, make):
    trace = {
        "grader": "exact",
        "model": "gpt-x",
        "steps": [{"description": "seen", "conclusion": "good"}],
        "result": 4,
        "usage": {"prompt_tokens": 1000, "completion_tokens": 7},
        "raw": "raw answer",
    }
    words = Reader(page_of(write_run([make.line(0, 0.5, traces=[trace])]))).words
    for expected in ("gpt-x for exact", "seen : good", "Result: 4", "1,000 prompt tokens", "raw answer"):
        assert expected in words


def test_it_says_which_rows_are_not_taken_for_independent(write_run, make):
    lines = [make.line(n // 2, float(n % 2), item={"q": n}, sample_index=n % 2) for n in range(8)]
    options = {**make.about()["options"], "cluster_by": "item.q"}
    assert "samples of one row are not taken for independent" in Reader(page_of(write_run(lines))).words
    words = Reader(page_of(write_run(lines, make.about(options=options)))).words
    assert "rows of one item.q are not taken for independent" in words
    assert "independent" not in Reader(page_of(write_run([make.line(0, 1.0), make.line(1, 0.0)]))).words


def test_groups_have_their_intervals_drawn(write_run, make):
    said = make.about(options={**make.about()["options"], "group_by": ["item.m"]})
    lines = [make.line(row, row / 10, item={"m": f"m{row % 2}"}) for row in range(10)]
    page = page_of(write_run(lines, said))
    assert page.count('<svg class="range"') == 2
    assert "Mean rewards by" in page


def test_very_many_groups_and_graders_are_cut_with_a_word(write_run, make):
    said = make.about(options={**make.about()["options"], "group_by": ["item.m"]})
    parts = {f"part {number}": 0.5 for number in range(150)}
    lines = [make.line(row, 0.5, item={"m": str(row)}, sub_rewards=parts) for row in range(200)]
    words = Reader(page_of(write_run(lines, said))).words
    assert "The 50 largest of 200 groups are shown." in words
    assert "100 of 150 graders are shown." in words


def test_a_run_that_is_not_complete_says_so(write_run, make):
    words = Reader(page_of(write_run([make.line(0, 1.0)], make.about(status="interrupted")))).words
    assert "The run is interrupted: these are the rows that it has." in words


@pytest.mark.parametrize("lines", [[], [None], [None, None]])
def test_a_run_without_rewards_has_a_page(write_run, make, lines):
    page = page_of(write_run(make.line(row, reward) for row, reward in enumerate(lines)))
    assert "–" in page


@pytest.mark.parametrize("rewards", [(1e308, -1e308), (1e-320, 2e-320), (5.0, 5.0)])
def test_rewards_of_any_size_can_be_drawn(write_run, make, rewards):
    said = make.about(options={**make.about()["options"], "group_by": ["item.answer"]})
    page = page_of(write_run([make.line(row, reward) for row, reward in enumerate(rewards)], said))
    assert not re.search(r"\b(nan|inf)\b", page)


def test_a_slim_run_whose_data_are_gone_is_shown_without_texts(write_run, make):
    said = make.about(options={**make.about()["options"], "slim": True})
    bare = [{key: value for key, value in make.line(0, 1.0).items() if key not in ("item", "sample")}]
    words = Reader(page_of(write_run(bare, said))).words
    assert "Rows are shown without item and sample: " in words
    assert "rows.jsonl" in words


def test_hostile_text_becomes_text_only(hostile_page, hostile):
    reader = Reader(hostile_page)
    assert set(reader.elements) <= set(ELEMENTS.split())
    assert not [name for _, name, _ in reader.attributes if name.startswith("on") or name == "style"]
    assert "<script>hacked = 1;" in " ".join(reader.text)
    assert "{{ 7 * 7 }}" in " ".join(reader.text)


def test_links_lead_into_the_page_or_to_the_web_and_images_are_data(hostile_page, hostile):
    reader = Reader(hostile_page)
    links = {value for value in reader.values("href") if not value.startswith("#")}
    assert links == {"data:,", "https://example.org/paper?x=1&y=2#z", f"{URL}remote.png"}
    assert set(reader.values("src")) == {hostile.PIXEL}


def test_letters_that_mislead_are_shown_as_escapes(hostile_page):
    assert not [
        letter for letter in "\u202e\u2066\u200f\x00\x1b\x7f\r\u2028\U000e0041" if letter in hostile_page
    ]
    assert r"\u202e\u2066\u200f\x00\x1b" in hostile_page
    hostile_page.encode()


def test_the_policy_forbids_everything_but_the_style_sheet_and_images_that_are_data(hostile_page):
    (style,) = re.findall(r"<style>(.*?)</style>", hostile_page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', hostile_page)
    assert policy.replace("&#39;", "'").split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert hostile_page.index("Content-Security-Policy") < hostile_page.index("<title>")


def test_a_page_of_many_rows_with_very_long_texts_stays_small(write_run, make):
    def long(row):
        text = f"row {row} " + "\u202e<\U0001f642&" * 300
        item = {f"field {number}": text for number in range(60)}
        item["picture"] = "data:image/png;base64," + "A" * 200_000
        errors = [{"code": "other_error", "reason": f"r{row % 40}", "detail": text, "grader": text}] * 50
        return make.line(row, None if row % 2 else row / 80, item=item, sample=text, errors=errors)

    assert len(page_of(write_run(long(row) for row in range(80))).encode()) < 3_000_000


def test_the_file_is_replaced_whole(write_run, make):
    results = write_run([make.line(0, 1.0)])
    path = write_report(results)
    path.write_text("something else")
    assert write_report(results) == path == results.path / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>\n")
    assert sorted(each.name for each in results.path.iterdir()) == [
        "report.html",
        "results.jsonl",
        "run.json",
    ]


def test_two_pages_of_a_run_are_equal(write_run, make):
    results = write_run(make.line(row, row / 20) for row in range(20))
    assert page_of(results) == page_of(type(results).open(results.path))
