"""What Arrow holds, as the values that JSON has."""

from datetime import date, time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import Failure
from graders.tables import arrow_values, table_of

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")


def rows_of(table):
    return [row for row, _ in table_of(table).rows()]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([True, None]), [True, None]),
        (pa.array([1, None], pa.int8()), [1, None]),
        (pa.array([2**63 - 1, -(2**63)]), [2**63 - 1, -(2**63)]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
        (pa.array([1.5, None]), [1.5, None]),
        (pa.array([0.1], pa.float32()), [0.10000000149011612]),
        (pa.array([np.float16(1.5), None], pa.float16()), [1.5, None]),
        (pa.array(["é", "", None]), ["é", "", None]),
        (pa.array(["é", None], pa.large_string()), ["é", None]),
        (pa.array(["é", None], pa.string_view()), ["é", None]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.nulls(2), [None, None]),
        (pa.array([[1, 2], None, []]), [[1, 2], None, []]),
        (pa.array([[1, 2], None], pa.large_list(pa.int64())), [[1, 2], None]),
        (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float64(), 2)), [[1.0, 2.0], None, [3.0, 4.0]]),
        (pa.array([[1, 2], None], pa.list_view(pa.int64())), [[1, 2], None]),
        (pa.array([{"a": [{"b": 1}]}, None]), [{"a": [{"b": 1}]}, None]),
        (pa.array([{}, None], pa.struct([])), [{}, None]),
        (pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int8())), [{"k": 1}, None, {}]),
        (pa.array([Decimal("12.30"), Decimal("-0.10")]), [12.3, -0.1]),
        (pa.array([Decimal(10**30)], pa.decimal128(38, 0)), [10**30]),
        (pa.array([date(2024, 2, 29), date(1, 1, 1), None]), ["2024-02-29", "0001-01-01", None]),
        (pa.array([date(2024, 2, 29)], pa.date64()), ["2024-02-29"]),
        (pa.array([time(1, 2, 3), time(4, 5, 6, 7)]), ["01:02:03", "04:05:06.000007"]),
        (pa.array([0, 1_700_000_000], pa.timestamp("s")), ["1970-01-01T00:00:00", "2023-11-14T22:13:20"]),
        (pa.array([-1], pa.timestamp("us")), ["1969-12-31T23:59:59.999999"]),
        (pa.array([1], pa.timestamp("ns", tz="Europe/Berlin")), ["1970-01-01T00:00:00.000000001+00:00"]),
        (pa.array([90_500, -1, 0], pa.duration("ms")), ["PT90.5S", "-PT0.001S", "PT0S"]),
        (pa.array([[1]], pa.list_(pa.timestamp("ns"))), [["1970-01-01T00:00:00.000000001"]]),
    ],
)  # fmt: skip
def test_every_type_has_its_word(array, expected):
    for values in (array, pa.concat_arrays([array, array])[len(array) :]):
        actual = arrow_values(values)
        assert actual == expected
        assert list(map(type, actual)) == list(map(type, expected))


NO_UTF8 = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"fine"]).buffers())


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([float("nan"), 1.0]), "nan is not JSON"),
        (pa.array([float("-inf"), None]), "-inf is not JSON"),
        (pa.array([[float("nan")], [1.0]]), "nan is not JSON"),
        (pa.array([b"x", None]), "JSON has no word for binary data"),
        (pa.array([b"x", None], pa.large_binary()), "JSON has no word for binary data"),
        (pa.array([{"image": b"x"}, {"image": None}]), "JSON has no word for binary data"),
        (NO_UTF8, "not UTF-8 at byte 1"),
        (pa.array([[(1, 2)], []], pa.map_(pa.int64(), pa.int64())), "expected keys that are texts; got 1"),
        (pa.array([[("k", 2), ("k", 3)], []], pa.map_(pa.string(), pa.int64())), "key 'k' stands twice"),
        (pa.array([2**62, 0], pa.timestamp("s")), "a moment beyond the year 9999"),
        (pa.array([2**30, 0], pa.date32()), "a day beyond the year 9999"),
    ],
)
def test_what_has_no_word_costs_its_row_only(column, reason):
    failed, fine = rows_of(pa.table({"n": [1, 2], "x": column}))
    assert failed == Failure("wrong_shape", f"row 0: column 'x': {reason}")
    assert fine["n"] == 2


def test_a_failure_names_the_row_of_the_whole_table():
    table = pa.table({"x": [1.0] * 2500 + [float("nan")]})
    assert rows_of(table)[2500].detail == "row 2500: column 'x': nan is not JSON"


def test_a_struct_with_two_fields_of_one_name_is_refused_row_by_row():
    column = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    assert rows_of(pa.table({"x": column}))[0].detail == "row 0: column 'x': a field stands twice: a, a"


CELLS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "flags": st.none() | st.lists(st.none() | st.booleans(), max_size=3),
            "deep": st.none() | st.lists(st.fixed_dictionaries({"n": st.integers(-9, 9)}), max_size=2),
        }
    ),
)


@given(st.lists(CELLS, min_size=1, max_size=12), st.integers(0, 12), st.integers(1, 5))
def test_plain_values_are_those_that_arrow_gives_however_they_are_cut(cells, start, step):
    item = pa.struct(
        {
            "text": pa.string(),
            "number": pa.float64(),
            "flags": pa.list_(pa.bool_()),
            "deep": pa.list_(pa.struct({"n": pa.int64()})),
        }
    )
    table = pa.table({"item": pa.array(cells, item)}).slice(start)
    expected = table.to_pylist()
    assert rows_of(table) == expected
    assert rows_of(pa.Table.from_batches(table.to_batches(step), table.schema)) == expected


def test_a_row_beyond_the_limit_fails_alone(monkeypatch):
    monkeypatch.setattr("graders.tables.pieces.MAX_ROW", 1000)
    rows = rows_of(pa.table({"x": ["a", "b" * 5000, "c"]}))
    assert (rows[0], rows[1].reason, rows[2]) == ({"x": "a"}, "line_too_long", {"x": "c"})
