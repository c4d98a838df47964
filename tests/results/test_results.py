"""A run that is read back: its rows, how it shows itself, as a frame."""

import json

import pytest

from graders import Results, RunError, evaluate, load_grader

PART = {
    "type": "string_check",
    "input": "{{sample.output_text}}",
    "reference": "{{item.a}}",
    "operation": "eq",
}
MULTI = {"type": "multi", "name": "both", "calculate_output": "x", "graders": {"x": PART}}


@pytest.fixture
def run(tmp_path):
    def evaluate_rows(document=PART, name="run"):
        rows = [{"item": {"a": "1"}, "sample": sample} for sample in ("1", "2")] + [
            {"item": {}, "sample": "3"}
        ]
        return evaluate(load_grader(document), rows, out=tmp_path / name)

    return evaluate_rows


def test_rows_are_read_as_often_as_asked(run):
    results = run()
    assert [row["reward"] for row in results.rows()] == [1.0, 0.0, None]
    assert len(list(results.rows())) == 3


def test_a_run_that_is_read_back_amounts_to_what_it_did_when_it_was_written(run):
    for document in (PART, MULTI):
        results = run(document, document["type"])
        reopened = Results.open(results.path)
        assert reopened.summary.to_dict() == results.summary.to_dict()
        assert reopened.summary.examples == results.summary.examples
        assert reopened == results


def test_a_torn_last_line_is_passed_over(run):
    results = run()
    with (results.path / "results.jsonl").open("ab") as file:
        file.write(b'{"row": 3, "rew')
    assert len(list(Results.open(results.path).rows())) == 3


def test_a_damaged_line_is_named(run):
    results = run()
    file = results.path / "results.jsonl"
    file.write_bytes(file.read_bytes().replace(b'{"row":1', b'{"row":', 1))
    with pytest.raises(RunError, match="line 2 cannot be read"):
        list(results.rows())


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"not a run directory: there is no run\.json"):
        Results.open(tmp_path)
    with pytest.raises(RunError, match="not a run directory"):
        Results.open(tmp_path / "none")


@pytest.mark.parametrize("text", ["{}", "[]", '{"grader": {}}'])
def test_another_programs_run_json_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"this is not the run\.json of a run"):
        Results.open(tmp_path)


def test_a_run_without_rows_says_so(run):
    results = run()
    (results.path / "results.jsonl").unlink()
    with pytest.raises(RunError, match=r"there is no results\.jsonl"):
        list(Results.open(results.path).rows())


def test_it_shows_its_summary(run):
    results = run({**MULTI, "pass_threshold": 1.0})
    text = repr(results)
    assert text.startswith(f"Results({str(results.path)!r})\n  grader: both (multi)\n  rows: 3, 2 scored\n")
    assert "  mean: 0.5000 [-5.8531, 6.8531]\n" in text
    assert "  mean of x: 0.5000 [" in text
    assert text.endswith("  invalid_variable_error: 1 rows")


def test_one_scored_row_has_no_interval(tmp_path):
    results = evaluate(load_grader(PART), [{"item": {"a": "1"}, "sample": "1"}], out=tmp_path / "run")
    assert "  mean: 1.0000\n" in repr(results)


def test_no_scored_row_has_no_mean(tmp_path):
    results = evaluate(load_grader(PART), [{"item": {}, "sample": "1"}], out=tmp_path / "run")
    assert "  mean: -\n" in repr(results)


def test_markup_in_a_name_is_escaped_in_html(run):
    results = run({**PART, "name": "<script>alert(1)</script> & \"'"})
    html = results._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&#x27;" in html


def test_control_characters_in_a_name_are_escaped(run):
    results = run({**PART, "name": "a\x1b[31mb\nc\u202ed\x9be"})
    for shown in (repr(results).splitlines()[1], results._repr_html_()):
        assert r"a\x1b[31mb\nc\u202ed\x9be" in shown
        assert shown.isprintable()


def test_a_printable_name_stays_as_it_is(run):
    assert "grader: Prüfung 評価 (string_check)" in repr(run({**PART, "name": "Prüfung 評価"}))


def test_rows_become_a_frame(run):
    pytest.importorskip("pandas", reason="needs the extra `frames`")
    frame = run(MULTI).to_pandas()
    assert list(frame["sub_rewards.x"])[:2] == [1.0, 0.0]
    assert list(frame.columns) == [
        "row",
        "id",
        "reward",
        "passed",
        "errors",
        "item",
        "sample",
        "sub_rewards.x",
    ]


def test_without_pandas_a_frame_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'local-graders\[frames\]'"):
        run().to_pandas()


def test_what_was_graded_is_kept(run):
    results = Results.open(run().path)
    assert results.about["grader"]["document"] == PART
    assert results.about == json.loads((results.path / "run.json").read_text())
