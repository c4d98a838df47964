"""string_check against published results.

Source: two publications of Azure-hosted evaluation runs over the same five queries. They print the pass
rate of each run; which rows passed follows from containment, and a wildcard reading of `like` would have
passed none of them.
"""

import json
from pathlib import Path

import pytest

from graders import load_grader

ROWS = [json.loads(line) for line in (Path(__file__).parent / "hosted_rows.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("What is", [1.0, 0.0, 0.0, 1.0, 0.0]), ("Northwind", [0.0, 0.0, 1.0, 0.0, 1.0])],
)
def test_like_passes_the_rows_that_hosted_runs_passed(reference, expected):
    grader = load_grader(
        {
            "type": "string_check",
            "name": "contains",
            "input": "{{item.query}}",
            "reference": reference,
            "operation": "like",
        }
    )
    scores = grader.score(ROWS)
    assert scores.values.tolist() == expected
    assert scores.values.mean() == 0.4
    assert [grade.passed for grade in grader.grades(scores)] == [bool(value) for value in expected]
