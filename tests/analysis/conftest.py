"""Runs to compare and to calibrate: any rewards and items, written as a run writes them; and GSM8K."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graders import Confinement, Results, evaluate, load_grader

MEASURED = {
    "type": "multi",
    "name": "measured",
    "graders": {
        "whole": {
            "type": "string_check",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "operation": "eq",
        },
        "alike": {
            "type": "text_similarity",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "evaluation_metric": "fuzzy_match",
        },
    },
    "calculate_output": "whole",
}

Write = Callable[..., Results]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a run of rows; the reward of a row is 1 where its sample is its answer, and else 0.

    A row without an answer has no reward.
    """

    def written(name: str, rows: Sequence[dict[str, Any]], **options: Any) -> Results:
        threshold = options.pop("pass_threshold", 0.5)
        grader = load_grader({**MEASURED, "pass_threshold": threshold})
        return evaluate(grader, list(rows), out=tmp_path / name, **options)

    return written


@pytest.fixture(scope="session")
def gsm8k(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The run of `like "A: {{item.answer}}"` and ROUGE-L over the solutions of GSM8K."""
    out = tmp_path_factory.mktemp("gsm8k") / "run"
    return evaluate(load_grader("template:gsm8k"), "template:gsm8k", out=out, workers=1)


@pytest.fixture(scope="session")
def gsm8k_python(tmp_path_factory: pytest.TempPathFactory, confinement: Confinement) -> Results:
    """The run of the python grader over the same, clustered by question."""
    grader = load_grader("template:gsm8k_python", confinement=replace(confinement, isolation="worker"))
    out = tmp_path_factory.mktemp("gsm8k_python") / "run"
    return evaluate(grader, "template:gsm8k", out=out, cluster_by="item.id")
