"""The graders of `azure-ai-evaluation` against a server process: its numbers are those of our graders."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from graders import load_grader

pytestmark = pytest.mark.one_database("what is graded for whoever asks is not stored")

RUNS = Path(__file__).parent / "azure_runs.py"
KEY = "a key of the tests"
COMPARED = {"input": "{{item.response}}", "reference": "{{item.truth}}"}
GRADERS = {
    "exact": {"type": "string_check", "name": "exact", "operation": "eq", **COMPARED},
    "near": {
        "type": "text_similarity", "name": "near", "evaluation_metric": "fuzzy_match", "pass_threshold": 0.8,
        **COMPARED,
    },
    "length": {
        "type": "python", "name": "length", "pass_threshold": 0.5,
        "source": "def grade(sample, item):\n    return len(item['truth']) / len(item['response'])",
    },
    "polite": {
        "type": "label_model", "name": "polite", "model": "gpt-4o", "labels": ["polite", "rude"],
        "passing_labels": ["polite"], "input": [{"role": "user", "content": "Judge {{item.response}}"}],
    },
    "general": {
        "type": "text_similarity", "name": "general", "evaluation_metric": "rouge_l", "pass_threshold": 0.7,
        **COMPARED,
    },
}  # fmt: skip
"""The last is sent by the library's general class, to the usual address instead of Azure's."""
ROWS = [
    {"response": response, "truth": "Paris is it"}
    for n in range(10)
    for response in ("Paris is it", f"it is Paris, fool {n}", "paris is it", f"Rome {n}", "")
]


def judged(received):
    """Answer as a judge who finds fools rude."""
    label = "rude" if b"fool" in received.raw else "polite"
    return json.dumps({"steps": [{"description": "read it", "conclusion": label}], "result": label})


@pytest.fixture
def evaluated(tmp_path, serving, confinement, endpoint):
    """What the library gives for the graders and rows, from a server with a key, a sandbox and a judge."""
    endpoint.say = judged
    graders, rows = tmp_path / "graders.json", tmp_path / "rows.jsonl"
    graders.write_text(json.dumps(GRADERS), encoding="utf-8")
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    options = ("--sandbox", confinement.level, "--model-base-url", endpoint.url)
    with serving(tmp_path / "store", *options, GRADERS_API_KEY=KEY) as server:
        endpoint_of_azure = server.url.removesuffix("/v1")
        done = subprocess.run(
            [os.environ["GRADERS_AZURE_PYTHON"], str(RUNS), endpoint_of_azure, KEY, graders, rows],
            capture_output=True, text=True, check=False, timeout=180, cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
    assert server.said == []
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.outside
@pytest.mark.skipif("GRADERS_AZURE_PYTHON" not in os.environ, reason="tools/azure.sh names no interpreter")
def test_azures_library_gives_the_numbers_of_our_graders(evaluated, confinement, endpoint):
    assert evaluated["asked"] == ["127.0.0.1"]
    assert [row["response"] for row in evaluated["rows"]] == [row["response"] for row in ROWS]
    for name, document in GRADERS.items():
        grader = load_grader(document, confinement=confinement, judge=f"openai@{endpoint.url}")
        expected = [outcome(grade) for grade in grader.grades(grader.score(ROWS))]
        columns = [f"outputs.{name}.{part}" for part in (f"{name}_result", "passed", "score")]
        assert [tuple(row[column] for column in columns) for row in evaluated["rows"]] == expected, name
        n_passed = sum(passed for _, passed, _ in expected)
        assert 0 < n_passed < len(ROWS)
        assert evaluated["metrics"][f"{name}.pass_rate"] == n_passed / len(ROWS)


def outcome(grade):
    """Give the columns of a grade; a row that failed, as one without a response does, is told as 0.0."""
    return "pass" if grade.passed else "fail", grade.passed is True, grade.reward or 0.0
