"""What a page and Markdown say of a comparison and a calibration, and that names in them are only text."""

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from graders.analysis import calibrate, compare
from graders.report import (
    Contents,
    agreement_page,
    comparison_page,
    to_figures,
    to_html,
    to_markdown,
)
from graders.report.pairs import Compared

URL = "http://127.0.0.1:9/"
ELEMENTS = {"h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "sub"}


class Reader(HTMLParser):
    """Collects the elements, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.fixture
def run(write_run, make):
    return write_run(make.labelled())


@pytest.fixture
def contents(run, analysed):
    return Contents.of(run, 4, **analysed(run))


def test_the_page_of_a_run_draws_its_comparison(contents):
    reader = Reader(to_html(contents))
    sentences = [pair.sentence for pair in contents.comparison.pairs]
    assert len(sentences) == 3
    for expected in (*sentences, "Comparison by item.group", "rows joined on item.q", "for 3 pairs (Holm)"):
        assert expected in reader.words
    assert sum(name == "class" and value == "outcome" for _, name, value in reader.attributes) == 3
    spoken = [value for _, name, value in reader.attributes if name == "aria-label"]
    counts = contents.comparison.pairs[0].outcomes
    assert f"{counts.wins} better, {counts.ties} the same, {counts.losses} worse" in spoken
    assert len([words for words in spoken if words.startswith("difference ")]) == 3


def test_the_page_of_a_run_draws_its_calibration(contents):
    reader = Reader(to_html(contents))
    titles = [value for tag, name, value in reader.attributes if (tag, name) == ("title", "id")]
    assert titles[-3:] == ["roc-title", "precision-recall-title", "reliability-title"]
    for expected in ("Calibration against item.label", "Cohen's kappa", contents.agreement.flag):
        assert expected in reader.words


def test_rows_of_disagreement_are_shown_first_with_their_labels(contents):
    first = contents.survey.choices[0]
    remarks = [contents.views[place].remark for place in first.places]
    assert first.title == "Rows of disagreement"
    assert remarks == ["too hard: label right"] * 2
    assert Reader(to_html(contents)).words.count("too hard: label right") >= 2


def test_a_page_without_either_says_nothing_of_them(run):
    page = to_html(Contents.of(run, 4))
    assert 'id="comparison"' not in page
    assert 'id="calibration"' not in page


def test_markdown_and_figures_hold_both(contents):
    text, figures = to_markdown(contents), to_figures(contents)
    assert f"- `{contents.comparison.pairs[0].sentence}`" in text
    assert "too kind, " in text
    assert f"`{contents.agreement.flag}`" in text
    assert figures["comparison"]["pairs"][0]["sentence"] == contents.comparison.pairs[0].sentence
    assert max(len(pair["flips"]) for pair in figures["comparison"]["pairs"]) == 4
    assert len(figures["agreement"]["disagreements"]) <= 4


def test_a_page_of_a_comparison_says_which_runs_it_is_of(run, analysed):
    words = Reader(comparison_page(analysed(run)["comparison"], [run])).words
    for expected in ("Comparison by item.group", "a, b, c", "exact (string_check)", "abababababab"):
        assert expected in words


def test_a_run_of_several_samples_says_how_often_any_and_all_of_them_pass(write_run, make):
    lines = [make.line(n // 2, float(n in (0, 2, 3)), sample_index=n % 2) for n in range(8)]
    contents = Contents.of(write_run(lines), 4)
    words = Reader(to_html(contents)).words
    assert "pass@2, any of 2 50.0%" in words
    assert "pass^2, all of 2 25.0%" in words
    assert "- pass@2 **50.0%** [0.0, 100.0], pass^2 **25.0%** [0.0, 100.0]" in to_markdown(contents)
    assert to_figures(contents)["repeats"]["pass_at_k"]["mean"] == 0.5


def test_markdown_says_that_intervals_are_clustered(write_run, make):
    said = make.about(options={**make.about()["options"], "cluster_by": "item.answer"})
    run = write_run([make.line(n, float(n % 2)) for n in range(4)], said)
    assert "- intervals clustered by `item.answer`: 1 values" in to_markdown(Contents.of(run, 4))


def test_very_many_pairs_are_cut_with_a_word(write_run, make, analysed):
    name = '\u202e<\U0001f642&"' * 60
    lines = [
        make.line(n, float(n % 7 == 0), id=f"{n}{name}", item={"group": f"{n % 25}{name}", "q": n // 25})
        for n in range(75)
    ]
    run = write_run(lines)
    found = compare(run, by="item.group", on="item.q")
    page = comparison_page(found, [run])
    assert "The first 200 of 300 pairs are shown." in page
    assert len(Compared.of(found, 10).pairs) == 200
    assert "no difference can be shown between 1\\u202e" in page
    assert page.count(": too few rows") + page.count("]</bdi></li>") == 200
    assert len(page.encode()) < 3_000_000


def test_perfect_agreement_has_a_page_without_rows_of_disagreement(write_run, make):
    run = write_run(make.line(n, float(n % 2), item={"ok": bool(n % 2)}) for n in range(10))
    words = Reader(agreement_page(calibrate(run, "item.ok", resamples=5), run)).words
    assert "Rows of disagreement" not in words
    assert "100.0%" in words


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_class_have_a_page(write_run, make, label):
    run = write_run(make.line(n, n / 4, item={"ok": label}) for n in range(4))
    page = agreement_page(calibrate(run, "item.ok", pass_threshold=0.5, resamples=5), run)
    assert 'id="reliability-title"' in page
    assert 'id="roc-title"' not in page
    assert not re.search(r"\b(nan|inf|None)\b", page)


def test_two_rows_have_a_page_although_nothing_can_be_shown(write_run, make):
    run = write_run(make.line(n, float(n), item={"group": "ab"[n], "q": 0}) for n in range(2))
    page = comparison_page(compare(run, by="item.group", on="item.q"), [run])
    assert "too few rows" in page
    assert not re.search(r"\b(nan|inf|None)\b", page)


@pytest.fixture
def hostile_pages(write_run, make, hostile):
    """Every form of page that holds a comparison or a calibration of hostile rows."""
    run = write_run(hostile.labelled(URL), hostile.about(make.about(), URL))
    comparison = compare(run, by="item.group", on="item.q", sub_reward=hostile.attack(URL))
    agreement = calibrate(run, "item.label", positive=["right"], resamples=20)
    contents = Contents.of(run, 10, comparison=comparison, agreement=agreement)
    pages = [comparison_page(comparison, [run]), agreement_page(agreement, run), to_html(contents)]
    return pages, to_markdown(contents)


def test_hostile_names_and_labels_become_text_only(hostile_pages):
    for page in hostile_pages[0]:
        reader = Reader(page)
        assert not {"script", "iframe", "image", "form", "base", "a href", "object"} & set(reader.elements)
        assert not [name for _, name, _ in reader.attributes if name.startswith("on") or name == "style"]
        assert "<script>hacked = 1;" in " ".join(reader.text)
        assert not [letter for letter in "\u202e\u2066\u200f\x00\x1b\x7f\r\u2028\U000e0041" if letter in page]
        links = {value for _, name, value in reader.attributes if name in ("href", "src")}
        assert not [link for link in links if not link.startswith(("#", "data:,", "https://example.org"))]
        page.encode()


def test_hostile_names_mean_nothing_in_markdown(hostile_pages):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(hostile_pages[1])
    elements = set(Reader(html).elements)
    assert elements <= ELEMENTS
