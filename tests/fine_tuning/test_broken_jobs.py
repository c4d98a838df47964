"""Every planted fault is found, with its path and its line; sound jobs raise no false alarm."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"fine_tuning_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made, corpus = _load("conftest"), _load("broken")
ROWS = made.rft_rows()
BROKEN: dict[str, Any] = {
    **corpus.bodies(made.job, ROWS),
    **corpus.graders(made.job, made.EXACT, ROWS),
    **corpus.rft_files(made.job, made.EXACT, ROWS),
    **corpus.other_files(made.other_job, made.supervised_rows(), made.dpo_rows()),
}
SCHEMA = corpus.SCHEMA
ALIKE = {**made.EXACT, "type": "text_similarity", "evaluation_metric": "fuzzy_match"}
NUMBER = {
    "type": "python",
    "name": "p",
    "source": "def grade(sample, item):\n    return float(sample['output_text'] == item['answer'])\n",
}
SOUND = {
    "exact": (made.job(), ROWS),
    "like": (made.job({**made.EXACT, "operation": "ilike"}), ROWS),
    "similarity": (made.job(ALIKE), ROWS),
    "multi": (
        made.job(
            {
                "type": "multi",
                "name": "m",
                "graders": {"a": made.EXACT, "b": ALIKE},
                "calculate_output": "0.7 * a + 0.3 * b",
            },
            hyperparameters={"n_epochs": 3, "batch_size": 16, "reasoning_effort": "low"},
        ),
        ROWS,
    ),
    "python": (made.job(NUMBER), ROWS),
    "python with a guarded import": (
        made.job(
            {**NUMBER, "source": "try:\n    import torch\nexcept ImportError:\n    pass\n" + NUMBER["source"]}
        ),
        ROWS,
    ),
    "structured": (
        made.job(
            {**made.EXACT, "input": "{{sample.output_json.answer}}"}, response_format=corpus.form(SCHEMA)
        ),
        ROWS,
    ),
    "every hyperparameter auto": (
        made.job(
            hyperparameters={
                **dict.fromkeys(
                    (
                        "batch_size",
                        "compute_multiplier",
                        "eval_interval",
                        "eval_samples",
                        "learning_rate_multiplier",
                        "n_epochs",
                    ),
                    "auto",
                ),
                "reasoning_effort": "default",
            }
        ),
        ROWS,
    ),
    "either side": (
        made.job({**made.EXACT, "input": "{{item.answer}}", "reference": "{{sample.output_text}}"}),
        ROWS,
    ),
    "a frame around the answer": (
        made.job({**made.EXACT, "input": "<{{sample.output_text}}>", "reference": "<{{item.answer}}>"}),
        ROWS,
    ),
    "supervised": (made.other_job("supervised", hyperparameters={"n_epochs": 3}), made.supervised_rows()),
    "supervised without a method": ({"model": "gpt-4.1", "training_file": "file-a"}, made.supervised_rows()),
    "dpo": (made.other_job("dpo", hyperparameters={"beta": 0.1}), made.dpo_rows()),
    "nulls": ({**made.job(), "suffix": None, "seed": None, "metadata": None, "integrations": None}, ROWS),
}


def test_the_corpus_is_large_enough() -> None:
    assert len(BROKEN) >= 40
    assert len(SOUND) >= 10


@pytest.mark.parametrize("name", BROKEN)
def test_a_planted_fault_is_found_at_its_place_and_no_other_error_is(name: str, attempt: Any) -> None:
    broken = BROKEN[name]
    report = attempt(broken.body, broken.rows, valid=broken.valid, name=broken.name)
    found = {
        (finding.kind, place.path, place.line) for finding in report.findings for place in finding.places
    }
    assert (broken.kind, broken.path, broken.line) in found
    errors = {finding.kind for finding in report.findings if finding.severity == "error"}
    assert errors <= {broken.kind} | BESIDE.get(name, set())


BESIDE = {
    "a multi in a multi": {"formula_constant"},
    "a constant formula": {"silence_pays"},
    "nothing of the sample": {"silence_pays"},
    "a key that the rows lack": {"grading_errors"},
    "a key that the schema lacks": {"grading_errors"},
    "a divisor that can be 0": {"reference_low"},
}
"""What a fault brings with it, and rightly so."""


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_job_has_no_error(name: str, attempt: Any) -> None:
    body, rows = SOUND[name]
    report = attempt(body, rows, valid=() if body.get("method", {}).get("type") == "reinforcement" else None)
    assert [
        str(place) for finding in report.findings if finding.severity == "error" for place in finding.places
    ] == []
    assert report.verdict != "NOT READY"
