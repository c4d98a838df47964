"""`--judge` and `--embedder`: what a run with a judge prints, writes and refuses."""

import json
import sys
from pathlib import Path

import pytest

DOCUMENT = {
    "type": "multi",
    "name": "both",
    "graders": {
        "score": {
            "type": "score_model",
            "model": "gpt-4o",
            "range": [0, 5],
            "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}],
        },
        "label": {
            "type": "label_model",
            "model": "gpt-4o",
            "labels": ["good", "bad"],
            "passing_labels": ["good"],
            "input": [{"role": "user", "content": "Label {{sample.output_text}} by {{item.rule}}"}],
        },
    },
    "calculate_output": "score / 5 * label",
    "pass_threshold": 0.5,
}
ROWS = [
    {"item": {"rule": "tone"}, "sample": "one"},
    {"item": {"rule": "tone"}, "sample": "two"},
    {"item": {}, "sample": "three"},
    {"item": {"rule": "tone"}, "sample": "one"},
]
USAGE = {"prompt_tokens": 10, "completion_tokens": 4}
SCRIPT = [
    {"text": '{"steps": [], "result": 7}', "model": "gpt-4o-2024-08-06", "usage": USAGE},
    {"steps": [{"description": "d", "conclusion": "c"}], "result": 3},
    "prose",
    {"steps": [], "result": "good"},
    {"refusal": "I would rather not"},
]


@pytest.fixture(autouse=True)
def judged(folder):
    Path("judged.json").write_text(json.dumps(DOCUMENT))
    for name, lines in {"judged.jsonl": ROWS, "replies.jsonl": SCRIPT}.items():
        Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def run(graders, *options, out="out"):
    return graders(
        "run", "judged.json", "judged.jsonl", "--judge", "scripted:replies.jsonl", "-o", out, *options
    )


def lines(out="out"):
    return [json.loads(line) for line in Path(out, "results.jsonl").read_text().splitlines()]


def test_a_run_with_a_judge_scores_what_was_answered(graders):
    done = run(graders)
    assert (done.exit_code, done.stderr) == (3, "")
    assert [line["reward"] for line in lines()] == [1.0, None, None, 1.0]
    assert [line["sub_rewards"] for line in lines()] == [
        {"score": 5.0, "label": 1.0},
        {"score": 3.0, "label": None},
        {"score": None, "label": None},
        {"score": 5.0, "label": 1.0},
    ]
    assert [[error["reason"] for error in line["errors"]] for line in lines()] == [
        *([], ["refusal"], ["not_json", "missing_variable"], [])
    ]


def test_with_failures_as_zero_the_formula_goes_on(graders):
    run(graders, "--on-error", "zero")
    assert [line["reward"] for line in lines()] == [1.0, 0.0, 0.0, 1.0]
    assert [len(line["errors"]) for line in lines()] == [0, 1, 2, 0]


def test_the_traces_stand_in_the_lines_in_one_order_of_keys(graders):
    run(graders)
    (row, *_) = lines()
    assert list(row) == ["row", "id", "reward", "passed", "sub_rewards", "errors", "traces", "item", "sample"]
    assert [list(trace) for trace in row["traces"]] == [
        ["grader", "model", "steps", "result", "usage", "raw"]
    ] * 2
    assert [trace["grader"] for trace in row["traces"]] == ["score", "label"]
    assert row["traces"][0]["result"] == 7
    assert [trace["grader"] for trace in lines()[2]["traces"]] == ["score"]


def test_two_runs_are_equal_to_the_byte(graders):
    for out in ("one", "two"):
        run(graders, out=out)
    assert Path("one/results.jsonl").read_bytes() == Path("two/results.jsonl").read_bytes()
    assert Path("one/summary.json").read_bytes() == Path("two/summary.json").read_bytes()


def test_the_summary_counts_replies_and_tokens_by_model(graders):
    done = run(graders, "--json")
    assert json.loads(done.stdout)["usage"] == {
        "gpt-4o-2024-08-06": {
            "invocation_count": 2,
            "prompt_tokens": 20,
            "total_tokens": 28,
            "completion_tokens": 8,
            "cached_tokens": 0,
        },
        "gpt-4o": {"invocation_count": 5},
    }


def test_the_tokens_are_printed_by_model(graders):
    shown = [line.split() for line in run(graders).stdout.splitlines()]
    assert ["model", "replies", "prompt", "tokens", "completion", "tokens"] in shown
    assert ["gpt-4o-2024-08-06", "2", "20", "8"] in shown
    assert ["gpt-4o", "5", "0", "0"] in shown


def test_run_json_names_the_judge(graders):
    run(graders)
    about = json.loads(Path("out/run.json").read_text())
    assert about["judge"]["identity"].startswith("scripted:")
    assert (about["judge"]["model"], about["embedder"]) == (None, None)


def test_a_run_does_not_go_on_with_another_judge(graders):
    key = {"key": "0" * 64, "reply": "x"}
    for name, reply in (("a.jsonl", "x"), ("b.jsonl", "y")):
        Path(name).write_text(json.dumps(key | {"reply": reply}))
    words = ("run", "judged.json", "judged.jsonl", "-o", "out", "--allow-errors")
    assert graders(*words, "--judge", "scripted:a.jsonl").exit_code == 0
    assert graders(*words, "--judge", "scripted:a.jsonl", "--resume").exit_code == 0
    done = graders(*words, "--judge", "scripted:b.jsonl", "--resume")
    assert done.exit_code == 1
    assert "cannot go on, this is another run: judge.identity was " in done.stderr


def test_a_script_in_order_cannot_go_on(graders):
    run(graders)
    done = run(graders, "--resume")
    assert done.exit_code == 1
    assert 'judge.identity was "scripted:in-order:' in done.stderr


def test_without_a_judge_the_document_cannot_be_used(graders):
    done = graders("run", "judged.json", "judged.jsonl", "-o", "out")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"error: $.graders.{name}.model: a {name}_model grader asks a model: "
        "name a judge, --judge NAME[:MODEL][@BASE_URL] (in Python: judge=)"
        for name in ("score", "label")
    ]
    assert not Path("out").exists()


def test_a_document_is_valid_without_a_judge(graders):
    assert graders("validate", "judged.json").exit_code == 0


def test_one_row_is_graded_by_a_judge(graders):
    part = DOCUMENT["graders"]["score"] | {"name": "one"}
    Path("one.json").write_text(json.dumps(part))
    done = graders("grade", "one.json", "--sample", "x", "--judge", "scripted:replies.jsonl")
    body = json.loads(done.stdout)
    assert (done.exit_code, body["reward"]) == (0, 5.0)
    assert body["metadata"]["sampled_model_name"] == "gpt-4o-2024-08-06"
    assert body["model_grader_token_usage_per_model"]["gpt-4o-2024-08-06"]["total_tokens"] == 14


@pytest.mark.parametrize("option", ["--judge", "--embedder"])
def test_a_name_that_nobody_brings_is_refused(graders, option):
    done = graders("run", "grader.json", "rows.jsonl", option, "nobody:x")
    assert done.exit_code == 1
    assert f"error: {option.removeprefix('--')}: " in done.stderr
    assert "'nobody'" in done.stderr


def test_cosine_without_an_embedder_says_what_it_needs(graders, monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    document = {"type": "text_similarity", "input": "a", "reference": "b", "evaluation_metric": "cosine"}
    Path("cosine.json").write_text(json.dumps(document | {"pass_threshold": 0.5}))
    done = graders("run", "cosine.json", "rows.jsonl")
    assert done.exit_code == 1
    assert "--embedder NAME[:MODEL][@BASE_URL]" in done.stderr
