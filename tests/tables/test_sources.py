"""Tables in memory: frames, relations, datasets; as rows for a run and as columns to score."""

import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from graders import DataError, MissingExtraError, evaluate, load_grader
from graders.dataset import open_dataset

datasets = pytest.importorskip("datasets", reason="needs Hugging Face's datasets")
duckdb = pytest.importorskip("duckdb", reason="needs duckdb")
pd = pytest.importorskip("pandas", reason="needs the extra `frames`")
pl = pytest.importorskip("polars", reason="needs polars")
pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")

ROWS = [{"item": {"answer": text, "n": n}, "sample": "b"} for n, text in enumerate("abé")]
EXACT = {
    "type": "string_check",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}


def reader():
    table = pa.Table.from_pylist(ROWS)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))


TABLES = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas with arrow types": lambda: pa.Table.from_pylist(ROWS).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.DataFrame(ROWS),
    "arrow": lambda: pa.Table.from_pylist(ROWS),
    "record batch": lambda: pa.RecordBatch.from_pylist(ROWS),
    "reader": reader,
    "duckdb": lambda: duckdb.sql(
        "select {'answer': answer, 'n': n} as item, 'b' as sample "
        "from (values ('a', 0::bigint), ('b', 1), ('é', 2)) as t(answer, n)"
    ),
    "hugging face": lambda: datasets.Dataset.from_list(ROWS),
    "hugging face, in another order": lambda: datasets.Dataset.from_list(ROWS[::-1]).select([2, 1, 0]),
    "hugging face, streamed": lambda: datasets.Dataset.from_list(ROWS).to_iterable_dataset(),
}  # fmt: skip


def items(source):
    rows = [row for block in open_dataset(source).blocks() for row in block.rows]
    return [row.item if row.failure is None else row.failure.detail for row in rows]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_twice_and_is_the_same_data_as_its_rows(name):
    dataset = open_dataset(TABLES[name]())
    for _ in range(2):
        assert [row.item for block in dataset.blocks() for row in block.rows] == [row["item"] for row in ROWS]
    assert dataset.fingerprint() == open_dataset(ROWS).fingerprint()


@pytest.mark.parametrize("name", ["pandas", "polars", "duckdb", "hugging face"])
def test_a_run_over_a_table_has_the_bytes_of_a_run_over_its_rows(name, tmp_path):
    grader = load_grader(EXACT)
    expected = evaluate(grader, ROWS, out=tmp_path / "rows").path / "results.jsonl"
    actual = evaluate(grader, TABLES[name](), out=tmp_path / "table").path / "results.jsonl"
    assert actual.read_bytes() == expected.read_bytes()
    resumed = evaluate(grader, ROWS, out=tmp_path / "table", resume=True)
    assert resumed.summary.rows == 3


def test_fields_of_a_table_are_named_as_those_of_a_file(tmp_path):
    frame = pd.DataFrame({"answer": ["a", "b"], "output": ["a", None], "key": [7, 8]}, index=[5, 9])
    results = evaluate(load_grader(EXACT), frame, out=tmp_path / "run", sample_field="output", id_field="key")
    assert [(row["id"], row["reward"]) for row in results.rows()] == [(7, 1.0), (8, None)]


def test_objects_in_a_frame_keep_their_own_keys():
    cells = [{"a": 1}, {"b": [1, "x", None], "c": {}}]
    assert items(pd.DataFrame({"item": cells})) == cells


def test_what_pandas_means_by_missing_is_null():
    frame = pd.DataFrame(
        {
            "float": [1.5, np.nan],
            "object": pd.Series([{"a": 1}, np.nan], dtype=object),
            "text": ["x", None],
            "integer": pd.array([1, None], dtype="Int64"),
            "time": pd.to_datetime(["2024-01-02T03:04:05", None]),
            "category": pd.Categorical(["u", None]),
            "mixed": pd.Series([pd.NA, pd.NaT], dtype=object),
        }
    )
    first, second = items(frame)
    assert first == {
        "float": 1.5, "object": {"a": 1}, "text": "x", "integer": 1,
        "time": "2024-01-02T03:04:05", "category": "u", "mixed": None,
    }  # fmt: skip
    assert second == dict.fromkeys(first)


def test_python_and_numpy_values_in_a_frame_have_their_words():
    cells = [np.array([1, 2]), np.float64(0.5), datetime(2024, 1, 2), "\ud800", 2**70, (1, [np.int8(3)])]
    expected = [[1, 2], 0.5, "2024-01-02T00:00:00", "\ud800", 2**70, [1, [3]]]
    assert [item["x"] for item in items(pd.DataFrame({"x": pd.Series(cells, dtype=object)}))] == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (float("inf"), "inf is not JSON"),
        ([float("nan")], "nan is not JSON"),
        (b"x", "JSON has no word for bytes"),
        ({1: 2}, "expected keys that are texts; got 1"),
        ({1}, "JSON has no word for set"),
        (pd.Period("2024-01"), "JSON has no word for Period"),
    ],
)
def test_what_has_no_word_in_a_frame_costs_its_row_only(cell, reason):
    frame = pd.DataFrame({"x": pd.Series([cell, "fine"], dtype=object)})
    assert items(frame) == [f"row 0: column 'x': {reason}", {"x": "fine"}]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: pd.DataFrame(), "the frame: there are no columns"),
        (lambda: pl.DataFrame(), "the table: there are no columns"),
        (lambda: pd.DataFrame({0: [1]}), "the frame: expected columns whose names are texts; got 0"),
        (lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]), "the frame: column 'a' stands twice"),
        (lambda: pa.table([[1], [2]], names=["a", "a"]), "the table: column 'a' stands twice"),
        (lambda: pl.Series([1]), "the table cannot be read: Cannot import schema"),
        (lambda: pl.LazyFrame({"a": [1]}), r"got LazyFrame \(collect\(\) makes a frame of it\)"),
        (lambda: {"train": ROWS}, "expected a path, rows or a table; got dict of 'train'"),
        (lambda: 5, "expected a path, rows or a table; got int"),
        (lambda: duckdb.sql("select error('broken') as x"), "the table cannot be read: .*broken"),
    ],
)
def test_what_is_no_table_is_refused(make, reason):
    with pytest.raises(DataError, match=reason):
        open_dataset(make())


def test_a_table_without_rows_is_refused_and_leaves_no_directory(tmp_path):
    with pytest.raises(DataError, match="there are no rows"):
        evaluate(load_grader(EXACT), pl.DataFrame({"answer": []}), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


COLUMNS = {
    "pandas": lambda values: pd.Series(values),
    "pandas objects": lambda values: pd.Series(values, dtype=object),
    "polars": lambda values: pl.Series(values),
    "arrow": lambda values: pa.array(values),
    "arrow, chunked": lambda values: pa.chunked_array([values[:1], values[1:]]),
    "hugging face": lambda values: datasets.Dataset.from_dict({"x": values})["x"],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_and_a_column_are_scored(name):
    grader = load_grader(EXACT)
    samples = COLUMNS[name](["a", None, "x"])
    for table in (pd.DataFrame({"answer": list("abc")}), pl.DataFrame({"answer": list("abc")})):
        values = grader.score(table, samples).values.tolist()
        assert (values[0], np.isnan(values[1]), values[2]) == (1.0, True, 0.0)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_objects_are_scored(name):
    samples = COLUMNS[name]([{"output_text": "a"}, {"output_text": "b"}])
    column = COLUMNS[name]([{"answer": "a"}, {"answer": "a"}])
    assert load_grader(EXACT).score(column, samples).values.tolist() == [1.0, 0.0]


def test_a_row_that_json_cannot_hold_is_a_row_error():
    scores = load_grader(EXACT).score(
        pl.DataFrame({"answer": ["a", "a"], "x": [float("nan"), 1.0]}), ["a", "a"]
    )
    assert [error.reason for error in scores.row_errors(0)] == ["wrong_shape"]
    assert scores.values[1] == 1.0


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length: 2 and 1"):
        load_grader(EXACT).score(pl.DataFrame({"answer": ["a", "b"]}), pl.Series(["a"]))


def test_without_pyarrow_a_table_says_what_to_install(monkeypatch):
    frame, column = pl.DataFrame(ROWS), pl.Series(["a"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for use in (lambda: open_dataset(frame), lambda: load_grader(EXACT).score([{}], column)):
        with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[frames\]'"):
            use()


def test_rows_without_a_table_load_nothing_of_the_kind(tmp_path):
    program = (
        "import sys; from graders import evaluate, load_grader\n"
        f"evaluate(load_grader({EXACT!r}), {ROWS!r}, out='run')\n"
        "print([name for name in ('pyarrow', 'pandas', 'polars', 'datasets') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
