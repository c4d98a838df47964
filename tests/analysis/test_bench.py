"""`graders bench`: what is measured, and what a ratio says. No test depends on how fast anything is."""

import json
from itertools import groupby
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from graders.analysis import LIBRARIES, Ratio, library_versions, machine, measured_ratios
from graders.analysis.corpora import gsm8k, one_line
from graders.analysis.measure import Race, interleaved
from graders.cli import app

CORPORA = ("one line", "GSM8K")
SUBJECTS = (
    "rouge-score / rouge_1..5, l",
    "rouge-score / rouge_1..5, l, stemmer, warm",
    "sacrebleu / bleu=sacrebleu",
    "nltk / bleu, gleu, cold",
    "nltk / bleu, gleu, warm",
    "nltk / meteor, cold",
    "nltk / meteor, warm",
    "rapidfuzz loop / fuzzy_match",
)
RENDERED = ("{{item.answer}}", "Q: {{item.facts.x}} A: {{sample.output_text}}")


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["bench", *words])


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graders.analysis.measure.LEAST_SECONDS", 0.0)
        done = call("--pairs", "20", "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("ratio", "goal", "at_most", "expected"),
    [
        (2.0, 2.0, False, True),
        (1.9, 2.0, False, False),
        (2.0, 2.0, True, True),
        (2.1, 2.0, True, False),
        (0.1, None, False, True),
        (9.0, None, True, True),
    ],
)
def test_a_ratio_holds_where_it_reaches_its_goal(
    ratio: float, goal: float | None, at_most: bool, expected: bool
) -> None:
    assert Ratio("a / b", ratio, goal, at_most).holds is expected


def test_both_sides_run_in_turn_and_equally_often() -> None:
    runs: list[str] = []

    def side(name: str) -> None:
        runs.append(name)
        sum(range(200_000))

    assert interleaved(lambda: side("ours"), lambda: side("theirs"), rounds=4) > 0
    assert runs == ["ours", "theirs"] * 4


def test_what_is_short_runs_again_within_its_turn() -> None:
    runs: list[str] = []
    interleaved(lambda: runs.append("ours"), lambda: runs.append("theirs"), rounds=1, least=0.01)
    turns = [name for name, _ in groupby(runs)]
    assert turns == ["ours", "theirs"]
    assert min(runs.count(name) for name in turns) > 1


def test_a_race_becomes_a_ratio_with_its_goal_and_note() -> None:
    race = Race("a / b", lambda: sum(range(10**6)), lambda: sum(range(10**6)), 3, "why")
    ratio = race.measured()
    assert (ratio.subject, ratio.goal, ratio.at_most, ratio.note) == ("a / b", 3, False, "why")


@pytest.mark.parametrize("corpus", [one_line, gsm8k])
def test_a_corpus_is_the_same_each_time_and_begins_alike(corpus: Any) -> None:
    assert corpus(50) == corpus(50)
    assert corpus(50).pairs == corpus(80).pairs[:50]
    assert len(corpus(50).hypotheses) == len(corpus(50).references) == 50


def test_one_corpus_has_texts_of_one_line_and_the_other_has_not() -> None:
    assert all(text.isascii() and "\n" not in text for pair in one_line(50).pairs for text in pair)
    assert all("\n" in reference for reference in gsm8k(50).references)


def test_every_subject_is_measured_on_both_corpora(measured: dict[str, Any]) -> None:
    expected = [f"{subject}, {corpus}" for corpus in CORPORA for subject in SUBJECTS]
    expected += [f"jinja2 / rendering, {text}" for text in RENDERED]
    assert [ratio["subject"] for ratio in measured["ratios"]] == expected
    assert all(ratio["ratio"] > 0 for ratio in measured["ratios"])


def test_a_goal_is_missing_only_where_a_note_says_why(measured: dict[str, Any]) -> None:
    assert all((ratio["goal"] is None) == bool(ratio["note"]) for ratio in measured["ratios"])


def test_machine_and_versions_are_named(measured: dict[str, Any]) -> None:
    assert measured["machine"] == machine()
    assert measured["pairs"] == 20
    assert {"python", "local-graders", *LIBRARIES} == set(measured["versions"])


def test_a_library_that_is_not_installed_has_no_version() -> None:
    assert set(library_versions(("numpy", "no-such-library"))) == {"python", "local-graders", "numpy"}


def test_the_table_has_a_line_for_every_ratio_and_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    ratios = [
        Ratio("a / b", 1.0, 2.0),
        Ratio("c / d", 3.0, 4.0, at_most=True),
        Ratio("e / f", 5.0, note="so"),
    ]
    monkeypatch.setattr("graders.cli.bench.measured_ratios", lambda pairs: iter(ratios))
    done = call("--pairs", "1")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert ["a", "/", "b", "1.00", ">=", "2", "NO"] in lines
    assert ["c", "/", "d", "3.00", "<=", "4", "yes"] in lines
    assert ["e", "/", "f", "5.00", "-", "-"] in lines
    assert "e / f: so" in done.stdout


def test_at_least_one_pair_is_needed() -> None:
    assert call("--pairs", "0").exit_code == 2
    with pytest.raises(ValueError, match="at least 1 pair"):
        next(measured_ratios(0))
