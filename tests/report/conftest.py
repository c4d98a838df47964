"""Run directories made by hand, so that every field of a row can hold anything."""

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graders.analysis import calibrate, compare
from graders.results import Results

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}

Write = Callable[..., Results]


def line(row: int, reward: float | None, **fields: Any) -> dict[str, Any]:
    """Make a line of `results.jsonl`."""
    passed = None if reward is None else reward >= 0.5
    known = {"row": row, "id": row, "reward": reward, "passed": passed, "sub_rewards": {}, "errors": []}
    return {**known, "item": {"answer": "Paris"}, "sample": f"sample {row}", **fields}


def about(document: Mapping[str, Any] = EXACT, **changes: Any) -> dict[str, Any]:
    """Make what `run.json` says."""
    known = {
        "version": "0.1.0",
        "status": "complete",
        "grader": {
            "name": document["name"],
            "type": document["type"],
            "sha256": "ab" * 32,
            "document": document,
        },
        "metrics": {},
        "options": {
            "on_error": "null",
            "pass_threshold": 0.5,
            "limit": None,
            "group_by": [],
            "slim": False,
        },
        "judge": None,
        "embedder": None,
        "sandbox": None,
        "prices": {},
        "data": {"path": "rows.jsonl", "sha256": "cd" * 32},
        "row_mapping": {"item_field": None, "sample_field": None, "id_field": None},
        "started": "2026-11-23T10:00:00.123456+00:00",
        "seconds": 1.5,
        "cautions": {},
    }
    return {**known, **changes}


def labelled(groups: Sequence[str] = ("a", "b", "c")) -> list[dict[str, Any]]:
    """Make lines of rewards of three groups, each with a label that half of the rewards deserve."""
    lines = []
    for place, group in enumerate(groups):
        for q in range(20):
            reward = round((q * (7 + place) + 5 * place) % 20 / 20, 2)
            label = "right" if reward > 0.45 or q == 3 else "wrong"
            item = {"answer": "Paris", "group": group, "q": q, "label": label}
            lines.append(line(len(lines), reward, item=item))
    return lines


@pytest.fixture
def write_run(tmp_path: Path) -> Write:
    """Write a run directory and open it."""

    def write(lines: Iterable[Mapping[str, Any]], said: Mapping[str, Any] | None = None) -> Results:
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        (folder / "run.json").write_text(json.dumps(said or about()))
        with (folder / "results.jsonl").open("w") as file:
            file.writelines(json.dumps(each) + "\n" for each in lines)
        return Results.open(folder)

    return write


@pytest.fixture
def analysed() -> Callable[[Results], dict[str, Any]]:
    """Compare the groups of a run by `item.group`, joined on `item.q`, and calibrate it by `item.label`."""

    def found(results: Results) -> dict[str, Any]:
        return {
            "comparison": compare(results, by="item.group", on="item.q"),
            "agreement": calibrate(results, "item.label", positive=["right"], resamples=20),
        }

    return found


@pytest.fixture
def make() -> Any:
    """Give the makers of lines and of what `run.json` says."""

    class Make:
        line = staticmethod(line)
        labelled = staticmethod(labelled)
        about = staticmethod(about)
        exact = EXACT

    return Make


def _load(name: str) -> ModuleType:
    """Load a module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"report_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def hostile() -> ModuleType:
    """The module of rows that attack."""
    return _load("hostile")


@pytest.fixture(scope="session")
def browser() -> ModuleType:
    """The module of the real browser."""
    return _load("browser")
