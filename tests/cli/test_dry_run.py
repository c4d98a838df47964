"""`graders dry-run`: what it prints, what it exits with, and where samples come from."""

import json
from pathlib import Path

import pytest

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
LIKE = {**EXACT, "operation": "like"}


def write(name, rows):
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(autouse=True)
def job(folder):
    """Put jobs, rows and samples into the folder; 5 of 10 items are right in one of two samples."""
    rows = [
        {"messages": [{"role": "user", "content": f"Question {number}?"}], "answer": f"word{number}"}
        for number in range(13)
    ]
    write("train.jsonl", rows[:10])
    write("valid.jsonl", rows[10:])
    write(
        "samples.jsonl",
        [
            {"item_id": number, "samples": [f"word{number}", "wrong" if number % 2 else f"word{number}"]}
            for number in range(10)
        ],
    )
    for name, grader in {"job.json": EXACT, "like.json": LIKE}.items():
        body = {
            "model": "o4-mini",
            "training_file": "file-a",
            "validation_file": "file-b",
            "method": {"type": "reinforcement", "reinforcement": {"grader": grader}},
        }
        Path(name).write_text(json.dumps(body))


SOUND = ("dry-run", "job.json", "train.jsonl", "--valid", "valid.jsonl", "--samples", "samples.jsonl")


def test_a_sound_job_is_ready(graders):
    done = graders(*SOUND)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith("READY: 0 errors, 0 warnings")
    assert "items without a gradient" in done.stdout


def test_a_broken_job_is_not_and_names_path_and_line(graders):
    write("train.jsonl", [{"messages": [{"role": "user", "content": "?"}]}] * 3)
    done = graders("dry-run", "job.json", "train.jsonl", "--valid", "valid.jsonl")
    assert done.exit_code == 1
    assert "train.jsonl:1: $.answer: item.answer was not found" in done.stdout
    assert "3 in all, also lines 2, 3" in done.stdout
    assert "Training file has 3 example(s), but must have at least 10 examples" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("NOT READY: 2 errors")


def test_a_field_that_no_row_has_is_counted_and_has_no_kinds(graders):
    write("train.jsonl", [{"messages": [{"role": "user", "content": "?"}]}] * 3)
    assert "item.answer: in 0.0 % of rows\n" in graders("dry-run", "job.json", "train.jsonl").stdout


def test_a_grader_is_no_job(graders):
    Path("exact.json").write_text(json.dumps(EXACT))
    done = graders("dry-run", "exact.json", "train.jsonl")
    assert done.exit_code == 1
    assert "got a grader, which stands in a job at $.method.reinforcement.grader" in done.stdout
    assert "unknown field" not in done.stdout


def test_warnings_fail_where_the_command_is_strict(graders):
    arguments = ("dry-run", "like.json", *SOUND[2:])
    assert graders(*arguments).exit_code == 0
    done = graders(*arguments, "--strict")
    assert done.exit_code == 1
    assert "READY WITH WARNINGS" in done.stdout


def test_json_is_one_object(graders):
    done = graders(*SOUND, "--json")
    report = json.loads(done.stdout)
    assert report["verdict"] == "READY"
    assert report["signal"]["no_gradient"] == 0.5
    (finding,) = json.loads(graders("dry-run", "job.json", *SOUND[2:5], "--json").stdout)["findings"]
    assert {"kind", "severity", "cost", "mend", "count", "places"} == set(finding)
    assert report["files"][0]["characters"]["total"] == sum(len(f"Question {n}?") for n in range(10))


def test_the_report_is_written_to_a_directory(graders):
    done = graders(*SOUND, "-o", "runs/dry")
    assert done.exit_code == 0
    assert json.loads(Path("runs/dry/dry_run.json").read_text())["verdict"] == "READY"
    assert "<svg" in Path("runs/dry/report.html").read_text()
    assert "runs/dry/report.html" in done.stderr


def test_a_model_is_asked_for_samples_once(graders, endpoint, tmp_path):
    endpoint.say = lambda received: (
        received.body["messages"][-1]["content"].replace("Question ", "word").strip("?")
    )
    arguments = (
        *SOUND[:5],
        "--sample-with",
        f"tiny@{endpoint.url}",
        "-k",
        "2",
        "--sample-seed",
        "5",
        "--json",
    )
    report = json.loads(graders(*arguments, "--cache", "kept").stdout)
    assert (report["sampling"]["calls"], report["signal"]["reward"]["mean"]) == (20, 1.0)
    assert sorted({body["seed"] for body in endpoint.bodies}) == [5, 6]
    again = json.loads(graders(*arguments, "--cache", "kept").stdout)
    assert (again["sampling"]["calls"], again["sampling"]["from_cache"]) == (0, 20)


def test_a_model_that_fails_leaves_the_rest_of_the_report(graders, endpoint):
    endpoint.always = "401"
    done = graders(*SOUND[:5], "--sample-with", f"tiny@{endpoint.url}", "--json")
    report = json.loads(done.stdout)
    assert "sampling_failed" in {finding["kind"] for finding in report["findings"]}
    assert report["signal"] is None
    assert report["probing"] is not None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("dry-run", "none.json", "train.jsonl"), 1, "no such file"),
        (("dry-run", "job.json", "none.jsonl"), 2, "none.jsonl"),
        ((*SOUND, "--sample-with", "tiny"), 2, "exclude each other"),
        ((*SOUND, "--label", "is_correct"), 2, "begins with item or sample"),
        ((*SOUND[:5], "--samples", "job.json"), 1, "expected"),
        ((*SOUND[:5], "--label", "sample.ok"), 2, "--label needs --samples FILE"),
        ((*SOUND, "--sample-tokens", "9"), 2, "--sample-tokens needs --sample-with MODEL"),
        ((*SOUND, "--sample-temperature", "0"), 2, "--sample-temperature needs --sample-with MODEL"),
        ((*SOUND[:5], "--sample-with", "@http://localhost:1/v1"), 1, "expected MODEL"),
    ],
)
def test_bad_usage_is_said(graders, arguments, code, message):
    done = graders(*arguments)
    assert done.exit_code == code
    assert message in done.stderr


def test_rows_that_would_steer_a_terminal_do_not(graders):
    rows = [
        {"messages": [{"role": "user\x1b[31m", "content": "?"}], "answer": "\x1b]0;x\x07"} for _ in range(10)
    ]
    write("train.jsonl", rows)
    done = graders("dry-run", "like.json", "train.jsonl")
    assert "\x1b" not in done.stdout
    assert done.exit_code == 1
