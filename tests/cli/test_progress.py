"""How far a run has come: lines for machines, a bar on a terminal only."""

import json
from pathlib import Path

from graders.cli.progress import described
from graders.engine import Progress


def test_log_json_says_on_stderr_how_far_the_run_is(graders):
    done = graders("run", "grader.json", "failing.jsonl", "-o", "out", "--log-json", "--quiet")
    assert (done.exit_code, done.stdout) == (3, "out\n")
    first, *_, last = [json.loads(line) for line in done.stderr.splitlines()]
    assert (first["event"], last["event"]) == ("progress", "end")
    expected = {"rows": 3, "failed": 1, "fraction": 1.0, "mean": 0.5, "new": 3, "calls": 0, "tokens": 0}
    assert expected.items() <= last.items()
    assert last["rows_per_second"] > 0
    assert last["seconds_left"] == 0.0


def test_what_is_done_already_does_not_count_as_speed(graders):
    graders("run", "grader.json", "rows.jsonl", "-o", "out")
    rows = Path("out/results.jsonl")
    rows.write_bytes(rows.read_bytes().splitlines(keepends=True)[0])
    done = graders("run", "grader.json", "rows.jsonl", "-o", "out", "--resume", "--log-json")
    last = json.loads(done.stderr.splitlines()[-1])
    assert (last["rows"], last["new"]) == (2, 1)


def test_nothing_is_said_where_nobody_watches(graders):
    assert graders("run", "grader.json", "rows.jsonl", "-o", "out").stderr == ""


def test_the_calls_of_a_judge_are_part_of_it(graders):
    document = {
        "type": "score_model",
        "name": "s",
        "model": "m",
        "input": [{"role": "user", "content": "Rate"}],
    }
    Path("judged.json").write_text(json.dumps(document))
    reply = {"text": '{"steps": [], "result": 1}', "usage": {"prompt_tokens": 9}}
    Path("replies.jsonl").write_text(json.dumps(reply))
    words = ("run", "judged.json", "rows.jsonl", "--judge", "scripted:replies.jsonl", "--log-json")
    last = json.loads(graders(*words, "-o", "out").stderr.splitlines()[-1])
    assert (last["calls"], last["tokens"]) == (1, 9)


def test_people_read_it_in_a_line():
    progress = Progress(9000, 0, 0.5, 0.25, 9000, 90.0, 12, 3400)
    assert described(progress) == "9,000 rows, 100/s, 1:30 min left, mean 0.250, 12 calls, 3,400 tokens"
    assert described(Progress(0, 0, 0.0)) == "0 rows"
    assert described(Progress(5, 5, 0.001, None, 5, 10.0)) == "5 rows, 0/s, 2:46:30 h left, 5 failed"
