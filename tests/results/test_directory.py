"""The run directory: what is in a line, what is never overwritten, and how a run goes on."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import Options, Results, RunError, evaluate, load_grader
from graders.results import RunDirectory

# Some rows hold what ROUGE cannot see; that it is said so is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::graders.errors.DataWarning")

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ALIKE = {"type": "text_similarity", "name": "alike", "evaluation_metric": "rouge_l", "pass_threshold": 0.5}
ALIKE |= {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
BOTH = {
    "type": "multi",
    "name": "both",
    "calculate_output": "(a + b) / 2",
    "graders": {"a": EXACT, "b": ALIKE},
}
ROWS = [
    {
        "key": f"k{n}",
        "item": {"answer": f"answer {n}", "kind": "even" if n % 2 == 0 else "odd"},
        "sample": text,
    }
    for n, text in enumerate(["answer 0", "answer", "é\ud800 \u2028", "", "answer 4", "no", "answer 6"])
]
ROWS[3]["item"] = {}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    file = tmp_path_factory.mktemp("data") / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, 5]))
    return file


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """A complete run."""
    out = tmp_path_factory.mktemp("whole") / "run"
    evaluate(load_grader(BOTH), data, out=out, id_field="key", group_by=["item.kind"])
    return out


def copy(folder, to):
    to.mkdir(parents=True)
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to


def go_on(out, data, grader=BOTH, options=None, **changes):
    mapping = {"id_field": "key", "group_by": ["item.kind"], **changes}
    return evaluate(load_grader(grader, options=options), data, out=out, resume=True, **mapping)


def lines(out):
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def test_the_keys_of_a_line_come_in_their_order(whole):
    expected = ["row", "id", "reward", "passed", "sub_rewards", "errors", "item", "sample"]
    assert {tuple(line) for line in lines(whole)} == {tuple(expected)}


def test_a_line_of_several_samples_tells_which_it_is(tmp_path):
    rows = [{"item": {"answer": "x"}, "samples": ["x", "y"]}]
    evaluate(load_grader(EXACT), rows, out=tmp_path / "run")
    first, second = lines(tmp_path / "run")
    assert list(first)[:4] == ["row", "id", "sample_index", "reward"]
    assert [(line["row"], line["sample_index"], line["reward"]) for line in (first, second)] == [
        (0, 0, 1.0),
        (0, 1, 0.0),
    ]


def test_a_slim_line_holds_neither_item_nor_sample(data, tmp_path):
    evaluate(load_grader(EXACT), data, out=tmp_path / "run", slim=True)
    expected = ("row", "id", "reward", "passed", "sub_rewards", "errors")
    assert {tuple(line) for line in lines(tmp_path / "run")} == {expected}


def test_a_line_says_what_was_read_and_what_came_of_it(whole):
    first, *_ = found = lines(whole)
    assert first == {
        "row": 0,
        "id": "k0",
        "reward": 1.0,
        "passed": None,
        "sub_rewards": {"a": 1.0, "b": 1.0},
        "errors": [],
        "item": ROWS[0]["item"],
        "sample": "answer 0",
    }
    assert [line["item"] for line in found] == [row["item"] for row in ROWS] + [None]
    assert [line["sample"] for line in found] == [row["sample"] for row in ROWS] + [None]


def test_a_failed_row_is_null_with_its_reasons(whole):
    line = lines(whole)[3]
    assert (line["reward"], line["passed"], line["sub_rewards"]) == (None, None, {"a": None, "b": None})
    assert [(error["code"], error["reason"], error["grader"]) for error in line["errors"]] == [
        ("invalid_variable_error", "missing_variable", "a"),
        ("invalid_variable_error", "missing_variable", "b"),
    ]
    assert list(line["errors"][0]) == ["code", "reason", "detail", "grader"]


def test_an_unreadable_row_says_so_once(whole):
    line = lines(whole)[7]
    assert (line["row"], line["id"], line["reward"]) == (7, 7, None)
    assert line["errors"] == [
        {
            "code": "row_parse_error",
            "reason": "not_an_object",
            "detail": "row 7: expected an object; got a number",
            "grader": "both",
        }
    ]


def test_under_zero_a_failed_row_is_zero_with_its_reasons(data, tmp_path):
    evaluate(load_grader(EXACT, options=Options(on_error="zero")), data, out=tmp_path / "run")
    line = lines(tmp_path / "run")[3]
    assert (line["reward"], line["passed"]) == (0.0, False)
    assert [error["reason"] for error in line["errors"]] == ["missing_variable"]


def test_under_zero_a_failed_part_counts_zero_in_the_formula(data, tmp_path):
    half = {**BOTH, "graders": {"a": {**EXACT, "reference": ""}, "b": ALIKE}, "calculate_output": "a / 2 + b"}
    evaluate(load_grader(half, options=Options(on_error="zero")), data, out=tmp_path / "run")
    line = lines(tmp_path / "run")[3]
    assert (line["reward"], line["sub_rewards"]) == (0.5, {"a": 1.0, "b": 0.0})
    assert [error["grader"] for error in line["errors"]] == ["b"]


@pytest.mark.parametrize(
    ("document", "threshold", "expected"),
    [
        (EXACT, None, [True, False]),
        (ALIKE, None, [True, False]),
        (ALIKE, 0.0, [True, True]),
        (BOTH, None, [None] * 2),
    ],
)
def test_a_row_passes_by_the_threshold_asked_for_else_the_documents_own(
    tmp_path, document, threshold, expected
):
    rows = [{"item": {"answer": "x"}, "sample": sample} for sample in ("x", "y")]
    grader = load_grader(document, options=Options(pass_threshold=threshold))
    evaluate(grader, rows, out=tmp_path / "run")
    assert [line["passed"] for line in lines(tmp_path / "run")] == expected


def test_two_runs_are_equal_to_the_byte(data, whole, tmp_path):
    again = go_on(tmp_path / "again", data)
    for name in ("results.jsonl", "summary.json"):
        assert (again.path / name).read_bytes() == (whole / name).read_bytes()


def test_run_json_says_what_was_graded_with_what(whole, data):
    about = json.loads((whole / "run.json").read_text())
    assert list(about) == [
        *("version", "status", "grader", "metrics", "options", "judge", "embedder", "sandbox", "prices"),
        *("data", "row_mapping", "started", "cautions", "seconds"),
    ]
    assert about["status"] == "complete"
    assert about["grader"]["document"] == BOTH
    assert about["metrics"]["rouge_l"].startswith("rouge_l|tok:")
    assert about["data"]["path"] == str(data)
    assert about["row_mapping"] == {"item_field": None, "sample_field": None, "id_field": "key"}


def test_a_directory_that_holds_a_run_is_not_overwritten(whole, data, tmp_path):
    out = copy(whole, tmp_path / "run")
    with pytest.raises(RunError, match="holds a run; --resume goes on with it, --overwrite starts anew"):
        evaluate(load_grader(EXACT), data, out=out)
    assert (out / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_overwrite_starts_anew_and_leaves_other_files_alone(whole, data, tmp_path):
    out = copy(whole, tmp_path / "run")
    (out / "notes.txt").write_text("mine")
    evaluate(load_grader(EXACT), data, out=out, overwrite=True)
    assert len(lines(out)) == 8
    assert lines(out)[0]["sub_rewards"] == {}
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("mode", [{}, {"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("name", ["results.jsonl", "notes.txt", ".git"])
def test_a_directory_that_is_not_a_run_is_left_alone(data, tmp_path, name, mode):
    (tmp_path / name).write_text("mine")
    with pytest.raises(RunError, match=f"not empty and not a run directory; it holds '{name}'"):
        evaluate(load_grader(EXACT), data, out=tmp_path, **mode)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "mine")]


@pytest.mark.parametrize("mode", [{"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("text", ["{}", '{"mine": 1}', "[]", "{", ""])
def test_another_programs_run_json_is_no_run_of_ours(data, tmp_path, mode, text):
    (tmp_path / "run.json").write_text(text)
    (tmp_path / "results.jsonl").write_text("mine")
    with pytest.raises(RunError, match=r"run\.json"):
        evaluate(load_grader(EXACT), data, out=tmp_path, **mode)
    assert (tmp_path / "run.json").read_text() == text
    assert (tmp_path / "results.jsonl").read_text() == "mine"


@pytest.mark.parametrize("mode", [{}, {"resume": True}, {"overwrite": True}])
def test_a_run_never_replaces_the_rows_that_it_reads(whole, tmp_path, mode):
    out = copy(whole, tmp_path / "run")
    with pytest.raises(RunError, match="holds the data"):
        evaluate(load_grader(EXACT), out / "results.jsonl", out=out, **mode)
    assert (out / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_results_can_be_graded_again_elsewhere(whole, tmp_path):
    again = evaluate(load_grader(EXACT), whole / "results.jsonl", out=tmp_path / "again")
    assert [line["item"] for line in again.rows()][:7] == [row["item"] for row in ROWS]


def test_a_file_is_no_directory(data, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RunError, match=r"file exists|not a directory"):
            evaluate(load_grader(EXACT), data, out=out)
    assert (tmp_path / "file").read_text() == "mine"


def test_resume_and_overwrite_exclude_each_other(data, tmp_path):
    with pytest.raises(RunError, match="resume and overwrite exclude each other"):
        evaluate(load_grader(EXACT), data, out=tmp_path, resume=True, overwrite=True)


@given(share=st.floats(0, 1))
def test_a_run_that_was_cut_anywhere_goes_on_to_the_same_bytes(share, data, whole, tmp_path_factory):
    out = copy(whole, tmp_path_factory.mktemp("cut") / "run")
    rows = (whole / "results.jsonl").read_bytes()
    (out / "results.jsonl").write_bytes(rows[: math.floor(share * len(rows))])
    go_on(out, data)
    for name in ("results.jsonl", "summary.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize("kept", range(9))
def test_a_run_that_was_cut_behind_a_line_goes_on_to_the_same_bytes(kept, data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    rows = (whole / "results.jsonl").read_bytes()
    (out / "results.jsonl").write_bytes(b"".join(rows.splitlines(keepends=True)[:kept]))
    assert go_on(out, data).summary.rows == 8
    assert (out / "results.jsonl").read_bytes() == rows


@pytest.mark.parametrize("missing", ["results.jsonl", "summary.json"])
def test_a_run_goes_on_where_a_file_was_never_written(missing, data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    (out / missing).unlink()
    go_on(out, data)
    assert (out / missing).read_bytes() == (whole / missing).read_bytes()


def test_a_run_goes_on_where_nothing_but_a_draft_was_written(data, whole, tmp_path):
    (tmp_path / "run.json.new").write_text('{"versi')
    go_on(tmp_path, data)
    assert (tmp_path / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_a_run_goes_on_where_the_data_lie_elsewhere(data, whole, tmp_path):
    moved = tmp_path / "moved.jsonl"
    moved.write_bytes(data.read_bytes())
    assert go_on(copy(whole, tmp_path / "run"), moved).summary.rows == 8


def test_resume_starts_in_an_empty_or_absent_directory(data, tmp_path):
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "absent" / "below"):
        assert go_on(out, data).summary.rows == 8


def test_resume_cuts_a_torn_line_longer_than_a_page(data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    with (out / "results.jsonl").open("ab") as file:
        file.write(b'{"row": 8, "text": "' + b"x" * 200_000)
    go_on(out, data)
    assert (out / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_resume_names_a_line_that_was_damaged(data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    rows = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    (out / "results.jsonl").write_bytes(b"".join([*rows[:2], b"\0\0\0\n", *rows[3:]]))
    with pytest.raises(RunError, match=r"results\.jsonl: line 3 cannot be read: expecting value"):
        go_on(out, data)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grader": EXACT}, 'grader.name was "both" and is "exact"'),
        ({"grader": {**BOTH, "calculate_output": "a"}}, "grader.sha256 was"),
        ({"options": Options(on_error="zero")}, 'options.on_error was "null" and is "zero"'),
        ({"options": Options(pass_threshold=0.5)}, "options.pass_threshold was null and is 0.5"),
        ({"limit": 3}, "options.limit was null and is 3"),
        ({"slim": True}, "options.slim was false and is true"),
        ({"group_by": []}, r'options.group_by was \["item.kind"\] and is \[\]'),
        ({"id_field": None}, 'row_mapping.id_field was "key" and is null'),
        ({"sample_field": "sample"}, 'row_mapping.sample_field was null and is "sample"'),
    ],
)
def test_resume_refuses_another_run_and_names_the_difference(changes, expected, data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    with pytest.raises(RunError, match=f"cannot go on, this is another run: .*{expected}"):
        go_on(out, data, **changes)
    assert (out / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_resume_refuses_other_data(data, whole, tmp_path):
    other = tmp_path / "rows.jsonl"
    other.write_bytes(data.read_bytes() + b"{}\n")
    with pytest.raises(RunError, match=r"another run: data\.sha256 was"):
        go_on(copy(whole, tmp_path / "run"), other)


def test_resume_refuses_another_version_of_a_metric(data, whole, tmp_path):
    out = copy(whole, tmp_path / "run")
    about = json.loads((out / "run.json").read_text())
    about["metrics"]["rouge_l"] = "rouge_l|older"
    (out / "run.json").write_text(json.dumps(about))
    with pytest.raises(RunError, match=r'metrics.rouge_l was "rouge_l\|older" and is "rouge_l\|tok:'):
        go_on(out, data)


def test_rows_are_never_there_without_their_run_json(tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("graders.results.directory._cut_torn_line", die)
    with pytest.raises(KeyboardInterrupt):
        RunDirectory.open(tmp_path / "run", {"grader": {}, "options": {}})
    monkeypatch.undo()
    with RunDirectory.open(tmp_path / "run", {"grader": {}, "options": {}}, resume=True) as directory:
        assert list(directory.lines()) == []


def test_lines_are_appended_behind_those_that_are_there(tmp_path):
    about = {"grader": {}, "options": {}}
    with RunDirectory.open(tmp_path / "run", about) as directory:
        directory.append(b'{"row":0}\n{"row":1}\n')
    with RunDirectory.open(tmp_path / "run", about, resume=True) as directory:
        assert list(directory.lines()) == [{"row": 0}, {"row": 1}]
        directory.append(b'{"row":2}\n')
    assert (tmp_path / "run" / "results.jsonl").read_bytes() == b'{"row":0}\n{"row":1}\n{"row":2}\n'


def test_options_are_kept_apart_from_their_grader(data, tmp_path):
    grader = load_grader(EXACT)
    other = replace(grader, options=Options(on_error="zero"))
    evaluate(grader, data, out=tmp_path / "run")
    with pytest.raises(RunError, match=r"options\.on_error"):
        evaluate(other, data, out=tmp_path / "run", resume=True)


def test_a_run_is_found_by_a_relative_path(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert evaluate(load_grader(EXACT), data, out="run").path == Path("run")
    assert Results.open("run").summary.rows == 8


def test_a_second_process_on_the_same_directory_is_refused(data, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    program = (
        "import sys, pathlib\nfrom graders.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        for options in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(RunError, match="another process is at work in it"):
                evaluate(load_grader(EXACT), data, out=out, **options)
        assert list(out.iterdir()) == []
        holder.communicate(timeout=30)
    assert evaluate(load_grader(EXACT), data, out=out).summary.rows > 0
