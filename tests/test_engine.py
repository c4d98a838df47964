"""The whole road: rows to a run directory, line by line what they were."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graders import DataError, RunError, evaluate, load_grader
from graders.dataset import MAX_LINE
from graders.engine import MAX_DEPTH
from graders.strict_json import loads

EXACT = {
    "type": "string_check",
    "name": "exact match!",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
CONSTANT = {**EXACT, "input": "x", "reference": "{{item.answer}}"}


@pytest.fixture
def exact():
    return load_grader(EXACT)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_rows(name, rows):
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def lines(results):
    return [loads(line) for line in (results.path / "results.jsonl").read_bytes().splitlines()]


def test_where_no_row_has_a_sample_the_run_stops_before_it_begins(exact):
    rows = [{"question": "q", "completion": "c"}, {"question": "q", "extra": 1}]
    with pytest.raises(DataError) as caught:
        evaluate(exact, rows, out="run")
    assert str(caught.value) == (
        "the grader reads the sample, and no row has one; --sample-field names its field; "
        "the rows have question, completion, extra (did you mean --sample-field completion?)"
    )
    assert not Path("run").exists()


def test_a_field_whose_name_only_holds_the_word_is_suggested_too(exact):
    with pytest.raises(DataError, match=r"did you mean --sample-field model_answer\?"):
        evaluate(exact, [{"question": "q", "model_answer": "a"}])


def test_a_field_that_the_grader_compares_with_is_not_taken_for_the_sample(exact):
    with pytest.raises(DataError, match=r"did you mean --sample-field text\?"):
        evaluate(exact, [{"answer": "a", "text": "b"}])
    with pytest.raises(DataError, match=r"the rows have answer$"):
        evaluate(exact, [{"answer": "a"}])


def test_where_no_field_looks_like_a_sample_none_is_suggested(exact):
    with pytest.raises(DataError, match=r"the rows have q, r$"):
        evaluate(exact, [{"q": 1, "r": 2}])


def test_one_row_with_a_sample_is_enough(exact):
    results = evaluate(exact, [{"answer": "a"}, {"answer": "a", "sample": "a"}], out="run")
    assert [line["reward"] for line in lines(results)] == [None, 1.0]


def test_where_every_row_is_broken_the_reason_of_the_rows_stands(exact):
    Path("rows.jsonl").write_text("x\ny\n")
    results = evaluate(exact, "rows.jsonl", out="run")
    assert results.summary.errors == {"row_parse_error": 2}


def test_a_grader_that_reads_no_sample_needs_none():
    results = evaluate(load_grader(CONSTANT), [{"answer": "x"}], out="run")
    assert results.summary.mean == 1.0


def test_fields_are_named_by_paths_and_by_names(exact):
    rows = [{"model output": "a", "data": {"answer": "a"}, "key": {"n": 7}}]
    results = evaluate(
        exact, rows, out="run", sample_field="model output", item_field="data", id_field="key.n"
    )
    (line,) = lines(results)
    assert (line["id"], line["reward"], line["item"]) == (7, 1.0, {"answer": "a"})
    assert results.about["row_mapping"] == {
        "item_field": "data",
        "sample_field": "model output",
        "id_field": "key.n",
    }


def test_rows_that_json_cannot_hold_are_refused_before_the_run_begins(exact):
    rows = [{"item": {"answer": "a"}, "sample": "a"}, {"item": {"answer": {1}}, "sample": "a"}]
    with pytest.raises(DataError, match="row 1 cannot be written as JSON: Object of type set"):
        evaluate(exact, rows, out="run")
    assert not Path("run").exists()


@pytest.mark.parametrize("data", [[], "empty.jsonl", "blank.csv"])
def test_data_without_rows_are_refused_and_leave_no_directory(exact, data):
    Path("empty.jsonl").touch()
    Path("blank.csv").write_text("answer,sample\n\n")
    with pytest.raises(DataError, match="there are no rows"):
        evaluate(exact, data)
    assert not Path("runs").exists()


def test_a_ready_made_grader_brings_its_rows():
    results = evaluate(load_grader("template:exact_match"), "template:exact_match")
    assert results.summary.rows > 1
    assert results.path == Path("runs/exact_match-exact_match-1")
    assert results.about["data"]["path"] == "template:exact_match"


def test_the_default_directory_counts_up(exact):
    rows = [{"item": {"answer": "a"}, "sample": "a"}]
    write_rows("my data.v2.jsonl", rows)
    paths = [evaluate(exact, data).path for data in ("my data.v2.jsonl", "my data.v2.jsonl", rows)]
    assert [str(path) for path in paths] == [
        "runs/exact_match-my_data-1",
        "runs/exact_match-my_data-2",
        "runs/exact_match-rows-1",
    ]


@pytest.mark.parametrize("name", ["../../up", "/etc/passwd", "..", "a" * 500, "評価", "", "\x00\x1b[31m"])
def test_the_default_directory_stays_below_runs(name):
    grader = load_grader({**EXACT, "name": name})
    path = evaluate(grader, [{"item": {"answer": "a"}, "sample": "a"}]).path
    assert path.parent == Path("runs")
    assert path.resolve().parent == Path("runs").resolve()
    assert path.name.isascii()


@pytest.mark.parametrize(
    ("limit", "expected"), [(1, 1), (999, 999), (1000, 1000), (1001, 1001), (5000, 1500)]
)
def test_a_limit_grades_the_first_rows(exact, limit, expected):
    rows = [{"item": {"answer": "a", "n": n}, "sample": "a"} for n in range(1500)]
    found = lines(evaluate(exact, rows, out="run", limit=limit))
    assert [line["item"]["n"] for line in found] == list(range(expected))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(exact, limit):
    with pytest.raises(ValueError, match="expected limit of at least 1"):
        evaluate(exact, [{"item": {"answer": "a"}, "sample": "a"}] * 3, limit=limit)


def test_a_limit_may_cut_the_samples_of_a_row(exact):
    rows = [{"item": {"answer": "a"}, "samples": ["a", "b", "c"]}] * 2
    found = lines(evaluate(exact, rows, out="run", limit=4))
    assert [(line["row"], line["sample_index"]) for line in found] == [(0, 0), (0, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize("path", ["model", "row.model", "item.", "item model", ""])
def test_groups_are_named_by_paths_into_item_or_sample(exact, path):
    with pytest.raises(DataError, match=r"begins with item or sample|not a path"):
        evaluate(exact, [{"item": {"answer": "a"}, "sample": "a"}], group_by=[path])


def test_progress_is_told_block_by_block(exact):
    rows = [{"item": {"answer": "a"}, "sample": "a" if n % 3 else None} for n in range(2500)]
    seen = []
    evaluate(exact, write_rows("rows.jsonl", rows), out="run", on_progress=seen.append)
    assert [progress.rows for progress in seen] == [1000, 2000, 2500]
    assert [progress.failed for progress in seen] == [334, 667, 834]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_progress_goes_on_with_the_run(exact):
    write_rows("rows.jsonl", [{"item": {"answer": "a"}, "sample": "a"}] * 2500)
    evaluate(exact, "rows.jsonl", out="run")
    rows = Path("run/results.jsonl")
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:1700]))
    seen = []
    evaluate(exact, "rows.jsonl", out="run", resume=True, on_progress=seen.append)
    assert [progress.rows for progress in seen] == [1700, 2000, 2500]


def test_what_a_callback_raises_ends_the_run_and_is_noted(exact):
    def refuse(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        evaluate(exact, [{"item": {"answer": "a"}, "sample": "a"}], out="run", on_progress=refuse)
    assert json.loads(Path("run/run.json").read_text())["status"] == "failed"


def deep(levels, core=""):
    return '{"item": {"answer": "a", "deep": ' + "[" * levels + core + "]" * levels + '}, "sample": "a"}\n'


@pytest.mark.parametrize("core", ["", "123456789012345678901234567890", r'"\ud800"'])
def test_rows_of_any_depth_leave_lines_that_can_be_read(exact, core):
    depths = [
        1,
        100,
        200,
        400,
        MAX_DEPTH - 2,
        MAX_DEPTH - 1,
        600,
        *range(880, 1040, 10),
        5000,
        10_000,
        100_000,
    ]
    Path("rows.jsonl").write_text("".join(deep(levels, core) for levels in depths))
    results = evaluate(exact, "rows.jsonl", out="run", group_by=["item.deep"])
    found = lines(results)
    assert [line["row"] for line in found] == list(range(len(depths)))
    assert [line["reward"] for line in found] == [1.0 if depth <= MAX_DEPTH - 2 else None for depth in depths]
    assert {line["errors"][0]["code"] for line in found if line["errors"]} == {"row_parse_error"}
    assert found[6]["errors"][0]["detail"] == "row 6 is nested too deeply to be written"
    assert results.summary.rows == len(depths)


def test_brackets_in_texts_are_no_depth(exact):
    rows = [{"item": {"answer": "a", "text": '[{"\\' * 2000, "flat": [[]] * 2000}, "sample": "a"}]
    assert evaluate(exact, rows, out="run").summary.mean == 1.0


def test_a_deep_id_is_replaced_by_the_number_of_the_row(exact):
    Path("rows.jsonl").write_text(deep(600).replace('"deep"', '"answer2"'))
    (line,) = lines(evaluate(exact, "rows.jsonl", out="run", id_field="item"))
    assert (line["id"], line["item"], line["reward"]) == (0, None, None)


@pytest.mark.parametrize("number", [2**63, -(2**70), 10**30])
def test_long_integers_come_through_unchanged(number):
    grader = load_grader({**EXACT, "reference": "{{item.n}}"})
    write_rows("rows.jsonl", [{"item": {"n": number}, "sample": str(number)}])
    (line,) = lines(evaluate(grader, "rows.jsonl", out="run", id_field="item.n"))
    assert (line["id"], line["item"], line["reward"]) == (number, {"n": number}, 1.0)


def test_lone_surrogates_come_through_unchanged(exact):
    text = "a\ud800\udc00 \udfff"
    write_rows("rows.jsonl", [{"item": {"answer": text}, "sample": text, "key": text}])
    (line,) = lines(evaluate(exact, "rows.jsonl", out="run", id_field="key"))
    expected = json.loads(json.dumps(text))
    assert (line["id"], line["item"]["answer"], line["sample"], line["reward"]) == (*[expected] * 3, 1.0)


def test_nothing_in_a_line_depends_on_blocks(exact, monkeypatch):
    rows = [{"item": {"answer": "a" * (n % 7)}, "sample": "a" * (n % 5)} for n in range(50)]
    evaluate(exact, rows, out="one")
    monkeypatch.setattr("graders.dataset.BLOCK_BYTES", 0)
    evaluate(exact, write_rows("rows.jsonl", rows), out="many")
    assert Path("one/results.jsonl").read_bytes() == Path("many/results.jsonl").read_bytes()


def test_a_line_too_long_costs_its_row_and_little_memory():
    with Path("rows.jsonl").open("wb") as file:
        good = b'{"item": {"answer": "a"}, "sample": "a"}\n'
        file.write(good + b'{"item": {}, "sample": "' + b"x" * (MAX_LINE + 6 * 2**20) + b'"}\n' + good)
    Path("grader.json").write_text(json.dumps(EXACT))
    program = (
        "import resource; from graders import evaluate, load_grader\n"
        "grader = load_grader('grader.json')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print([row['reward'] for row in evaluate(grader, 'rows.jsonl', out='run').rows()])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rewards, megabytes = done.stdout.splitlines()
    assert rewards == "[1.0, None, 1.0]"
    assert int(megabytes) < 200


def test_a_directory_that_cannot_be_made_is_named(exact):
    Path("runs").write_text("mine")
    with pytest.raises(RunError, match=r"runs/exact_match-rows-1: not a directory"):
        evaluate(exact, [{"item": {"answer": "a"}, "sample": "a"}])
