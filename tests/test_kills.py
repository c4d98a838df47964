"""Runs killed at random instants, again and again: in the end the bytes are those of an undisturbed run."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.sandbox.confinement import Confinement

NEAR = {
    "type": "text_similarity",
    "name": "near",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "rouge_l",
    "pass_threshold": 0.5,
}
PYTHON = {
    "type": "python",
    "name": "length",
    "source": "def grade(sample, item):\n    return len(sample['output_text']) / item['n']",
}
JUDGED = {
    "type": "score_model",
    "name": "judged",
    "model": "m",
    "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}],
}
OFTEN = [pytest.param(10, marks=pytest.mark.long), pytest.param(50, marks=pytest.mark.soak)]
KINDS = {"deterministic": (NEAR, 120_000), "python": (PYTHON, 1500), "judge": (JUDGED, 12_000)}
"""A grader of each kind, and as many rows as take a few seconds."""


def rows_of(n: int) -> Iterator[str]:
    for number in range(n):
        if number % 501 == 7:
            yield "{torn\n"
        else:
            item = {"answer": f"word{number % 17} word{number % 5}", "n": number % 11}
            yield json.dumps({"item": item, "sample": f"word{number % 13} word{number}"}) + "\n"


@pytest.fixture
def words(request: pytest.FixtureRequest, tmp_path: Path, confinement: Confinement) -> list[str]:
    """The command of a run of a kind, but for its directory."""
    document, n = KINDS[request.param]
    (tmp_path / "grader.json").write_text(json.dumps(document))
    (tmp_path / "rows.jsonl").write_text("".join(rows_of(n)))
    replies = ({"row": row, "reply": {"steps": [], "result": row % 10 / 10}} for row in range(n))
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    more = {
        "deterministic": [],
        "python": ["--sandbox", confinement.level],
        "judge": ["--judge", "scripted:replies.jsonl", "--no-cache"],
    }[request.param]
    return [sys.executable, "-m", "graders", "run", "grader.json", "rows.jsonl", "--quiet", *more]


@pytest.mark.parametrize("words", KINDS, indirect=True)
@pytest.mark.parametrize("kills", OFTEN)
def test_a_run_that_was_killed_gives_the_bytes_of_an_undisturbed_one(
    words: list[str], kills: int, tmp_path: Path
) -> None:
    done = subprocess.run([*words, "-o", "whole"], cwd=tmp_path, check=False, stdout=subprocess.DEVNULL)
    assert done.returncode == 3  # the torn rows
    dice = random.Random(7)
    killed, runs = 0, 0
    while killed < kills:
        killed += kill_until_done([*words, "-o", f"out{runs}", "--resume"], kills - killed, dice, tmp_path)
        for name in ("results.jsonl", "summary.json"):
            assert (tmp_path / f"out{runs}" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
        runs += 1


def kill_until_done(words: list[str], most: int, dice: random.Random, folder: Path) -> int:
    """Start a run, kill it, and have it go on, until it ends by itself; give how often it was killed."""
    killed = 0
    while True:
        process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=dice.uniform(0.3, 1.5) if killed < most else 300)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            continue
        assert process.returncode == 3
        return killed
