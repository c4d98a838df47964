"""`graders run`: what is printed where, and what each option does."""

import json
import re
from pathlib import Path

import pytest

KEYS = ["run", "grader", "rows", "scored", "errors", "reward", "passed", "sub_rewards", "groups", "usage"]


def lines(out):
    return [json.loads(line) for line in Path(out, "results.jsonl").read_text().splitlines()]


def test_it_prints_a_summary_and_the_run_directory_last(graders):
    done = graders("run", "grader.json", "failing.jsonl", "-o", "out")
    shown = done.stdout.splitlines()
    assert shown[0] == "exact (string_check): 3 rows, 2 scored, 1 without a reward"
    assert shown[1] == "passed: 1, 50.0% [9.5, 90.5] at 1"
    assert shown[-1] == "out"
    assert "invalid_variable_error     1  row 2, exact: Variable 'item.answer'" in done.stdout
    assert done.stderr == ""


def test_samples_of_a_single_row_have_a_rate_and_no_interval(graders):
    row = {"item": {"answer": "a"}, "samples": ["a", "a", "b", "a"]}
    Path("sampled.jsonl").write_text(json.dumps(row) + "\n")
    shown = graders("run", "grader.json", "sampled.jsonl", "-o", "out").stdout
    assert "passed: 3, 75.0% at 1\n" in shown
    assert re.search(r"reward +0\.7500 +1\.0000", shown)
    assert "intervals are clustered by row: 1 value\n" in shown


def test_the_default_directory_is_named_for_grader_and_data(graders):
    shown = [graders("run", "grader.json", "rows.jsonl").stdout.splitlines()[-1] for _ in range(2)]
    assert shown == ["runs/exact-rows-1", "runs/exact-rows-2"]
    assert Path(shown[1], "summary.json").exists()


def test_quiet_prints_the_run_directory_only(graders):
    done = graders("run", "grader.json", "rows.jsonl", "-o", "out", "--quiet")
    assert (done.stdout, done.stderr, done.exit_code) == ("out\n", "", 0)


def test_json_is_one_object_and_nothing_else(graders):
    done = graders("run", "grader.json", "failing.jsonl", "-o", "out", "--json")
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert list(found) == KEYS
    assert (found["run"], found["grader"], found["rows"], found["scored"]) == ("out", "exact", 3, 2)
    assert {key: found[key] for key in KEYS[2:]} == json.loads(Path("out/summary.json").read_text())


def test_json_prints_nothing_where_there_is_no_result(graders):
    done = graders("run", "grader.json", "none.jsonl", "--json")
    assert (done.stdout, done.exit_code) == ("", 1)
    assert done.stderr == "error: none.jsonl: no such file or directory\n"


def test_warnings_go_to_stderr(graders):
    document = json.loads(Path("grader.json").read_text()) | {"refrence": "x"}
    Path("odd.json").write_text(json.dumps(document))
    done = graders("run", "odd.json", "rows.jsonl", "--json")
    assert done.stderr.startswith("warning: $.refrence: unknown field, kept but not used")
    assert json.loads(done.stdout)["rows"] == 2


def test_the_grader_comes_from_standard_input(graders):
    text = "\ufeff" + Path("grader.json").read_text()
    assert graders("run", "-", "rows.jsonl", "-o", "out", "--quiet", stdin=text).exit_code == 0
    assert lines("out")[0]["reward"] == 1.0


def test_grader_and_rows_may_be_ready_made(graders):
    done = graders("run", "template:exact_match", "template:exact_match", "--quiet", "--allow-errors")
    assert (done.stdout, done.exit_code) == ("runs/exact_match-exact_match-1\n", 0)


def test_fields_are_mapped(graders):
    Path("raw.csv").write_text("id,answer,model output\nq1,Paris,Paris\n007,NA,NA\n")
    options = ("--sample-field", "model output", "--id-field", "id", "--group-by", "item.answer")
    assert graders("run", "grader.json", "raw.csv", "-o", "out", *options).exit_code == 0
    assert [(line["id"], line["reward"]) for line in lines("out")] == [("q1", 1.0), ("007", 1.0)]


def test_groups_are_laid_out(graders):
    paths = ("--group-by", "item.topic", "--group-by", "sample.output_text")
    shown = graders("run", "grader.json", "rows.jsonl", *paths).stdout
    assert "item.topic  rows  mean [95 % interval]" in shown
    assert "\ngeo            1                1.0000" in shown
    assert "\nsample.output_text" in shown


def test_parts_are_laid_out_under_the_reward(graders):
    part = json.loads(Path("grader.json").read_text())
    Path("multi.json").write_text(
        json.dumps({"type": "multi", "graders": {"it": part}, "calculate_output": "it"})
    )
    shown = graders("run", "multi.json", "rows.jsonl").stdout
    assert "\nreward    0.5000 [-5.8531, 6.8531]  0.5000  0.0000  1.0000\n  it      0.5000" in shown


def test_limit_slim_threshold_and_zero_do_what_they_say(graders):
    options = ("--limit", "3", "--slim", "--pass-threshold", "0", "--on-error", "zero", "--quiet")
    assert graders("run", "grader.json", "failing.jsonl", "-o", "out", *options).exit_code == 3
    assert [(line["reward"], line["passed"]) for line in lines("out")] == [
        (1.0, True),
        (0.0, True),
        (0.0, False),
    ]
    assert "item" not in lines("out")[0]


def test_a_run_is_gone_on_with_or_begun_anew_only_if_asked(graders):
    assert graders("run", "grader.json", "rows.jsonl", "-o", "out").exit_code == 0
    again = graders("run", "grader.json", "rows.jsonl", "-o", "out")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == "error: out: holds a run; --resume goes on with it, --overwrite starts anew\n"
    assert graders("run", "grader.json", "rows.jsonl", "-o", "out", "--resume").exit_code == 0
    assert graders("run", "grader.json", "failing.jsonl", "-o", "out", "--overwrite").exit_code == 3


@pytest.mark.parametrize("options", [["--resume"], ["--overwrite"], ["--resume", "--overwrite", "-o", "out"]])
def test_resume_or_overwrite_names_the_directory_of_a_run(graders, options):
    done = graders("run", "grader.json", "rows.jsonl", *options)
    assert done.exit_code == 2
    assert "--resume and --overwrite" in done.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_encoding_can_show_a_summary(process, encoding):
    grader = json.loads(Path("grader.json").read_text()) | {"name": "評価 é"}
    Path("named.json").write_text(json.dumps(grader))
    done = process("run", "named.json", "failing.jsonl", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 3
    assert done.stderr == b""
    bar = "█" if encoding == "utf-8" else "#"
    assert f"1  {bar * 40}\n" in done.stdout.decode(encoding)


def test_a_directory_whose_name_is_no_utf8_can_be_used(process):
    done = process(
        "run",
        "grader.json",
        "rows.jsonl",
        "-o",
        b"out\xff",
        "--quiet",
        env={"PYTHONIOENCODING": "utf-8:strict"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\\udcff\n", b"")


def test_progress_is_drawn_on_a_terminal_only(process):
    plain = process("run", "grader.json", "rows.jsonl", "-o", "plain")
    drawn = process("run", "grader.json", "rows.jsonl", "-o", "drawn", env={"FORCE_COLOR": "1"})
    assert plain.stderr == b""
    assert b"2 rows" in drawn.stderr
    assert drawn.stdout.splitlines()[-1] == b"drawn"
    assert process("run", "grader.json", "rows.jsonl", "-o", "quiet", "--quiet").stderr == b""
