"""`graders verify`: our metrics against the reference libraries on rows of the user's."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from graders.analysis import verify
from graders.cli import app
from graders.dataset import open_dataset
from graders.errors import DataError
from graders.metrics import METRICS, oracles

ROWS = [
    {
        "item": {"solution": "The cat sat on the mat.\nIt was 5% wet."},
        "sample": "A cat sat on a mat.\n5% wet!",
    },
    {"item": {"solution": "naïve “quotes” and l'été"}, "sample": "naive quotes and l'ete"},
    {"item": {"solution": ""}, "sample": "something"},
    {"item": {}, "sample": "no reference"},
    {"item": {"solution": "no sample"}},
]


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return str(path)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words])


def test_every_metric_agrees_with_its_library(data: str) -> None:
    found = verify(open_dataset(data), "item.solution")
    assert (found.rows, found.skipped, found.agrees) == (3, 2, True)
    assert [check.name for check in found.checks] == [name for name, of in oracles.ORACLES if of is None]
    assert all(check.largest <= 1e-12 for check in found.checks)


def test_every_metric_but_cosine_has_an_oracle_and_so_has_every_variant() -> None:
    expected = {(name, of) for name, metric in METRICS.items() for of in (None, *metric.variants)}
    assert set(oracles.ORACLES) == {pair for pair in expected if not METRICS[pair[0]].needs_embedder}


def test_a_difference_is_counted_shown_and_ends_with_1(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dict(oracles.ORACLES)
    changed["gleu", None] = lambda hypotheses, references: (
        oracles.gleu(hypotheses, references) + np.arange(3) / 10
    )
    monkeypatch.setattr("graders.analysis.verification.ORACLES", changed)
    done = call(data, "--reference-field", "item.solution", "--metric", "gleu", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["agrees"]) == (1, False)
    (check,) = found["metrics"]
    assert (check["differing"], [example["row"] for example in check["examples"]]) == (2, [1, 2])
    assert check["largest"] == pytest.approx(0.2)


def test_a_score_that_is_no_number_counts_as_different(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {("gleu", None): lambda hypotheses, references: np.full(len(hypotheses), np.nan)}
    monkeypatch.setattr("graders.analysis.verification.ORACLES", changed)
    assert verify(open_dataset(data), "item.solution").checks[0].differing == 3


def test_variants_can_be_verified_too(data: str) -> None:
    metrics = ["--metric", "bleu=sacrebleu", "--metric", "rouge_l=stemmer"]
    done = call(data, "--reference-field", "item.solution", *metrics)
    assert done.exit_code == 0, done.output
    assert "bleu=sacrebleu" in done.stdout
    assert "rouge_l=stemmer" in done.stdout


def test_flat_rows_and_limits(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("truth,output\nParis,Paris\nRome,Roma\nOslo,oslo\n")
    words = [str(path), "--reference-field", "truth", "--sample-field", "output", "--limit", "2", "--json"]
    assert json.loads(call(*words).stdout)["rows"] == 2


def test_it_says_which_wordnet_meteor_was_compared_with(data: str) -> None:
    done = call(data, "--reference-field", "item.solution", "--metric", "meteor")
    assert "with the WordNet of " in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--reference-field", "item.nothing"], "no row has both a sample and 'item.nothing'"),
        (["--reference-field", "item..x"], "not a path"),
        (["--reference-field", "item.solution", "--metric", "blue"], "expected one of fuzzy_match, bleu"),
        (["--reference-field", "item.solution", "--metric", "bleu=x"], "got 'bleu=x'"),
    ],
)
def test_what_cannot_be_verified_is_named(data: str, words: list[str], expected: str) -> None:
    done = call(data, *words)
    assert (done.exit_code, expected in done.stderr) == (1, True)


def test_rows_without_texts_are_refused_in_python_too(data: str) -> None:
    with pytest.raises(DataError, match="no row has both"):
        verify(open_dataset(data), "item.nothing")
