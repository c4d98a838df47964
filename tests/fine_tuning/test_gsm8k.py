"""The three graders of GSM8K on real solutions: what is hackable is called so, what is sound is ready."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from graders.batch import Path as ValuePath
from graders.fine_tuning import DryRun, Grading, Joining, Probes, Sampling, dry_run

GRADERS: dict[str, Any] = {
    "like": {
        "type": "string_check",
        "name": "like",
        "input": "{{sample.output_text}}",
        "reference": "A: {{item.answer}}",
        "operation": "like",
    },
    "rouge": {
        "type": "text_similarity",
        "name": "rouge",
        "input": "{{sample.output_text}}",
        "reference": "{{item.solution}}",
        "evaluation_metric": "rouge_l",
    },
}
PROBLEMS = 200


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Path, Path, Path]:
    """Give training rows, validation rows, and the four models' solutions to the training rows."""
    folder = tmp_path_factory.mktemp("gsm8k")
    by_problem: dict[int, list[Any]] = {}
    with gzip.open(repository / "templates" / "gsm8k" / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            by_problem.setdefault(row["item"]["id"], []).append(row)
    rows, samples = [], []
    for number, solutions in list(by_problem.items())[: PROBLEMS + 20]:
        item = solutions[0]["item"]
        message = {"role": "user", "content": item["question"]}
        rows.append(
            {"messages": [message], "id": number, "answer": item["answer"], "solution": item["solution"]}
        )
        texts = [{"output_text": row["sample"], "good": row["item"]["is_correct"]} for row in solutions]
        samples.append({"item_id": number, "samples": texts})
    parts = {"train": rows[:PROBLEMS], "valid": rows[PROBLEMS:], "samples": samples[:PROBLEMS]}
    for name, part in parts.items():
        text = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder / "train.jsonl", folder / "valid.jsonl", folder / "samples.jsonl"


@pytest.fixture(scope="module")
def reports(files: tuple[Path, Path, Path], repository: Path, confinement: Any) -> dict[str, DryRun]:
    python = json.loads((repository / "templates" / "gsm8k_python" / "grader.json").read_text())
    train, valid, samples = files
    found = {}
    for name, grader in {**GRADERS, "python": python}.items():
        body = {
            "model": "o4-mini-2025-04-16",
            "training_file": "file-a",
            "validation_file": "file-b",
            "method": {"type": "reinforcement", "reinforcement": {"grader": grader}},
        }
        found[name] = dry_run(
            body,
            train,
            valid=valid,
            sampling=Sampling(samples, Joining(label=ValuePath.parse("sample.good"))),
            grading=Grading(confinement=confinement),
            probes=Probes(20 if name == "python" else None),
        )
    return found


def probe(report: DryRun, name: str) -> Any:
    assert report.probing is not None
    return next(each for each in report.probing.results if each.name == name)


def test_like_takes_180_for_18(reports: dict[str, DryRun]) -> None:
    result = probe(reports["like"], "reference with extra digits")
    assert (result.verdict, result.mean) == ("pays", 1.0)
    assert result.example == "A: 180"
    assert probe(reports["python"], "reference with extra digits").mean == 0.0


def test_like_is_found_to_be_too_kind_on_real_solutions(reports: dict[str, DryRun]) -> None:
    signal = reports["like"].signal
    assert signal is not None
    assert [each.kind for each in signal.disagreements] == ["too kind"]
    assert signal.label == pytest.approx(0.97, abs=0.02)


def test_rouge_rewards_imitation(reports: dict[str, DryRun]) -> None:
    report = reports["rouge"]
    assert report.signal is not None
    assert report.signal.label is not None
    assert report.signal.label < 0.75
    result = probe(report, "reference with another number")
    assert result.verdict == "pays"
    assert result.mean > 0.95
    assert report.verdict == "READY WITH WARNINGS"
    assert "label_disagreement" in {finding.kind for finding in report.findings}


def test_the_python_grader_is_ready(reports: dict[str, DryRun]) -> None:
    report = reports["python"]
    assert report.verdict == "READY"
    assert report.signal is not None
    assert report.signal.label == pytest.approx(1.0, abs=0.01)
    assert report.repeatability is not None
    assert report.repeatability.differing == 0.0


def test_the_signal_is_that_of_four_samples_an_item(reports: dict[str, DryRun]) -> None:
    signal = reports["python"].signal
    assert signal is not None
    assert (signal.items, signal.samples, signal.compared) == (PROBLEMS, 4 * PROBLEMS, PROBLEMS)
    assert signal.no_gradient == pytest.approx((signal.at_floor or 0) + (signal.at_ceiling or 0))
    assert signal.silent_batches[2] == pytest.approx((signal.no_gradient or 0) ** 2)
