"""Every ready-made grader is a proof: its rows get the grades that its expected.json holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders import Results, evaluate, load_grader
from graders.catalog import ReadyMade, ready_made
from graders.config import dump

TEMPLATES = {template.name: template for template in ready_made()}
EMBEDDER = "lexical"
"""Who embeds for those that compare embeddings: the one that gives the same numbers everywhere."""
SMALL = [name for name in TEMPLATES if name != "gsm8k"]


def run(name: str, folder: Path, **options: Any) -> Results:
    grader = load_grader(f"template:{name}", embedder=EMBEDDER)
    return evaluate(grader, f"template:{name}", out=folder / name, **options)


def expected_of(template: ReadyMade) -> Any:
    return json.loads(template.text("expected.json"))


@pytest.mark.filterwarnings("ignore::graders.errors.DataWarning")  # one row is there to show it
@pytest.mark.parametrize("name", SMALL)
def test_every_row_gets_its_expected_grade(name: str, tmp_path: Path) -> None:
    expected = expected_of(TEMPLATES[name])
    rows = list(run(name, tmp_path).rows())
    for row, wanted in zip(rows, expected, strict=True):
        assert row["reward"] == pytest.approx(wanted["reward"], abs=1e-12)
        assert row["passed"] is wanted["passed"]
        assert row["sub_rewards"] == pytest.approx(wanted.get("sub_rewards", {}), abs=1e-12)
        assert [error["code"] for error in row["errors"]] == wanted.get("errors", [])


@pytest.mark.parametrize("name", SMALL)
def test_some_rows_pass_some_fail_and_one_errs(name: str) -> None:
    expected = expected_of(TEMPLATES[name])
    outcomes = [row["passed"] for row in expected if not row.get("errors")]
    assert True in outcomes
    assert False in outcomes
    assert any(row.get("errors") for row in expected)


def test_gsm8k_grades_its_5276_rows_as_expected(tmp_path: Path) -> None:
    expected = expected_of(TEMPLATES["gsm8k"])
    summary = run("gsm8k", tmp_path, group_by=["item.model"]).summary
    assert summary.passed is not None
    assert (summary.rows, summary.scored, summary.passed.count) == (5276, 5276, expected["passed"])
    assert summary.mean == pytest.approx(expected["mean"], abs=1e-12)
    for group in summary.groups:
        wanted = expected["groups"][group.value]
        assert group.passed is not None
        assert (group.rows, group.passed.count) == (wanted["rows"], wanted["passed"])
        assert group.reward.mean == pytest.approx(wanted["mean"], abs=1e-12)


def test_gsm8k_errs_on_61_verdicts_51_too_kind_and_10_too_hard(tmp_path: Path) -> None:
    pairs = [
        (row["sub_rewards"]["number"] == 1.0, row["item"]["is_correct"])
        for row in run("gsm8k", tmp_path).rows()
    ]
    assert (pairs.count((True, False)), pairs.count((False, True))) == (51, 10)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_document_is_openai_json_and_says_its_name(name: str) -> None:
    document = json.loads(TEMPLATES[name].text("grader.json"))
    grader = load_grader(document, embedder=EMBEDDER)
    assert grader.name == name
    assert dump(grader.config) == document
    assert grader.warnings == ()


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_readme_says_what_it_checks_when_to_choose_it_and_what_it_misses(name: str) -> None:
    text = TEMPLATES[name].text("README.md")
    assert text.startswith(f"# {name}\n\n{TEMPLATES[name].summary[:20]}")
    assert "\nChoose it " in text
    assert "\nIt misses " in text
