"""A real verifiers scores rollouts with a grader, in interpreters that `tools/trainers.sh` makes.

GRADERS_RUBRICS_PYTHON names the one with the last verifiers that has rubrics, GRADERS_VERIFIERS_PYTHON the
one with the newest.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graders import ConfigError, MissingExtraError
from graders.integrations.verifiers import reward, rubric

RUNS = Path(__file__).with_name("verifiers_runs.py")
FRANCE, SPAIN, KENYA = "Capital of France?", "Capital of Spain?", "Capital of Kenya?"


def test_without_verifiers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "verifiers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[verifiers\]'"):
        rubric("template:exact_match")


def test_a_document_that_cannot_be_used_is_refused_before_any_rollout():
    with pytest.raises(ConfigError, match="expected one of"):
        reward({"type": "string_chek"})


def scored(environment: str, kind: str) -> dict[str, Any]:
    done = subprocess.run(
        [os.environ[environment], RUNS, kind], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def of_rubric() -> dict[str, Any]:
    return scored("GRADERS_RUBRICS_PYTHON", "rubric")


@pytest.mark.outside
def test_a_rubric_scores_what_a_model_answers(of_rubric):
    assert set(of_rubric) == {FRANCE, SPAIN, KENYA}
    reward, metrics = of_rubric[FRANCE]
    assert reward == 1.5  # half a point, weighted by 3
    assert (metrics["capital"], metrics["capital_exact"], metrics["capital_failed"]) == (0.5, 1.0, 0.0)
    assert of_rubric[SPAIN][0] == of_rubric[SPAIN][1]["capital_exact"] == 0.0


@pytest.mark.outside
def test_a_rubric_shows_a_rollout_that_could_not_be_graded(of_rubric):
    reward, metrics = of_rubric[KENYA]
    assert (reward, metrics["capital_failed"], metrics["capital_exact"]) == (0.0, 1.0, 1.0)


@pytest.mark.outside
@pytest.mark.parametrize("environment", ["GRADERS_RUBRICS_PYTHON", "GRADERS_VERIFIERS_PYTHON"])
def test_a_task_scores_a_trace_and_leaves_a_failed_one_unscored(environment):
    found = scored(environment, "task")
    assert found[FRANCE]["rewards"] == {"capital": [0.5, 3.0]}
    assert found[FRANCE]["metrics"] == {"capital/exact": 1.0, "capital/half": 1.0}
    assert found[SPAIN]["rewards"] == {"capital": [0.0, 3.0]}
    assert found[KENYA]["rewards"] == {"capital": None}
    assert "gives no finite number" in found[KENYA]["error"]
