"""Arrow tables in, Arrow tables of results out: the same as the engine writes, however the rows are cut."""

import json
import sys

import pytest

from graders import Asking, Limits, MissingExtraError, Options, evaluate, load_grader
from graders.errors import DataError
from graders.integrations.arrow import require_sample_column, result_schema, score_table
from graders.judges.scripted import ScriptedJudge

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")

EQUAL = {
    "type": "string_check",
    "name": "equal",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
JUDGED = {
    "type": "score_model",
    "name": "judged",
    "model": "some-model",
    "range": [0, 5],
    "input": [{"role": "user", "content": "{{sample.output_text}}"}],
}
NAN = float("nan")


def table_of(rows):
    return pa.Table.from_pylist(rows)


def lines(table):
    """The rows of a table of results, as lines of `results.jsonl` without what it leaves out."""
    made = []
    for row in table.to_pylist():
        parts = {key: row.pop(key) for key in list(row) if key.startswith("sub_rewards.")}
        row["sub_rewards"] = {key.removeprefix("sub_rewards."): value for key, value in parts.items()}
        row["errors"] = json.loads(row["errors"] or "[]")
        row["traces"] = json.loads(row["traces"] or "[]")
        made.append(row)
    return made


def of_engine(grader, data, out, **fields):
    """The same of what the engine writes."""
    rows = evaluate(grader, data, out=out, slim=True, **fields).rows()
    return [{key: row.get(key, []) for key in row.keys() - {"row"} | {"traces"}} for row in rows]


@pytest.mark.parametrize("name", ["gsm8k", "json_fields", "fuzzy_match", "rouge_family", "number_in_range"])
def test_a_table_is_graded_as_by_the_engine(name, dataset_of, tmp_path):
    grader, table = load_grader(f"template:{name}"), table_of(dataset_of(name)[:600])
    assert lines(score_table(table, grader)) == of_engine(grader, table, tmp_path)


def test_rewards_are_the_same_to_the_last_bit(dataset_of, tmp_path):
    grader, table = load_grader("template:gsm8k"), table_of(dataset_of("gsm8k")[:600])
    rewards = score_table(table, grader)["reward"].to_numpy()
    expected = evaluate(grader, table, out=tmp_path).to_arrow()["reward"].to_numpy()
    assert rewards.tobytes() == expected.tobytes()


def test_a_table_that_is_cut_gives_the_results_of_the_whole(dataset_of):
    grader, table = load_grader("template:gsm8k"), table_of(dataset_of("gsm8k")[:500])
    table = table.append_column("id", pa.array([f"row {number}" for number in range(500)]))
    parts = [score_table(table.slice(start, 70), grader, id_field="id") for start in range(0, 500, 70)]
    assert pa.concat_tables(parts).equals(score_table(table, grader, id_field="id"))


def test_rows_that_cannot_be_graded_have_the_errors_of_the_engine(tmp_path):
    table = pa.table({
        "id": range(5),
        "item": [{"answer": "a"}, None, {"answer": None}, {"answer": "d"}, {"answer": "e"}],
        "sample": ["a", "b", "c", "d", None],
        "noise": [1.0, 2.0, 3.0, NAN, 5.0],
    })  # fmt: skip
    grader = load_grader(EQUAL)
    actual = lines(score_table(table, grader, id_field="id"))
    assert actual == of_engine(grader, table, tmp_path, id_field="id")
    assert [row["reward"] for row in actual] == [1.0, None, 0.0, None, None]
    assert "row 3: column 'noise'" in actual[3]["errors"][0]["detail"]


def test_a_row_is_called_by_its_id_also_where_another_column_cannot_be_read():
    table = pa.table({"id": ["a", "b"], "answer": ["x", "y"], "noise": [0.0, NAN], "sample": ["x", "y"]})
    row = lines(score_table(table, load_grader(EQUAL), id_field="id"))[1]
    assert row["id"] == "b"
    assert row["errors"][0]["detail"] == "row 'b': column 'noise': nan is not JSON"


def test_a_failed_row_is_worth_what_the_options_say():
    grader = load_grader(EQUAL, options=Options(on_error="zero"))
    assert score_table(pa.table({"sample": ["a"]}), grader)["reward"].to_pylist() == [0.0]


@pytest.mark.parametrize(
    ("column", "id_field", "type_of_ids", "expected"),
    [
        (pa.array([7, 8], pa.int32()), "key", "int64", [7, 8]),
        (pa.array(["x", None]), "key", "string", ["x", None]),
        (pa.array(["x", "y"]).dictionary_encode(), "key", "string", ["x", "y"]),
        (pa.array([2**64 - 1, 1], pa.uint64()), "key", "string", ["18446744073709551615", "1"]),
        (pa.array([1.5, 2.0]), "key", "string", ["1.5", "2.0"]),
        (pa.array([{"n": 3}, None]), "key.n", "int64", [3, None]),
        (pa.array([[("n", "x")], []], pa.map_(pa.string(), pa.string())), "key.n", "string", ["x", None]),
        (pa.array([1, 2]), None, "int64", [0, 1]),
        (pa.array([1, 2]), "other", "string", [None, None]),
    ],
)
def test_ids_are_numbers_where_their_column_holds_some(column, id_field, type_of_ids, expected):
    table = pa.table({"key": column, "answer": ["a", "b"], "sample": ["a", "b"]})
    grader = load_grader(EQUAL)
    results = score_table(table, grader, id_field=id_field)
    assert results["id"].to_pylist() == expected
    assert str(results["id"].type) == type_of_ids
    assert result_schema(table.schema, grader, id_field=id_field) == results.schema


def test_ids_of_output_items_are_those_of_their_rows():
    item = {"object": "eval.run.output_item", "datasource_item_id": 4, "datasource_item": {"answer": "a"}}
    results = score_table(table_of([{**item, "sample": {"output_text": "a"}}]), load_grader(EQUAL))
    assert (results["id"].to_pylist(), results["reward"].to_pylist()) == ([4], [1.0])


def test_several_samples_of_a_row_are_told_apart_by_their_index(tmp_path):
    table = table_of([{"item": {"answer": "a"}, "samples": ["a", "b"]}, {"item": {}, "samples": ["c"]}])
    grader = load_grader(EQUAL)
    results = score_table(table, grader)
    assert results.schema == result_schema(table.schema, grader)
    assert results["sample_index"].to_pylist() == [0, 1, 0]
    assert lines(results) == of_engine(grader, table, tmp_path)


def test_fields_are_found_where_they_are_named():
    table = table_of([{"key": 5, "row": {"answer": "a"}, "output": "a"}])
    fields = {"item_field": "row", "sample_field": "output", "id_field": "key"}
    assert lines(score_table(table, load_grader(EQUAL), **fields))[0]["reward"] == 1.0


def test_a_judge_is_asked_and_its_traces_are_kept(tmp_path):
    judge = ScriptedJudge(lambda request: {"steps": [], "result": len(request.messages[0]["content"])})
    grader, table = load_grader(JUDGED, judge=judge), pa.table({"sample": ["a", "bbb", "x" * 9, None]})
    actual = lines(score_table(table, grader))
    assert actual == of_engine(grader, table, tmp_path)
    assert [row["reward"] for row in actual] == [1.0, 3.0, 5.0, None]
    assert actual[0]["traces"][0]["result"] == 1


@pytest.mark.parametrize(("ids", "expected"), [([1, 0], [4.0, 2.0]), (["1", "0"], [None, None])])
def test_a_script_by_row_goes_by_ids_that_are_numbers_and_never_by_places(ids, expected):
    judge = ScriptedJudge({row: {"steps": [], "result": result} for row, result in enumerate([2, 4])})
    table = pa.table({"id": ids, "sample": ["a", "b"]})
    results = score_table(table, load_grader(JUDGED, judge=judge), id_field="id")
    assert results["reward"].to_pylist() == expected


def test_rows_beyond_the_budget_are_there_with_an_error():
    judge = ScriptedJudge(lambda _: {"steps": [], "result": 1}, identity="one")
    grader = load_grader(JUDGED, judge=judge, asking=Asking(Limits(max_calls=2)))
    rows = lines(score_table(pa.table({"sample": list("abcd")}), grader))
    assert len(rows) == 4
    assert [row["errors"][0]["reason"] for row in rows if row["errors"]] == ["budget", "budget"]


def test_an_empty_table_has_the_columns_of_any_other():
    table = pa.table({"id": ["a"], "answer": ["a"], "sample": ["a"]})
    grader = load_grader("template:gsm8k")
    empty, full = (score_table(each, grader, id_field="id") for each in (table[:0], table))
    assert (empty.num_rows, empty.schema) == (0, full.schema)


def test_batches_and_frames_are_tables_too():
    table = pa.table({"answer": ["a", "b"], "sample": ["a", "c"]})
    pandas = pytest.importorskip("pandas", reason="needs the extra `frames`")
    for data in (table.to_batches()[0], pandas.DataFrame({"answer": ["a", "b"], "sample": ["a", "c"]})):
        assert score_table(data, load_grader(EQUAL))["reward"].to_pylist() == [1.0, 0.0]


def test_columns_that_can_hold_no_sample_are_refused():
    grader = load_grader(EQUAL)
    for names in (["item", "output"], ["answer", "output"]):
        with pytest.raises(DataError, match="did you mean --sample-field output"):
            require_sample_column(names, grader)
    require_sample_column(["item", "output"], grader, "output")
    for name in ("sample", "samples"):
        require_sample_column(["item", name], grader)


def test_without_pyarrow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"local-graders\[parquet\]"):
        score_table(None, load_grader(EQUAL))
