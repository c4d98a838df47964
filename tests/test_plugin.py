"""A package of somebody else adds a grader type, a metric, a judge and an embedder by entry points alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TEXT = "{{sample.output_text}}"
GRADER = {
    "type": "multi",
    "name": "extended",
    "graders": {
        "length": {"type": "length_window", "input": TEXT, "least": 2, "most": 4},
        "overlap": {
            "type": "text_similarity",
            "input": TEXT,
            "reference": "{{item.answer}}",
            "evaluation_metric": "word_overlap",
        },
        "meaning": {
            "type": "text_similarity",
            "input": TEXT,
            "reference": "{{item.answer}}",
            "evaluation_metric": "cosine",
        },
        "verdict": {
            "type": "score_model",
            "model": "any",
            "input": [{"role": "user", "content": TEXT}],
        },
    },
    "calculate_output": "length + overlap + meaning + verdict",
}
ROWS = [
    {"item": {"answer": "in Paris"}, "sample": "Paris in"},
    {"item": {"answer": "in Paris"}, "sample": "xyz"},
    {"item": {}, "sample": "in Paris"},
]


@pytest.fixture(scope="module")
def environment(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process in which the package is installed."""
    site, package = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("package") / "plugin"
    shutil.copytree(repository / "tests" / "plugin", package)
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(package)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(site)}


def python(program: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def graders(words: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "grader.json").write_text(json.dumps(GRADER))
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    command = [sys.executable, "-m", "graders", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_all_four_are_used_from_the_command_line(environment: dict[str, str], tmp_path: Path) -> None:
    words = [
        "run",
        "grader.json",
        "data.jsonl",
        "-o",
        "out",
        "--judge",
        "lenient:0.5",
        "--embedder",
        "letters",
    ]
    done = graders(words, environment, tmp_path)
    assert done.returncode == 3, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert rows[0]["sub_rewards"] == {"length": 1.0, "overlap": 1.0, "meaning": 1.0, "verdict": 0.5}
    assert rows[0]["reward"] == 3.5
    assert rows[1]["sub_rewards"] == {"length": 0.0, "overlap": 0.0, "meaning": 0.0, "verdict": 0.5}
    assert [error["grader"] for error in rows[2]["errors"]] == ["overlap", "meaning"]
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    assert about["metrics"]["word_overlap"] == "word_overlap|tok:split"
    assert "letters 1" in json.dumps(about["metrics"]["cosine"])
    assert about["judge"]["identity"] == "lenient 0.5"


def test_all_four_are_used_from_python(environment: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import json; from graders import load_grader\n"
        f"grader = load_grader(json.loads({json.dumps(GRADER)!r}), judge='lenient', embedder='letters')\n"
        "print(json.dumps(grader.grade({'answer': 'in Paris'}, 'in Paris').sub_rewards))"
    )
    done = python(program, environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"length": 1.0, "overlap": 1.0, "meaning": 1.0, "verdict": 1.0}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "length_windw"}, "did you mean 'length_window'?"),
        ({"most": "4"}, "$.graders.length.most: expected an integer; got '4'"),
        ({"input": "{{answer}}"}, "$.graders.length.input: expected a path that begins with item or sample"),
    ],
)
def test_its_documents_are_checked_like_ours(
    changes: dict[str, Any], expected: str, environment: dict[str, str], tmp_path: Path
) -> None:
    wrong = {**GRADER, "graders": {"length": {**GRADER["graders"]["length"], **changes}}}  # type: ignore[dict-item]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    done = graders(["validate", "wrong.json"], environment, tmp_path)
    assert done.returncode == 1
    assert expected in done.stdout


def test_without_the_package_its_names_are_unknown(tmp_path: Path) -> None:
    done = graders(["validate", "grader.json"], dict(os.environ), tmp_path)
    assert done.returncode == 1
    assert "$.graders.length.type: expected one of" in done.stdout
    assert "$.graders.overlap.evaluation_metric: expected one of" in done.stdout
