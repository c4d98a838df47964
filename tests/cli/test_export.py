"""`graders export`: the rows of a run for other programs."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from graders.cli import app

GRADER = {
    "type": "string_check",
    "name": "capital",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture(params=["whole", "slim"])
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    (tmp_path / "data.csv").write_text("answer,sample\nParis,Paris\nMadrid,=1+1\n")
    slim = ["--slim"] if request.param == "slim" else []
    words = [tmp_path / "grader.json", tmp_path / "data.csv", "-o", tmp_path / "run", "--quiet", *slim]
    assert call("run", *words).exit_code == 0
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.csv.gz", "x.jsonl", "x.jsonl.gz"])
def test_a_run_is_written_to_a_file(run: Path, tmp_path: Path, name: str) -> None:
    done = call("export", run, tmp_path / name)
    assert (done.exit_code, done.stdout) == (0, f"2 rows: {tmp_path / name}\n")
    assert (tmp_path / name).stat().st_size > 0


def test_an_export_can_be_graded_again(run: Path, tmp_path: Path) -> None:
    call("export", run, tmp_path / "again.jsonl")
    words = [tmp_path / "grader.json", tmp_path / "again.jsonl", "-o", tmp_path / "second", "--json"]
    assert json.loads(call("run", *words).stdout)["reward"]["mean"] == 0.5


def test_cells_are_left_as_they_are_where_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    call("export", run, tmp_path / "x.csv")
    call("export", run, tmp_path / "raw.csv", "--raw")
    cells = [list(csv.DictReader((tmp_path / name).open()))[1]["sample"] for name in ("x.csv", "raw.csv")]
    assert cells == ["'=1+1", "=1+1"]


def test_the_json_names_file_rows_and_columns(run: Path, tmp_path: Path) -> None:
    found = json.loads(call("export", run, tmp_path / "x.csv", "--json").stdout)
    assert found == {
        "file": str(tmp_path / "x.csv"),
        "rows": 2,
        "columns": ["row", "id", "reward", "passed", "errors", "item", "sample"],
    }


def test_a_file_is_replaced_only_where_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    refused = call("export", run, tmp_path / "x.csv")
    assert (refused.exit_code, "--overwrite replaces it" in refused.stderr) == (1, True)
    assert (tmp_path / "x.csv").read_text() == "mine"
    assert call("export", run, tmp_path / "x.csv", "--overwrite").exit_code == 0


def test_a_run_and_its_data_are_never_replaced(run: Path, tmp_path: Path) -> None:
    before = (run / "results.jsonl").read_bytes(), (tmp_path / "data.csv").read_bytes()
    for file in (run / "results.jsonl", tmp_path / "data.csv"):
        done = call("export", run, file, "--overwrite")
        assert (done.exit_code, "belongs to the run" in done.stderr) == (1, True)
    assert before == ((run / "results.jsonl").read_bytes(), (tmp_path / "data.csv").read_bytes())


@pytest.mark.parametrize(
    ("file", "message"),
    [("x.txt", "expected a file name that ends in"), ("none/x.csv", "no such directory")],
)
def test_a_file_that_cannot_be_is_refused(run: Path, tmp_path: Path, file: str, message: str) -> None:
    done = call("export", run, tmp_path / file)
    assert (done.exit_code, message in done.stderr) == (1, True)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    done = call("export", tmp_path, tmp_path / "x.csv")
    assert (done.exit_code, "not a run directory" in done.stderr) == (1, True)
    assert not (tmp_path / "x.csv").exists()


def test_a_slim_run_whose_data_changed_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    (tmp_path / "data.csv").write_text("answer,sample\na,a\n")
    words = [tmp_path / "grader.json", tmp_path / "data.csv", "-o", tmp_path / "run", "--slim"]
    assert call("run", *words).exit_code == 0
    (tmp_path / "data.csv").write_text("answer,sample\na,b\n")
    done = call("export", tmp_path / "run", tmp_path / "x.csv")
    assert (done.exit_code, "has changed since" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir() if "x.csv" in path.name] == []


def test_a_run_that_is_not_complete_says_so(run: Path, tmp_path: Path) -> None:
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**about, "status": "interrupted"}))
    done = call("export", run, tmp_path / "x.csv")
    assert (done.exit_code, "the run is not complete" in done.stderr) == (0, True)
