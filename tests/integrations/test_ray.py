"""A real Ray on this machine grades as the engine does, in the interpreter that GRADERS_RAY_PYTHON names.

`tools/ray.sh` makes that interpreter.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graders import MissingExtraError, evaluate, load_grader
from graders.integrations.ray import score

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `parquet`")

RUNS = Path(__file__).with_name("ray_runs.py")
SHARED = 8
"""Rows whose text is that of another, with which they may share a reply."""
REFUSALS = {
    "document": "ConfigError: $.type",
    "no judge": "ConfigError: $.model: a score_model grader asks a model",
    "no ids": "DataError: the results come in no particular order, so id_field has to name the field that "
    "tells rows apart; the rows have item, sample",
    "no sample": "DataError: the grader reads the sample, and no row has one",
    "in order": "RunError: the grader cannot go to another process",
    "small budget": "ValueError: expected limits.max_calls of at least 1 for each of 4 actors; got 3",
    "no actors": "ValueError: expected concurrency of at least 1; got 0",
    "made": "ValueError: expected a document with judge; got a Grader, which has its own",
    "made, shared": "ValueError: expected a document: the limits of a Grader cannot be shared among actors",
}


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[ray\]'"):
        score(None, "template:gsm8k")  # type: ignore[arg-type]


def runs() -> Any:
    spec = importlib.util.spec_from_file_location("ray_runs", RUNS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(dataset_of, tmp_path_factory) -> Path:
    """The rows of GSM8K in four files; their ids are their numbers."""
    folder = tmp_path_factory.mktemp("rows")
    table = pa.Table.from_pylist(dataset_of("gsm8k"))
    table = table.append_column("id", pa.array(range(len(table))))
    for part, start in enumerate(range(0, len(table), 1319)):
        parquet.write_table(table.slice(start, 1319), folder / f"{part}.parquet")
    parquet.write_table(table, folder.with_suffix(".parquet"))
    return folder


@pytest.fixture(scope="module")
def bad(tmp_path_factory) -> Path:
    """Rows of which only the first can be graded."""
    item = {"answer": "1", "solution": "A: 1"}
    table = pa.table({
        "id": range(4),
        "item": [item, None, {"answer": "2", "solution": None}, item],
        "sample": ["A: 1", "A: 1", None, "A: 1"],
        "noise": [0.0, 0.0, 0.0, float("nan")],
    })  # fmt: skip
    path = tmp_path_factory.mktemp("bad") / "bad.parquet"
    parquet.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def of_ray(rows, bad) -> dict[str, Any]:
    done = subprocess.run(
        [os.environ["GRADERS_RAY_PYTHON"], RUNS, rows, bad],
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def graded(lines) -> dict[int, tuple[Any, ...]]:
    """What results say of each row, by its id."""
    found = {}
    for line in lines:
        lists = (line["errors"] or [], line.get("traces") or [])
        found[line["id"]] = (line["reward"], line["passed"], line["sub_rewards"], *lists)
    return found


def of_results(found) -> dict[int, tuple[Any, ...]]:
    lines = []
    for row in found:
        parts = {key.partition(".")[2]: row[key] for key in row if key.startswith("sub_rewards.")}
        told = {key: json.loads(row[key]) if row[key] else None for key in ("errors", "traces")}
        lines.append({**row, **told, "sub_rewards": parts})
    assert len({line["id"] for line in lines}) == len(lines)
    return graded(lines)


def of_engine(grader, data, out, limit=None) -> dict[int, tuple[Any, ...]]:
    return graded(evaluate(grader, data, out=out, id_field="id", limit=limit, slim=True).rows())


@pytest.mark.outside
def test_tasks_grade_as_the_engine_does(of_ray, rows, tmp_path):
    expected = of_engine(load_grader("template:gsm8k"), rows.with_suffix(".parquet"), tmp_path)
    assert len(expected) == 5276
    assert of_results(of_ray["results"]["tasks"]) == expected


@pytest.mark.outside
def test_rows_that_cannot_be_graded_have_the_errors_of_the_engine(of_ray, bad, tmp_path):
    expected = of_engine(load_grader("template:gsm8k"), bad, tmp_path)
    assert of_results(of_ray["results"]["bad"]) == expected
    assert [row for row, (reward, *_) in sorted(expected.items()) if reward is None] == [1, 2, 3]


@pytest.mark.outside
def test_actors_ask_a_judge_as_the_engine_does(of_ray, rows, tmp_path):
    grader = load_grader(runs().JUDGED, judge=runs().by_function())
    expected = of_engine(grader, rows.with_suffix(".parquet"), tmp_path)
    assert of_results(of_ray["results"]["judge"]) == expected


@pytest.mark.outside
def test_a_judge_that_is_scripted_by_row_answers_by_id(of_ray):
    actual = of_results(of_ray["results"]["judge by row"])
    assert {row: reward for row, (reward, *_) in actual.items()} == {row: row % 10 for row in actual}
    assert len(actual) == 400


@pytest.mark.outside
def test_actors_together_keep_within_the_budget(of_ray):
    found = of_ray["results"]["budget"]
    answered = [row for row in found if row["errors"] is None]
    reasons = {json.loads(row["errors"])[0]["reason"] for row in found if row["errors"]}
    assert len(found) == 5276
    assert reasons == {"budget"}
    assert 0 < len(answered) <= 2 * 50 + SHARED


@pytest.mark.outside
def test_python_graders_run_in_actors(of_ray, dataset_of):
    lengths = [len(row["item"]["answer"]) for row in dataset_of("gsm8k")]
    actual = of_results(of_ray["results"]["python"])
    assert {row: reward for row, (reward, *_) in actual.items()} == {row: lengths[row] for row in actual}
    assert len(actual) == 400


@pytest.mark.outside
@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_graded_is_refused_before_any_task(of_ray, case):
    assert of_ray["refusals"][case].startswith(REFUSALS[case])
