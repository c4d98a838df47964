"""`graders regrade`: what it prints, and how it ends."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def saved(published: ModuleType, folder: Path) -> Any:
    """Save an eval and its items as the client prints them; give a function that changes the items."""

    def save(items: list[Any], criteria: Any = None) -> list[str]:
        body = published.eval_body(published.EVAL, criteria or published.CRITERIA)
        Path("evals.json").write_text(json.dumps({"object": "list", "data": [body], "has_more": False}))
        Path("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
        return ["regrade", "--evals", "evals.json", "--items", "items.jsonl"]

    return save


def test_a_pulled_directory_is_compared_criterion_by_criterion(
    graders: Any, hosted: Any, published: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.fill(hosted, runs=1, items=20)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    assert graders("pull", "--base-url", hosted.url, "-o", "out").exit_code == 0
    done = graders("regrade", "out")
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["fuzzy_match", "5", "5", "0", "0", "0"] in lines
    assert ["bleu", "5", "5", "0", "0", "0"] in lines
    assert "\x1b" not in done.stdout
    only = graders("regrade", "out", "--eval", published.EVAL, "--json")
    actual = json.loads(only.stdout)
    assert (len(actual["evals"]), actual["compared"], actual["differ"]) == (1, 20, 0)


def test_a_difference_ends_with_1_and_is_printed(graders: Any, saved: Any, published: ModuleType) -> None:
    items = published.published_items()
    items[4]["results"][0] |= {"score": 0.25, "passed": False}
    words = saved(items)
    done = graders(*words)
    assert done.exit_code == 1
    assert (
        f"fuzzy_match: item 0 of {published.RUN}: hosted 0.25 (failed), here 0.5342163355408389 (passed)"
    ) in done.stdout
    actual = json.loads(graders(*words, "--json").stdout)
    assert actual["differ"] == 1
    assert actual["evals"][0]["criteria"][0]["differences"][0]["id"] == 0


def test_few_of_many_differences_are_printed(graders: Any, saved: Any, published: ModuleType) -> None:
    items = published.published_items()
    for item in items:
        item["results"][1]["score"] = 0.0
    done = graders(*saved(items), "--show", "2")
    assert done.stdout.count("bleu: item ") == 2
    assert "bleu: 5 items differ" in done.stdout


def test_rows_that_cannot_be_graded_end_with_3(graders: Any, saved: Any, published: ModuleType) -> None:
    items = published.published_items()
    del items[0]["datasource_item"]["response"]
    done = graders(*saved(items))
    assert done.exit_code == 3
    assert "fuzzy_match: 1 not graded, first item 4: Variable 'item.response' was not found." in done.stdout


def test_nothing_to_compare_ends_with_3(graders: Any, saved: Any, published: ModuleType) -> None:
    judged = {
        "type": "score_model", "name": "judged\x1b[31m", "id": "j", "model": "gpt-4o",
        "input": [{"role": "user", "content": "{{item.query}}"}],
    }  # fmt: skip
    done = graders(*saved(published.published_items(), [judged]))
    assert done.exit_code == 3
    assert "is not computed: " in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("words", [[], ["out", "--evals", "e", "--items", "i"], ["--evals", "evals.json"]])
def test_wrong_usage_ends_with_2(graders: Any, words: list[str]) -> None:
    assert graders("regrade", *words).exit_code == 2


def test_an_eval_that_is_not_there_is_named(graders: Any, saved: Any, published: ModuleType) -> None:
    done = graders(*saved(published.published_items()), "--eval", "eval_other")
    assert done.exit_code == 2
    assert "eval_other" in done.stderr


def test_a_directory_that_was_not_pulled_ends_with_1(graders: Any) -> None:
    done = graders("regrade", ".")
    assert done.exit_code == 1
    assert "not a pulled directory" in done.stderr
