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
    assert (about["judge"]["model"], about["judge"]["models"], about["embedder"]) == (None, {}, None)


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


def test_a_dry_run_prints_every_distinct_request_and_writes_nothing(graders):
    done = graders("run", "judged.json", "judged.jsonl", "-o", "out", "--judge-dry-run")
    requests = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [request["messages"][0]["content"] for request in requests] == [
        *("Rate one", "Rate two", "Rate three", "Label one by tone", "Label two by tone")
    ]
    assert {request["model"] for request in requests} == {"gpt-4o"}
    assert done.stderr.splitlines() == [
        "note: gpt-4o: 5 requests, about 42 tokens of prompts (a quarter of the characters), "
        "at most 20,480 of completions",
        "note: 7 rows; nobody was asked",
    ]
    assert not Path("out").exists()


def test_a_dry_run_says_what_it_would_cost_at_most(graders):
    words = ("run", "judged.json", "judged.jsonl", "--judge-dry-run", "--price", "gpt-4o=0,10")
    assert "at most 20,480 of completions, at most 0.2048 USD" in graders(*words).stderr
    expected = {"requests": 5, "prompt_tokens": 42, "completion_tokens": 20480}
    assert json.loads(graders(*words, "--json").stdout) == {"rows": 7, "models": {"gpt-4o": expected}}


def test_a_dry_run_of_a_grader_that_asks_nobody_is_refused(graders):
    done = graders("run", "grader.json", "rows.jsonl", "--judge-dry-run")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: judge: this grader asks none, so there is nothing to print\n"


def test_prices_make_costs(graders):
    done = run(graders, "--price", "gpt-4o=100,1000", "--json")
    usage = json.loads(done.stdout)["usage"]
    assert usage["gpt-4o-2024-08-06"]["cost_usd"] == pytest.approx((20 * 100 + 8 * 1000) / 1e6)
    assert usage["gpt-4o"]["cost_usd"] == 0.0
    shown = [
        line.split() for line in run(graders, "--price", "gpt-4o=100,1000", out="two").stdout.splitlines()
    ]
    assert ["gpt-4o-2024-08-06", "2", "20", "8", "0.0100"] in shown


@pytest.mark.parametrize("price", ["gpt-4o", "gpt-4o=1", "=1,2", "gpt-4o=a,b", "gpt-4o=-1,2", "gpt-4o=nan,1"])
def test_a_price_of_another_form_is_refused(graders, price):
    done = run(graders, "--price", price)
    assert done.exit_code == 2
    assert "expected MODEL=IN,OUT" in done.stderr


def test_a_recorded_run_is_repeated_to_the_byte(graders):
    run(graders, "--record", "record.jsonl")
    words = ("run", "judged.json", "judged.jsonl", "--judge", "replay:record.jsonl")
    done = graders(*words, "-o", "again", "--allow-errors")
    assert done.exit_code == 0
    assert Path("out/results.jsonl").read_bytes() == Path("again/results.jsonl").read_bytes()


def test_a_budget_stops_the_run_resumably(graders):
    key = json.loads(graders("run", "judged.json", "judged.jsonl", "--judge-dry-run").stdout.splitlines()[0])
    assert key["model"] == "gpt-4o"
    run(graders, "--record", "record.jsonl", out="whole")
    words = ("run", "judged.json", "judged.jsonl", "--judge", "replay:record.jsonl", "-o", "out")
    done = graders(*words, "--max-judge-calls", "4")
    assert (done.exit_code, done.stdout) == (5, "")
    assert done.stderr == "stopped: out: the budget of 4 calls is used up; --resume goes on\n"
    assert [line["row"] for line in lines()] == [0]
    done = graders(*words, "--resume")
    assert done.exit_code == 3
    assert Path("out/results.jsonl").read_bytes() == Path("whole/results.jsonl").read_bytes()


def test_other_models_are_asked_than_the_document_names(graders):
    done = graders(
        "run", "judged.json", "judged.jsonl", "--judge-dry-run", "--map-model", "gpt-4o=qwen3:8b", "--json"
    )
    assert list(json.loads(done.stdout)["models"]) == ["qwen3:8b"]
    run(graders, "--map-model", "gpt-4o=qwen3:8b", "--map-model", "other=x=y")
    about = json.loads(Path("out/run.json").read_text())
    assert about["judge"]["models"] == {"gpt-4o": "qwen3:8b", "other": "x=y"}
    assert lines()[1]["traces"][0]["model"] == "qwen3:8b"


def test_the_command_says_what_it_asked(graders):
    done = run(graders)
    assert "asked: 5 calls, 0 replies from the cache" in done.stdout
    assert json.loads(Path("out/run.json").read_text())["asked"]["calls"] == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--refresh", "--no-cache"], "--refresh and --no-cache exclude each other"),
        (["--cache", "x", "--no-cache"], "--cache and --no-cache exclude each other"),
        (["--map-model", "gpt-4o"], "expected DOC=MODEL"),
        (["--judge-timeout", "0"], "expected a finite number of seconds above 0"),
        (["--judge-timeout", "nan"], "expected a finite number of seconds above 0"),
        (["--concurrency", "0"], "'--concurrency'"),
        (["--media-root", "nowhere"], "does not exist"),
    ],
    ids=str,
)
def test_options_out_of_range_are_usage_errors(graders, options, message):
    done = run(graders, *options)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())
