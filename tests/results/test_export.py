"""The rows of a run in other files: which columns, which cells, and never half a file."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import MissingExtraError, RunError, evaluate, load_grader
from graders.engine import whole_rows
from graders.results import Columns
from graders.results.export import arrow_batches, arrow_schema, export
from graders.strict_json import loads

PART = {
    "type": "string_check",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.a}}",
}
MULTI = {"type": "multi", "name": "m", "calculate_output": "x", "graders": {"x": PART}, "pass_threshold": 1}
ROWS = [
    {"item": {"a": "é"}, "sample": "é"},
    {"item": {}, "sample": "-1.5"},
    {"item": {"a": "b", "deep": [{"n": 1}]}, "samples": [{"output_text": "b"}, "=1+1"]},
]


@pytest.fixture
def run(tmp_path):
    def evaluate_rows(rows=ROWS, **options):
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return evaluate(load_grader(MULTI), tmp_path / "rows.jsonl", out=tmp_path / "run", **options)

    return evaluate_rows


def exported(results, name, **options):
    path = results.path.parent / name
    n = export(lambda: whole_rows(results), path, Columns.of(results.rows()), **options)
    assert n == results.summary.rows
    return path


def cells_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_has_its_columns_and_cells(run):
    first, failed, object_sample, _ = cells_of(exported(run(), "x.csv"))
    assert first == {
        "row": "0", "id": "0", "sample_index": "", "reward": "1.0", "passed": "true", "sub_rewards.x": "1.0",
        "errors": "", "item": '{"a":"é"}', "sample": "é",
    }  # fmt: skip
    assert (failed["reward"], failed["passed"], failed["sub_rewards.x"]) == ("", "", "")
    assert loads(failed["errors"])[0]["reason"] == "missing_variable"
    assert loads(object_sample["item"]) == {"a": "b", "deep": [{"n": 1}]}
    assert (object_sample["sample_index"], object_sample["sample"]) == ("0", '{"output_text":"b"}')


def test_parquet_has_the_same_cells_with_their_types(run):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `parquet`")
    results = run()
    table = parquet.read_table(exported(results, "x.parquet"))
    assert dict(zip(table.schema.names, map(str, table.schema.types), strict=True)) == {
        "row": "int64", "id": "int64", "sample_index": "int64", "reward": "double", "passed": "bool",
        "sub_rewards.x": "double", "errors": "large_string", "item": "large_string", "sample": "large_string",
    }  # fmt: skip
    assert table.column("reward").to_pylist() == [1.0, None, 1.0, 0.0]
    assert table.column("sample").to_pylist() == ["é", "-1.5", '{"output_text":"b"}', "=1+1"]
    assert results.to_arrow().drop_columns("item") == table.drop_columns("item")


def test_json_lines_are_those_of_the_run(run):
    results = run()
    expected = (results.path / "results.jsonl").read_bytes()
    assert exported(results, "x.jsonl").read_bytes() == expected
    assert gzip.decompress(exported(results, "x.jsonl.gz").read_bytes()) == expected


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_a_slim_run_is_exported_with_item_and_sample(run, name, tmp_path):
    whole = exported(run(), name).read_bytes()
    slim = run(slim=True, overwrite=True)
    assert exported(slim, name, overwrite=True).read_bytes() == whole


def test_groups_of_a_slim_run_are_columns(run):
    rows = cells_of(exported(run(slim=True, group_by=["item.a"]), "x.csv"))
    assert [row["groups.item.a"] for row in rows] == ["é", "(missing)", "b", "b"]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.jsonl.gz", "x.parquet"])
def test_the_same_run_gives_the_same_bytes(run, name):
    results = run()
    first = exported(results, name).read_bytes()
    assert exported(results, name, overwrite=True).read_bytes() == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-x", "'-x"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("-1+1", "'-1+1"),
        ("-5\n=1", "'-5\n=1"),
        ("-5", "-5"),
        ("+3.25e-7", "+3.25e-7"),
        ("-.5", "-.5"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("'=1", "'=1"),
        ("", ""),
        ('a"b,c\r\nd', 'a"b,c\r\nd'),
        ("a\rb", "a\rb"),
        ("a\x00b", "a\x00b"),
        ("\ud800é", "\\ud800é"),
    ],
)
def test_cells_that_a_spreadsheet_would_run_are_quoted_and_no_others(run, text, expected):
    results = run([{"item": {"a": "b"}, "sample": text}])
    (safe,) = cells_of(exported(results, "x.csv"))
    (raw,) = cells_of(exported(results, "raw.csv", raw=True))
    assert safe["sample"] == expected
    assert raw["sample"] == text.replace("\ud800", "\\ud800")


def test_a_negative_reward_stays_a_number(tmp_path):
    grader = load_grader({**MULTI, "calculate_output": "x - 1.5"})
    results = evaluate(grader, [{"item": {"a": "b"}, "sample": "c"}], out=tmp_path / "run")
    assert cells_of(exported(results, "x.csv"))[0]["reward"] == "-1.5"


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.jsonl"])
def test_lone_surrogates_come_through(run, name):
    rows = [{"item": {"a": "\ud800", "\udfff": 1}, "sample": "\ud800"}] * 2
    results = run(rows, id_field="sample")
    exported(results, name)
    assert results.to_arrow().column("sample").to_pylist() == ["\\ud800"] * 2
    assert len(results.to_pandas()) == 2


@pytest.mark.parametrize(
    ("ids", "kind"), [([1, 2], "int64"), ([1, "x"], "large_string"), ([1, 2**70], "large_string")]
)
def test_ids_are_numbers_where_all_are(run, ids, kind):
    pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
    results = run([{"item": {"a": "b", "key": key}, "sample": "b"} for key in ids], id_field="item.key")
    column = results.to_arrow().column("id")
    assert str(column.type) == kind
    assert column.to_pylist() == (ids if kind == "int64" else list(map(str, ids)))


def test_a_file_that_is_there_is_kept_unless_it_may_be_overwritten(run, tmp_path):
    results = run()
    (tmp_path / "x.csv").write_text("mine")
    with pytest.raises(RunError, match=r"x\.csv: is there already; --overwrite replaces it"):
        exported(results, "x.csv")
    assert (tmp_path / "x.csv").read_text() == "mine"
    assert exported(results, "x.csv", overwrite=True).read_text().startswith("row,id")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(RunError, match=r"folder\.csv: is there already$"):
        exported(results, "folder.csv", overwrite=True)


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.csv.gz", "x.jsonl", "x.jsonl.gz"])
def test_an_export_that_fails_leaves_nothing_and_takes_nothing_away(run, tmp_path, name):
    results = run()

    def broken():
        yield from whole_rows(results)
        raise RunError("broken")

    (tmp_path / name).write_text("mine")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(RunError, match="broken"):
        export(broken, tmp_path / name, Columns.of(results.rows()), overwrite=True)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["x.txt", "x", "x.parquet.gz", "x.xlsx"])
def test_a_name_that_does_not_say_its_format_is_refused(run, name):
    with pytest.raises(RunError, match=r"ends in \.parquet, \.csv, \.csv\.gz, \.jsonl, \.jsonl\.gz"):
        exported(run(), name)


def test_without_a_folder_there_is_nothing_to_write_in(run):
    with pytest.raises(RunError, match="none: no such directory"):
        exported(run(), "none/x.csv")


def test_without_pyarrow_parquet_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    results = run()
    with pytest.raises(MissingExtraError, match=r"'local-graders\[parquet\]'"):
        exported(results, "x.parquet")
    with pytest.raises(MissingExtraError, match=r"'local-graders\[frames\]'"):
        results.to_arrow()
    assert sorted(path.name for path in results.path.parent.iterdir()) == ["rows.jsonl", "run"]


def test_rows_are_written_a_few_at_a_time(monkeypatch):
    pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
    monkeypatch.setattr("graders.results.export._GROUP_ROWS", 10)
    row = {"row": 0, "id": 0, "reward": 1.0, "passed": None, "sub_rewards": {}, "errors": [], "item": {}}
    read = []

    def rows():
        for number in range(25):
            read.append(number)
            yield {**row, "row": number, "sample": "x"}

    columns = Columns.of([row])
    batches = arrow_batches(rows(), columns)
    assert next(batches).num_rows == 10
    assert len(read) == 10
    assert [batch.num_rows for batch in batches] == [10, 5]
    assert arrow_schema(columns).names == ["row", "id", "reward", "passed", "errors", "item", "sample"]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_no_cell_can_be_run_and_raw_cells_come_back(tmp_path_factory, samples):
    folder = tmp_path_factory.mktemp("export")
    base = {"id": 0, "reward": None, "passed": None, "sub_rewards": {}, "errors": [], "item": {}}
    rows = [{"row": number, **base, "sample": sample} for number, sample in enumerate(samples)]
    for name, raw in (("safe.csv", False), ("raw.csv", True)):
        export(lambda: rows, folder / name, Columns.of(rows), raw=raw)
    escaped = [sample.encode("utf-8", "backslashreplace").decode() for sample in samples]
    assert [row["sample"] for row in cells_of(folder / "raw.csv")] == escaped
    for row in cells_of(Path(folder, "safe.csv")):
        assert not row["sample"].startswith(("=", "@", "\t", "\r"))
