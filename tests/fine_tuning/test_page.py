"""The page of a dry run: whole, escaped, without anything that runs or is fetched."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from graders.fine_tuning import Sampling
from graders.fine_tuning.page import to_html

HOSTILE = "<script>alert(1)</script>\"'>&\u202e\x1b[31m"
EXACT = {
    "type": "string_check",
    "name": HOSTILE,
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "like",
}
VOID = {"meta", "link", "rect", "path"}


class Tags(HTMLParser):
    """Counts tags, and checks that each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def page(attempt: Any, tmp_path: Path) -> str:
    rows = [
        {"messages": [{"role": "user", "content": HOSTILE}], "answer": f"{HOSTILE}{number}", HOSTILE: number}
        for number in range(12)
    ]
    body = {
        "model": HOSTILE,
        "training_file": "a",
        "validation_file": "b",
        HOSTILE: 1,
        "method": {"type": "reinforcement", "reinforcement": {"grader": EXACT}},
    }
    samples = tmp_path / "samples.jsonl"
    samples.write_text('{"item_id": 0, "samples": ["a", "b"]}\n{"item_id": 1, "samples": ["a", "c"]}\n')
    return to_html(attempt(body, rows, sampling=Sampling(samples)))


def test_the_page_is_whole_and_holds_what_was_found(attempt: Any, tmp_path: Path) -> None:
    text = page(attempt, tmp_path)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "NOT READY" in text
    assert {"svg", "rect", "path", "table"} <= tags.seen


def test_nothing_in_it_runs_or_is_fetched(attempt: Any, tmp_path: Path) -> None:
    text = page(attempt, tmp_path)
    tags = Tags()
    tags.feed(text)
    assert not tags.seen & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not [name for name in tags.attributes if name.startswith("on") or name in ("src", "style")]
    assert re.search(r"default-src (?:'|&#39;)none", text)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "http" not in re.sub(r'http-equiv="', "", text)


def test_a_job_without_signal_has_a_page_too(attempt: Any) -> None:
    text = to_html(attempt({}, [], valid=None))
    assert "NOT READY" in text
    assert "Probes" not in text
