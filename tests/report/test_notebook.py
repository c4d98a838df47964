"""What a notebook and a terminal show of a run by itself."""

from html.parser import HTMLParser

URL = "http://127.0.0.1:9/"


def test_a_notebook_shows_hostile_names_as_text(write_run, make, hostile):
    elements = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            elements.append(tag)

    shown = write_run(hostile.lines(URL), hostile.about(make.about(), URL))._repr_html_()
    Reader().feed(shown)
    assert set(elements) == {"table", "tr", "th", "td"}
    assert "\u202e" not in shown


def test_a_terminal_is_not_steered_by_names(write_run, make, hostile):
    shown = repr(write_run(hostile.lines(URL), hostile.about(make.about(), URL)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
