"""`graders calibrate`: what is printed, what is refused, and a flag that does what it says."""

import json
from pathlib import Path

import pytest

ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
}
TEXTS = ["Paris", "Pari", "Par", "Pa", "P", "xxxxx"]


@pytest.fixture
def run(graders):
    """A run of fuzzy matches, without a threshold; the first three texts of six are right but for one row."""
    Path("alike.json").write_text(json.dumps(ALIKE))
    rows = [
        {
            "item": {"answer": "Paris", "ok": (n % 6 < 3) != (n == 7), "rating": 5 - n % 6},
            "sample": TEXTS[n % 6],
        }
        for n in range(60)
    ]
    Path("labelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert graders("run", "alike.json", "labelled.jsonl", "-o", "runs/alike", "--quiet").exit_code == 0
    return "runs/alike"


def test_a_calibration_is_printed(graders, run):
    done = graders("calibrate", run, "--label", "item.ok", "--resamples", "50")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert lines[0] == "reward against item.ok: 60 rows compared"
    assert lines[1].startswith("threshold 0.7 (no threshold is known: the best one of these rows)")
    assert lines[4].split() == ["passes", "29", "1", "(too", "kind)"]
    assert "to use it: graders run ... --pass-threshold 0.7" in lines
    assert "  row 7: reward 0.8889, label False, too kind" in lines
    for figure in ("accuracy", "F1", "Cohen's kappa", "Krippendorff's alpha", "area under ROC"):
        assert any(line.startswith(figure) for line in lines)


def test_the_flag_gives_a_run_the_best_threshold(graders, run):
    found = json.loads(graders("calibrate", run, "--label", "item.ok", "--resamples", "5", "--json").stdout)
    graders("run", "alike.json", "labelled.jsonl", "-o", "runs/again", "--quiet", *found["flag"].split())
    again = json.loads(
        graders("calibrate", "runs/again", "--label", "item.ok", "--resamples", "5", "--json").stdout
    )
    assert again["threshold_from"] == "run"
    assert again["confusion"] == found["best_confusion"] == found["confusion"]


def test_json_is_one_object_without_nan(graders, run):
    done = graders("calibrate", run, "--label", "item.ok", "--rows", "0", "--json", "--resamples", "5")
    found = json.loads(done.stdout)
    assert (found["rows"], found["compared"], found["disagreements"]) == (60, 60, [])
    assert {len(column) for column in found["curves"].values()} == {6}
    assert sum(each["rows"] for each in found["bins"]) == 60


def test_the_page_of_a_calibration_is_written_where_it_is_asked_for(graders, run):
    words = ["calibrate", run, "--label", "item.ok", "--resamples", "5", "--html", "page.html"]
    assert graders(*words, "--rows", "1").exit_code == 0
    page = Path("page.html").read_text()
    assert 'id="roc-title"' in page
    assert "too kind: label false" in page
    assert "--pass-threshold 0.7" in page
    assert graders(*words).stderr == "error: page.html: is there already; --overwrite replaces it\n"
    assert graders(*words, "--overwrite", "--rows", "0").exit_code == 0
    assert "too kind: label false" not in Path("page.html").read_text()


def test_ratings_need_a_positive_one(graders, run):
    refused = graders("calibrate", run, "--label", "item.rating")
    assert refused.exit_code == 1
    assert "--positive VALUE says which labels are right, also as '>=4'" in refused.stderr
    done = graders(
        "calibrate", run, "--label", "item.rating", "--positive", ">=3", "--json", "--resamples", "5"
    )
    assert json.loads(done.stdout)["confusion"]["true_positive"] == 30


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--label", "item.none"], 1, "no row has a value at item.none"),
        (["--label", "ok"], 1, "expected a path that begins with item or sample"),
        (["--label", "item.ok", "--sub-reward", "x"], 1, "no sub-reward 'x'; it has none"),
        (["--label", "item.ok", "--maximise", "auc"], 2, "'auc' is not one of"),
        (["--label", "item.ok", "--pass-threshold", "nan"], 2, "expected a finite number"),
        (["--label", "item.ok", "--least-recall", "2"], 2, "'--least-recall'"),
        ([], 2, "--label"),
    ],
)
def test_what_cannot_be_calibrated_is_said(graders, run, options, code, message):
    done = graders("calibrate", run, *options)
    assert done.exit_code == code
    assert message in " ".join(done.output.replace("│", " ").split())


def test_labels_cannot_steer_the_terminal(graders, run):
    text = Path("runs/alike/results.jsonl").read_text()
    hostile = text.replace('"ok":false', '"ok":"\\u001b[31mno"').replace('"ok":true', '"ok":"y"')
    Path("runs/alike/results.jsonl").write_text(hostile)
    done = graders("calibrate", run, "--label", "item.ok", "--positive", "y", "--resamples", "5")
    assert done.exit_code == 0
    assert "\\x1b[31mno" in done.stdout
    assert "\x1b" not in done.output


def test_one_class_alone_is_printed_without_numbers_that_there_are_not(graders, run):
    done = graders("calibrate", run, "--label", "item.answer", "--positive", "Paris", "--resamples", "5")
    assert done.exit_code == 0
    assert "nan" not in done.stdout.lower()
    assert "no threshold can be found" in done.stdout
