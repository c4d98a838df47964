"""From a raw line to rows: where the item, the sample and the id stand, and what cannot be a row."""

import gzip
import json
from pathlib import Path as FilePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch import Path
from graders.dataset import Row, RowMapping, open_dataset


def path(text):
    try:
        return Path.parse(text)
    except ValueError:
        return Path(text, text)


def rows_of(raw, item_field=None, sample_field=None, id_field=None):
    fields = (None if text is None else path(text) for text in (item_field, sample_field, id_field))
    return list(RowMapping(*fields).rows(7, raw))


def only_row(raw, **fields):
    (row,) = rows_of(raw, **fields)
    return row


def failure_of(raw, **fields):
    row = only_row(raw, **fields)
    assert row.item is None
    assert row.sample is None
    assert row.failure is not None
    return row.failure.reason, row.failure.detail


@pytest.mark.parametrize("sample", ["text", "", {"output_text": "x"}, {}, None])
def test_a_row_of_item_and_sample_splits_into_the_two(sample):
    expected = Row(7, None, 7, {"a": 1}, sample, None)
    assert only_row({"item": {"a": 1}, "sample": sample}) == expected


def test_a_row_without_a_sample_has_none():
    assert only_row({"item": {"a": 1}}).sample is None


def test_a_row_without_item_but_with_sample_splits_into_the_two():
    row = only_row({"question": "q", "sample": "s"})
    assert (row.item, row.sample) == ({"question": "q"}, "s")


def test_a_flat_row_is_itself_the_item():
    assert only_row({"question": "q", "answer": "a"}).item == {"question": "q", "answer": "a"}


def test_the_empty_object_is_a_row():
    assert only_row({}).item == {}


def test_the_item_of_a_flat_row_keeps_the_field_of_the_sample():
    row = only_row({"question": "q", "output": "o"}, sample_field="output")
    assert (row.item, row.sample) == ({"question": "q", "output": "o"}, "o")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"model": {"output": "o"}}, "model.output"),
        ({"outputs": ["o", "p"]}, "outputs[0]"),
        ({"outputs": ["o", "p"]}, "outputs.0"),
        ({"model": '{"output": "o"}'}, "model.output"),
        ({"model output": "o"}, "model output"),
        ({"model.output": "o"}, "model.output"),
        ({"": "o"}, ""),
        ({"出力": "o"}, "出力"),
    ],
)
def test_the_field_of_the_sample_is_a_path_or_a_name(raw, field):
    assert only_row(raw, sample_field=field).sample == "o"


def test_a_name_goes_before_a_path():
    assert only_row({"a.b": "name", "a": {"b": "path"}}, sample_field="a.b").sample == "name"


def test_the_fields_of_item_and_id_are_paths_too():
    row = only_row({"data": {"row": {"x": 1}, "key": "k9"}}, item_field="data.row", id_field="data.key")
    assert (row.item, row.id) == ({"x": 1}, "k9")


@pytest.mark.parametrize("value", ["k", 0, 1.5, None, True, [1], {"a": 1}])
def test_an_id_is_kept_as_it_is(value):
    assert only_row({"key": value}, id_field="key").id == value


def test_an_unreadable_row_keeps_its_id_where_it_has_one():
    assert only_row({"key": "k", "item": 5}, id_field="key").id == "k"
    assert only_row({"key": "k", "item": {}, "sample": 5}, id_field="key").id == "k"
    assert only_row({"key": "k"}, id_field="key", sample_field="output").id == "k"
    assert only_row([], id_field="key").id == 7


def test_each_of_several_samples_is_a_row():
    rows = rows_of(
        {"item": {"a": 1}, "samples": ["x", {"output_text": "y"}, None], "key": "k"}, id_field="key"
    )
    assert rows == [
        Row(7, 0, "k", {"a": 1}, "x", None),
        Row(7, 1, "k", {"a": 1}, {"output_text": "y"}, None),
        Row(7, 2, "k", {"a": 1}, None, None),
    ]


def test_samples_do_not_belong_to_the_item_of_a_flat_row():
    assert rows_of({"a": 1, "samples": ["x"]})[0].item == {"a": 1}


def test_sample_goes_before_samples():
    row = only_row({"item": {}, "sample": "one", "samples": ["x", "y"]})
    assert (row.sample, row.sample_index) == ("one", None)


def test_a_named_field_goes_before_samples():
    assert only_row({"output": "o", "samples": ["x", "y"]}, sample_field="output").sample == "o"


@pytest.mark.parametrize("samples", [[], "x", {"a": 1}, None, 3])
def test_samples_are_an_array_with_entries(samples):
    assert failure_of({"item": {}, "samples": samples}) == (
        "wrong_shape",
        "row 7: expected 'samples' to be an array with entries",
    )


def test_one_wrong_sample_of_several_fails_alone_and_loses_none():
    rows = rows_of({"item": {"a": 1}, "samples": ["x", 5, "y"]})
    assert [(row.sample_index, row.sample, row.failure and row.failure.reason) for row in rows] == [
        (0, "x", None),
        (1, None, "wrong_shape"),
        (2, "y", None),
    ]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("x", "a text"), (3, "a number"), (None, "null"), (True, "true"), (1.5, "a number")],
)
def test_a_row_is_an_object(raw, kind):
    assert failure_of(raw) == ("not_an_object", f"row 7: expected an object; got {kind}")


def test_an_array_of_rows_is_told_where_it_belongs():
    hint = "an array of rows belongs in a .json file"
    assert failure_of([1]) == ("not_an_object", f"row 7: expected an object; got an array ({hint})")


@pytest.mark.parametrize(("item", "kind"), [("x", "a text"), (None, "null"), ([], "an array")])
def test_an_item_is_an_object(item, kind):
    expected = f"row 7: expected the item to be an object; got {kind} (--item-field names its field)"
    assert failure_of({"item": item}) == ("wrong_shape", expected)


@pytest.mark.parametrize(("sample", "kind"), [(3, "a number"), (["x"], "an array"), (False, "false")])
def test_a_sample_is_a_text_or_an_object(sample, kind):
    expected = f"row 7: expected the sample to be a text or an object; got {kind}"
    assert failure_of({"item": {}, "sample": sample}) == ("wrong_shape", expected)


@pytest.mark.parametrize("option", ["item_field", "sample_field", "id_field"])
def test_a_missing_field_names_the_fields_that_are_there(option):
    expected = ("missing_field", "row 7: no field 'output'; the row has question, answer")
    assert failure_of({"question": 1, "answer": 2}, **{option: "output"}) == expected


def test_a_wide_row_names_its_first_fields_only():
    _, detail = failure_of({f"column{index}": index for index in range(10_000)}, id_field="key")
    assert len(detail) < 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
raw_rows = json_values | st.dictionaries(
    st.sampled_from(["item", "sample", "samples", "output"]), json_values, max_size=4
)


@given(raw_rows, st.sampled_from([None, "output", "item.x", "no such"]))
def test_any_value_gives_at_least_one_row_and_is_never_changed(raw, field):
    before = json.dumps(raw)
    rows = rows_of(raw, sample_field=field)
    assert rows
    assert all((row.item is None) == (row.failure is not None) for row in rows)
    assert all(row.number == 7 for row in rows)
    assert json.dumps(raw) == before


TYPED = [{"item": {"n": 7, "x": 1.5, "t": "007", "no": None, "yes": True}, "sample": "s"}]
CELLS = [{"n": "007", "x": "NA", "empty": "", "sample": "None", "b": "true"}]


def write(folder: FilePath, name: str, text: str) -> FilePath:
    file = folder / name
    data = text.encode()
    file.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    return file


def items_and_samples(file):
    return [(row.item, row.sample) for block in open_dataset(file).blocks() for row in block.rows]


@pytest.mark.parametrize("packed", ["", ".gz", ".GZ"])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "rows.JSONL", "rows.json"])
def test_json_keeps_its_types(tmp_path, name, packed):
    lines = "\n".join(map(json.dumps, TYPED))
    file = write(tmp_path, name + packed, json.dumps(TYPED) if name.endswith(".json") else lines)
    assert items_and_samples(file) == [(TYPED[0]["item"], "s")]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize(("name", "delimiter"), [("rows.csv", ","), ("rows.tsv", "\t"), ("rows.CSV", ",")])
def test_every_cell_of_a_table_is_a_text(tmp_path, name, delimiter, packed):
    lines = [delimiter.join(CELLS[0]), delimiter.join(CELLS[0].values())]
    file = write(tmp_path, name + packed, "\n".join(lines) + "\n")
    assert items_and_samples(file) == [({"n": "007", "x": "NA", "empty": "", "b": "true"}, "None")]


def test_packing_is_seen_in_the_data_and_not_in_the_name(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(gzip.compress(json.dumps(TYPED[0]).encode()))
    assert items_and_samples(file) == [(TYPED[0]["item"], "s")]
