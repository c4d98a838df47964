"""Files of columns: Parquet, Arrow, and what Hugging Face saves."""

import json
import random
import subprocess
import sys

import pytest

from graders import evaluate, load_grader
from graders.dataset import open_dataset
from graders.errors import DataError, MissingExtraError

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
datasets = pytest.importorskip("datasets", reason="needs Hugging Face's datasets")

EXACT = {
    "type": "string_check",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}


def write_parquet(table, path, step):
    from pyarrow import parquet

    parquet.write_table(table, path, row_group_size=step)


def write_stream(table, path, step):
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table, max_chunksize=step)


def write_feather(table, path, step):
    from pyarrow import feather

    feather.write_feather(table, str(path), chunksize=step, compression="zstd")


def write_saved(table, path, step):
    shards = max(1, -(-table.num_rows // step))
    datasets.Dataset.from_list(table.to_pylist()).save_to_disk(path, num_shards=shards)


WRITERS = {
    "rows.parquet": write_parquet,
    "ROWS.Arrow": write_stream,
    "rows.feather": write_feather,
    "saved": write_saved,
}


@pytest.fixture(params=WRITERS)
def written(request, tmp_path):
    """Write numbered rows, `step` a batch; give the dataset."""

    def write(n, step=400, padding=0):
        datasets.disable_progress_bars()
        rows = [{"item": {"n": number, "p": "x" * padding}, "sample": "a"} for number in range(n)]
        WRITERS[request.param](pa.Table.from_pylist(rows), tmp_path / request.param, step)
        return open_dataset(tmp_path / request.param)

    return write


def numbers(dataset, rows=1000):
    return [[row.item["n"] for row in block.rows] for block in dataset.blocks(rows)]


@pytest.mark.parametrize("n", [1, 399, 400, 401, 2500])
def test_no_row_is_lost_or_doubled(written, n):
    dataset = written(n)
    assert sum(numbers(dataset), []) == list(range(n))  # noqa: RUF017  few and short
    assert [len(block) for block in numbers(dataset, 300)] == [300] * (n // 300) + [n % 300] * (n % 300 > 0)


def test_a_block_ends_by_its_bytes(written, monkeypatch):
    monkeypatch.setattr("graders.dataset.BLOCK_BYTES", 100_000)
    assert max(map(len, numbers(written(500, padding=2000)))) < 60


@pytest.mark.parametrize("step", [400, 2500])
def test_positions_ascend_to_the_size_even_within_a_batch(written, step):
    dataset = written(2500, step, padding=20)
    positions = [block.position for block in dataset.blocks()]
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] == dataset.size


def test_the_fingerprint_is_that_of_the_files(written):
    first = written(5).fingerprint()
    assert first == written(5).fingerprint() != written(6).fingerprint()
    assert len(first) == 64


def test_a_column_named_item_that_is_no_struct_says_which_option_helps(tmp_path):
    write_parquet(pa.table({"item": ["a"], "sample": ["b"]}), tmp_path / "rows.parquet", 10)
    results = evaluate(load_grader(EXACT), tmp_path / "rows.parquet", out=tmp_path / "run")
    (error,) = next(results.rows())["errors"]
    assert error["code"] == "row_parse_error"
    assert error["detail"].endswith("to be an object; got a text (--item-field names its field)")


def test_a_run_over_parquet_goes_on_and_a_slim_one_finds_its_rows(tmp_path):
    from graders.engine import whole_rows

    data, run = tmp_path / "rows.parquet", tmp_path / "run"
    write_parquet(pa.table({"answer": ["a"] * 1500, "sample": ["a", "b", None] * 500}), data, 700)
    whole = evaluate(load_grader(EXACT), data, out=run, slim=True).path / "results.jsonl"
    expected = whole.read_bytes()
    whole.write_bytes(expected[: len(expected) // 2])
    results = evaluate(load_grader(EXACT), data, out=run, slim=True, resume=True)
    assert whole.read_bytes() == expected
    assert [row["sample"] for row in whole_rows(results)][:3] == ["a", "b", None]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("rows.parquet", b"", "torn, damaged or no Parquet file"),
        ("rows.parquet", b'{"a": 1}\n', "torn, damaged or no Parquet file"),
        ("rows.arrow", b"", "torn, damaged or no Arrow file"),
        ("rows.arrow", b'{"a": 1}\n', "torn, damaged or no Arrow file"),
        ("rows.feather", b"FEA1....", "it is of Feather's first version"),
        ("rows.arrow", b"PAR1....", r"it is a Parquet file; its name should end in \.parquet"),
        ("rows.jsonl", b"PAR1\x00\xff", None),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    blocks = open_dataset(tmp_path / name).blocks()
    if reason is None:
        assert next(blocks).rows[0].failure is not None
        return
    with pytest.raises(DataError, match=reason):
        next(blocks)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.feather"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_torn_file_is_refused_and_what_was_read_counts(tmp_path, name, share):
    rows = [{"n": number, "text": f"{number} words " * 20} for number in range(5000)]
    WRITERS.get(name, write_stream)(pa.Table.from_pylist(rows), tmp_path / name, 500)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    found = []
    blocks = open_dataset(tmp_path / name).blocks()
    with pytest.raises(DataError, match="torn, damaged or no"):
        found.extend(row.item["n"] for block in blocks for row in block.rows)
    assert found == list(range(len(found)))


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.feather"])
def test_a_damaged_file_never_ends_the_process(tmp_path, name):
    """A few bytes changed anywhere: rows, row errors or a refusal, and nothing else."""
    rows = [
        {"item": {"n": n, "text": f"{n} é" * n, "l": [{"x": "y", "z": [0.5]}] * (n % 4)}} for n in range(40)
    ]
    words = pa.array(["a", "b"] * 20).dictionary_encode()
    table = pa.Table.from_pylist(rows).append_column("word", words)
    WRITERS.get(name, write_stream)(table, tmp_path / name, 15)
    whole = (tmp_path / name).read_bytes()
    chance, refused = random.Random(8), 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / name).write_bytes(damaged)
        try:
            list(open_dataset(tmp_path / name).blocks())
        except DataError:
            refused += 1
    assert 0 < refused < 200


def test_columns_that_cannot_be_rows_are_refused(tmp_path):
    for columns, reason in (([], "there are no columns"), (["a", "a"], "column 'a' stands twice")):
        table = pa.Table.from_arrays([pa.array([1])] * len(columns), names=columns)
        write_parquet(table, tmp_path / "rows.parquet", 10)
        write_stream(table, tmp_path / "rows.arrow", 10)
        for name in ("rows.parquet", "rows.arrow"):
            if name == "rows.arrow" and not columns:
                continue  # a stream without columns has no rows either
            with pytest.raises(DataError, match=rf"{name}: {reason}"):
                next(open_dataset(tmp_path / name).blocks())


def test_a_table_without_rows_has_none(written, tmp_path):
    write_parquet(pa.table({"answer": pa.array([], pa.string())}), tmp_path / "none.parquet", 10)
    assert list(open_dataset(tmp_path / "none.parquet").blocks()) == []
    with pytest.raises(DataError, match=r"none\.parquet: there are no rows"):
        evaluate(load_grader(EXACT), tmp_path / "none.parquet", out=tmp_path / "run")


def test_the_splits_of_a_saved_dataset_are_named(tmp_path):
    rows = datasets.Dataset.from_dict({"answer": ["a"]})
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "saved")
    with pytest.raises(DataError, match="holds the splits of a dataset; name the folder of one: test, train"):
        open_dataset(tmp_path / "saved")
    assert [len(block.rows) for block in open_dataset(tmp_path / "saved" / "test").blocks()] == [1]


def test_a_saved_dataset_that_is_not_whole_is_refused(tmp_path):
    datasets.Dataset.from_dict({"answer": ["a"]}).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(DataError, match=r"there is no data-00000-of-00001\.arrow"):
        open_dataset(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").write_text("x")
    with pytest.raises(DataError, match=r"state\.json: cannot be read"):
        open_dataset(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").unlink()
    with pytest.raises(DataError, match=r"there is no data-\*\.arrow"):
        open_dataset(tmp_path / "saved")


def test_files_outside_of_a_saved_dataset_are_not_read(tmp_path):
    write_stream(pa.table({"answer": ["secret"]}), tmp_path / "other.arrow", 10)
    datasets.Dataset.from_dict({"answer": ["a"]}).save_to_disk(tmp_path / "saved")
    state = {"_data_files": [{"filename": "../other.arrow"}]}
    (tmp_path / "saved" / "state.json").write_text(json.dumps(state))
    with pytest.raises(DataError, match=r"there is no other\.arrow"):
        open_dataset(tmp_path / "saved")


def test_without_pyarrow_a_file_says_what_to_install(tmp_path, monkeypatch):
    write_parquet(pa.table({"answer": ["a"]}), tmp_path / "rows.parquet", 10)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"reading a Parquet file .*'local-graders\[parquet\]'"):
        list(open_dataset(tmp_path / "rows.parquet").blocks())


PEAK = """
import re, sys
from graders.dataset import open_dataset
list(open_dataset(sys.argv[1]).blocks())[-1:]
def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before = peak = held()
rows = 0
for block in open_dataset(sys.argv[2]).blocks():
    rows, peak = rows + len(block.rows), max(peak, held())
print(rows, peak - before)
"""


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow"])
def test_memory_does_not_grow_with_the_file(tmp_path, name):
    """All rows in one row group, one batch: 120 MB of text."""
    text = pa.array([f"{number:04d}" * 250 for number in range(200)]).take(
        pa.array([place * 37 % 200 for place in range(120_000)], pa.int32())
    )
    table = pa.table({"answer": text, "sample": text})
    writer = WRITERS.get(name, write_stream)
    writer(table.slice(0, 2000), tmp_path / f"few{name}", 2000)
    writer(table, tmp_path / name, 120_000)
    few, many = (str(tmp_path / each) for each in (f"few{name}", name))
    done = subprocess.run([sys.executable, "-c", PEAK, few, many], capture_output=True, text=True, check=True)
    rows, megabytes = done.stdout.split()
    assert rows == "120000"
    assert float(megabytes) < 100
