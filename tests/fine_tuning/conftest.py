"""Jobs and files of the three methods, sound ones and ones that a test breaks."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from graders.fine_tuning import DryRun, Grading, dry_run

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ANSWERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def job(grader: Any = EXACT, **below: Any) -> dict[str, Any]:
    """Give the body of a reinforcement job."""
    return {
        "model": "o4-mini-2025-04-16",
        "training_file": "file-train",
        "validation_file": "file-valid",
        "method": {"type": "reinforcement", "reinforcement": {"grader": deepcopy(grader), **below}},
    }


def other_job(method: str, **below: Any) -> dict[str, Any]:
    """Give the body of a supervised or a dpo job."""
    return {"model": "gpt-4.1", "training_file": "file-train", "method": {"type": method, method: below}}


def rft_rows(n: int = 12, first: int = 0) -> list[dict[str, Any]]:
    """Give rows of reinforcement."""
    return [
        {"messages": [{"role": "user", "content": f"Question {number}?"}], "answer": ANSWERS[number % 12]}
        for number in range(first, first + n)
    ]


def supervised_rows(n: int = 12) -> list[dict[str, Any]]:
    """Give rows of supervised fine-tuning."""
    return [
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": f"Question {number}?"},
                {"role": "assistant", "content": ANSWERS[number % 12]},
            ]
        }
        for number in range(n)
    ]


def dpo_rows(n: int = 12) -> list[dict[str, Any]]:
    """Give rows of preference optimisation."""
    return [
        {
            "input": {"messages": [{"role": "user", "content": f"Question {number}?"}]},
            "preferred_output": [{"role": "assistant", "content": "yes, it is" if number % 2 else "no"}],
            "non_preferred_output": [{"role": "assistant", "content": "maybe so"}],
        }
        for number in range(n)
    ]


def lines_of(rows: Any) -> str:
    """Write rows as JSON Lines; a text stands for its line as it is."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


Try = Callable[..., DryRun]


@pytest.fixture
def attempt(tmp_path: Path, confinement: Any) -> Try:
    """Try a job out on rows; a validation file comes along unless `valid` is None."""

    def run(body: Any, rows: Any, *, valid: Any = (), name: str = "train.jsonl", **more: Any) -> DryRun:
        train = tmp_path / name
        train.write_text(lines_of(rows), encoding="utf-8")
        path = None
        if valid is not None:
            path = tmp_path / "valid.jsonl"
            path.write_text(lines_of(valid or rft_rows(3, 100)), encoding="utf-8")
        more.setdefault("grading", Grading(confinement=confinement))
        return dry_run(body, train, valid=path, **more)

    return run
