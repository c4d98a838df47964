"""Blocks: no row is lost or doubled at their edges, and memory is bounded by them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.dataset import open_dataset
from graders.errors import DataError, Failure


@pytest.fixture
def numbered(tmp_path):
    def write(n, name="rows.jsonl", padding=0):
        rows = [{"a": number, "p": "x" * padding} for number in range(n)]
        if name.endswith(".csv"):
            text = "a,p\n" + "".join(f"{row['a']},{row['p']}\n" for row in rows)
        else:
            text = (
                json.dumps(rows)
                if name.endswith(".json")
                else "".join(json.dumps(row) + "\n" for row in rows)
            )
        (tmp_path / name).write_text(text)
        return open_dataset(tmp_path / name)

    return write


def test_a_block_ends_by_its_rows(numbered):
    assert [len(block.rows) for block in numbered(2500).blocks()] == [1000, 1000, 500]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv"])
def test_a_block_ends_by_its_bytes(numbered, monkeypatch, name):
    monkeypatch.setattr("graders.dataset.BLOCK_BYTES", 1000)
    monkeypatch.setattr("graders.dataset.readers._LINES_BYTES", 400)
    lengths = [len(block.rows) for block in numbered(20, name, padding=400).blocks()]
    assert lengths == [3] * 6 + [2]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.json"])
@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 20, 37])
def test_no_row_is_lost_or_doubled(numbered, name, n):
    blocks = list(numbered(n, name).blocks(10))
    numbers = [row.number for block in blocks for row in block.rows]
    values = [int(row.item["a"]) for block in blocks for row in block.rows]
    assert numbers == values == list(range(n))


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.json"])
def test_positions_ascend_to_the_size(numbered, name):
    dataset = numbered(2500, name, padding=20)
    positions = [block.position for block in dataset.blocks()]
    assert positions == sorted(positions)
    assert positions[0] > 0
    assert positions[-1] == dataset.size


def test_a_dataset_is_read_as_often_as_asked(numbered):
    dataset = numbered(30)
    assert [len(block.rows) for _ in range(2) for block in dataset.blocks(20)] == [20, 10, 20, 10]


def test_the_samples_of_a_row_stay_in_its_block():
    rows = [{"item": {"n": n}, "samples": ["x", "y", "z"]} for n in range(4)]
    blocks = list(open_dataset(rows).blocks(2))
    assert [[(row.number, row.sample_index) for row in block.rows] for block in blocks] == [
        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)],
        [(2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (3, 2)],
    ]


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 7))
def test_rows_in_memory_come_in_order_whatever_the_block(counts, size):
    rows = [{"item": {"n": n}, "samples": ["s"] * count} for n, count in enumerate(counts)]
    read = [(row.number, row.sample_index) for block in open_dataset(rows).blocks(size) for row in block.rows]
    assert read == [
        (n, index if count else None) for n, count in enumerate(counts) for index in range(count or 1)
    ]


def test_a_batch_holds_the_reasons_of_unreadable_rows():
    (block,) = open_dataset([{"item": {"a": 1}, "sample": "s"}, {"item": 5}]).blocks()
    batch = block.batch
    assert (batch.items, batch.samples) == ([{"a": 1}, None], ["s", None])
    assert {row: failure.reason for row, failure in batch.failures.items()} == {1: "wrong_shape"}


def test_the_fingerprint_is_that_of_the_data(numbered):
    assert numbered(3).fingerprint() == numbered(3).fingerprint() != numbered(4).fingerprint()
    in_memory = [open_dataset([{"a": value}]).fingerprint() for value in (None, 0, "0", 0)]
    assert in_memory[1] == in_memory[3]
    assert len(set(in_memory)) == 3


def test_rows_in_memory_are_copied():
    rows = [{"a": 1}]
    dataset = open_dataset(rows)
    rows[0]["b"] = 2
    assert [row.item for block in dataset.blocks() for row in block.rows] == [{"a": 1}]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"a": float("nan")}, "row 1 cannot be written as JSON: Out of range float values"),
        ({"a": [float("inf")]}, "row 1 cannot be written as JSON: Out of range float values"),
        ({"a": {1, 2}}, "row 1 cannot be written as JSON: Object of type set"),
        ({"a": b"x"}, "row 1 cannot be written as JSON: Object of type bytes"),
        ({1: "a"}, "row 1 cannot be written as JSON: expected keys that are texts; got 1"),
        ("ab", "row 1: expected a mapping; got str"),
        (5, "row 1: expected a mapping; got int"),
        (None, "row 1: expected a mapping; got NoneType"),
    ],
)
def test_rows_in_memory_hold_what_a_file_could_hold(row, expected):
    with pytest.raises(DataError, match=expected):
        open_dataset([{"a": None}, row])


def test_rows_in_memory_that_hold_themselves_are_refused():
    row = {}
    row["row"] = row
    with pytest.raises(DataError, match="row 0 cannot be written as JSON"):
        open_dataset([row])


def test_an_unreadable_row_has_a_failure_and_its_number(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\nx\n{"a": 2}\n')
    (block,) = open_dataset(tmp_path / "rows.jsonl").blocks()
    assert [(row.number, row.id, type(row.failure)) for row in block.rows] == [
        (0, 0, type(None)),
        (1, 1, Failure),
        (2, 2, type(None)),
    ]
