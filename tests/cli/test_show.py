"""`graders show`: rows of a run, the texts that were compared, and their difference."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from graders.cli import app

GRADER = {
    "type": "multi", "name": "capital",
    "calculate_output": "0.5 * exact + 0.5 * similar", "pass_threshold": 0.9,
    "graders": {
        "exact": {
            "type": "string_check", "operation": "eq",
            "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
        },
        "similar": {
            "type": "text_similarity", "evaluation_metric": "fuzzy_match",
            "input": "{{sample.output_text}}", "reference": "The capital is {{item.answer}}.",
        },
    },
}  # fmt: skip
ROWS = [
    {"item": {"answer": "Paris", "topic": "Europe"}, "sample": "Paris"},
    {"item": {"answer": "Madrid", "topic": "Europe"}, "sample": "The capital is Barcelona."},
    {"item": {"answer": "Lima", "topic": "America"}, "sample": "Quito\x1b[31m"},
    {"item": {"topic": "Africa"}, "sample": "Nairobi"},
]


def call(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


@pytest.fixture(params=["whole", "slim"])
def run(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    slim = ["--slim"] if request.param == "slim" else []
    words = ["run", str(tmp_path / "grader.json"), str(tmp_path / "data.jsonl"), "-o", str(tmp_path / "out")]
    assert call(*words, "--quiet", "--allow-errors", *slim).exit_code == 0
    return str(tmp_path / "out")


def rows_of(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
    return found


def test_a_row_shows_rewards_texts_and_their_difference(run: str) -> None:
    shown = call("show", run, "--row", "1").stdout
    assert shown.startswith("row 1: reward ")
    assert "exact: 0.0000" in shown
    assert "similar reference:\n    The capital is Madrid.\n" in shown
    assert "The capital is [-Madrid-]{+Barcelona+}." in shown


def test_equal_texts_show_no_difference(run: str) -> None:
    assert "exact [-only" not in call("show", run, "--row", "0").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [0, 1, 2, 3]),
        (["--limit", "2"], [0, 1]),
        (["--row", "2", "--row", "0"], [0, 2]),
        (["--worst", "1"], [2]),
        (["--worst", "9"], [2, 1, 0]),
        (["--worst", "9", "--limit", "2"], [2, 1]),
        (["--errors"], [3]),
        (["--where", "reward<0.5"], [1, 2]),
        (["--where", "reward<0.5", "--where", "item.topic==America"], [2]),
        (["--where", "reward==null"], [3]),
        (["--row", "99"], []),
    ],
)
def test_rows_are_chosen(run: str, words: list[str], expected: list[int]) -> None:
    assert [row["row"] for row in rows_of(call("show", run, "--json", *words))] == expected


def test_all_rows_that_are_named_are_shown_and_ten_where_none_is(tmp_path: Path) -> None:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    (tmp_path / "data.jsonl").write_text((json.dumps(ROWS[0]) + "\n") * 12)
    out = str(tmp_path / "out")
    assert call("run", str(tmp_path / "grader.json"), str(tmp_path / "data.jsonl"), "-o", out).exit_code == 0
    named = [word for n in range(12) for word in ("--row", str(n))]
    assert len(rows_of(call("show", out, "--json", *named))) == 12
    assert len(rows_of(call("show", out, "--json"))) == 10


def test_the_json_holds_the_line_and_the_rendered_texts(run: str) -> None:
    (row,) = rows_of(call("show", run, "--json", "--row", "1"))
    assert row["item"] == ROWS[1]["item"]
    assert {"grader": "similar", "field": "reference", "text": "The capital is Madrid."} in row["rendered"]


def test_a_text_that_could_not_be_rendered_is_null_and_its_error_is_shown(run: str) -> None:
    (row,) = rows_of(call("show", run, "--json", "--errors"))
    assert {"grader": "exact", "field": "reference", "text": None} in row["rendered"]
    assert (
        "exact: invalid_variable_error: Variable 'item.answer' was not found."
        in call("show", run, "--errors").stdout
    )


def test_escape_sequences_of_rows_do_not_reach_the_terminal(run: str) -> None:
    shown = call("show", run, "--row", "2").stdout
    assert "\x1b" not in shown
    assert "Quito\\x1b[31m" in shown


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (["reward<0", "item.topic==Asia"], "no such row\n"),
        (["rewrd<0.5"], "no such row; no row has rewrd (did you mean 'reward'?)\n"),
        (
            ["reward<0.5", "item.topc==Asia"],
            "no such row; no row has item.topc (did you mean 'item.topic'?)\n",
        ),
        (["zzz==1", "zzz==2"], "no such row; no row has zzz\n"),
    ],
)
def test_a_path_that_no_row_has_is_named(run: str, conditions: list[str], said: str) -> None:
    words = [word for condition in conditions for word in ("--where", condition)]
    assert call("show", run, *words).stdout == said


def test_a_condition_that_is_none_is_a_usage_error(run: str) -> None:
    done = call("show", run, "--where", "reward ~ 3")
    assert (done.exit_code, "not a condition" in done.stderr) == (2, True)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    done = call("show", str(tmp_path))
    assert (done.exit_code, "not a run directory" in done.stderr) == (1, True)


def test_a_slim_run_whose_data_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(ROWS[0]) + "\n")
    call("run", str(tmp_path / "grader.json"), str(data), "-o", str(tmp_path / "out"), "--slim")
    data.write_text(json.dumps(ROWS[1]) + "\n")
    done = call("show", str(tmp_path / "out"))
    assert (done.exit_code, "has changed since" in done.stderr) == (1, True)
