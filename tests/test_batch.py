"""Rows as columns: one value or one reason for each row, as the look-up in one row defines it."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch import MISSING, Batch, Path, build_sample
from graders.errors import Failure


def column(text, items, samples=None):
    batch = Batch(items, [None] * len(items) if samples is None else samples)
    return batch.column(Path.parse(text))


def not_found(text):
    return Failure("missing_variable", f"Variable '{text}' was not found.")


def test_a_column_has_one_value_for_each_row():
    assert column("item.x", [{"x": 1}, {"x": None}, {"x": "a"}]) == [1, None, "a"]


def test_a_row_without_the_value_holds_the_failure_and_the_others_their_values():
    assert column("item.x.y", [{"x": {"y": 1}}, {}, {"x": 5}]) == [
        1,
        not_found("item.x.y"),
        not_found("item.x.y"),
    ]


def test_the_failure_names_the_path_as_it_is_written():
    assert column("item['a b'].c", [{}])[0].detail == "Variable \"item['a b'].c\" was not found."


def test_digits_in_brackets_are_no_key():
    assert column("item[0]", [{"0": "text", 0: "number"}]) == [not_found("item[0]")]


def test_output_text_of_texts_is_the_texts():
    assert column("sample.output_text", [{}, {}], ["a", ""]) == ["a", ""]


def test_output_text_of_samples_of_every_kind():
    samples = ["a", {"output_text": "b"}, {"choices": [{"message": {"content": None}}]}, None, {}]
    missing = not_found("sample.output_text")
    assert column("sample.output_text", [{}] * 5, samples) == ["a", "b", "", missing, missing]


def test_json_of_a_sample_that_is_no_json_is_a_failure_of_its_own():
    detail = "sample.output_json is not available: model sample is not valid JSON."
    expected = Failure("sample_not_json", detail)
    for path in ("sample.output_json", "sample.output_json.a", "sample.output_json[0].b"):
        assert column(path, [{}] * 3, ["text", "42", ""]) == [expected] * 3


def test_a_key_that_valid_json_does_not_have_is_a_missing_variable():
    path = "sample.output_json.b"
    assert column(path, [{}] * 3, ['{"a": 1}', "[]", None]) == [not_found(path)] * 3
    assert column(path, [{}], ['{"b": null}']) == [None]


def test_the_whole_item_and_sample_can_be_read():
    assert column("item", [{"x": 1}, {}]) == [{"x": 1}, {}]
    assert column("sample", [{}, {}], ["x", None]) == [build_sample("x"), not_found("sample")]


def test_other_keys_of_the_sample_are_reached():
    sample = {"choices": [{"message": {"content": "x"}, "finish_reason": "length"}], "model": "m"}
    assert column("sample.choices[0].finish_reason", [{}], [sample]) == ["length"]
    assert column("sample.model", [{}, {}], [sample, "x"]) == ["m", not_found("sample.model")]


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("item.x", 1),
        ("item", {"x": 1}),
        ("item.absent.y", not_found("item.absent.y")),
        ("sample.output_text", "[2]"),
        ("sample.output_json[0]", 2),
        ("sample", build_sample("[2]")),
    ],
)
def test_the_reason_of_an_unreadable_row_stands_in_every_column(path, readable):
    reason = Failure("malformed_json", "line 2")
    batch = Batch([{"x": 1}, None], ["[2]", None], {1: reason})
    assert batch.column(Path.parse(path)) == [readable, reason]


def test_items_and_samples_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"^items and samples differ in length: 1 and 2$"):
        Batch([{}], ["a", "b"])


def test_a_path_into_neither_item_nor_sample_is_refused():
    with pytest.raises(ValueError, match=r"^expected item or sample; got 'row'$"):
        column("row.output_text", [{}], ["a"])


def test_an_empty_batch_has_empty_columns():
    batch = Batch([], [])
    assert [batch.column(Path.parse(path)) for path in ("item.x", "sample.output_text", "sample")] == [
        [],
        [],
        [],
    ]


KEYS = st.sampled_from(["a", "b", "0", "output_text", "items", "a b"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "text", '{"a": [0, {"b": 1}]}', "[1]", "7"])
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=8,
)
ITEMS = st.dictionaries(KEYS, VALUES, max_size=4)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"content": SCALARS, "tool_calls": st.none() | st.lists(ITEMS, max_size=2)}
)
SAMPLE_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.none() | st.lists(st.fixed_dictionaries({"message": MESSAGES}), max_size=2),
        "output_text": SCALARS,
        "output_json": VALUES,
        "output_tools": VALUES,
        "a": VALUES,
    },
)
TEXTS = st.sampled_from(["", "text", '{"a": {"0": [1, "[2]"]}}', '[{"b": null}]', "7", "{"])
SAMPLES = st.none() | TEXTS | SAMPLE_OBJECTS
ROWS = st.lists(st.tuples(ITEMS, SAMPLES), max_size=5) | st.lists(st.tuples(ITEMS, TEXTS), max_size=5)
SEGMENTS = st.sampled_from(
    [".a", ".b", ".0", ".1", "[0]", "[1]", '["a b"]', '["0"]', ".items", ".output_text"]
)
SAMPLE_HEADS = st.sampled_from(
    ["sample", "sample.output_text", "sample.output_json", "sample.output_tools", "sample.choices[0].message"]
)
PATHS = st.builds(
    lambda head, segments: head + "".join(segments),
    st.just("item") | SAMPLE_HEADS,
    st.lists(SEGMENTS, max_size=3),
)


def naive_value(path, item, sample):
    """Give what a column holds by its definition: one row, the whole sample built."""
    built = build_sample(sample)
    value = Path.parse(path).resolve({"item": item, "sample": built})
    if path.startswith("sample.output_json") and built.get("output_json", MISSING) is None:
        return "sample_not_json"
    if value is MISSING or (path == "sample" and built == {}):
        return "missing_variable"
    return value


@given(rows=ROWS, path=PATHS)
def test_a_column_equals_its_definition_row_by_row(rows, path):
    batch = Batch([item for item, _ in rows], [sample for _, sample in rows])
    actual = [
        value.reason if isinstance(value, Failure) else value for value in batch.column(Path.parse(path))
    ]
    assert actual == [naive_value(path, item, sample) for item, sample in rows]


@given(rows=ROWS, paths=st.lists(PATHS, max_size=4))
def test_reading_never_changes_what_is_read(rows, paths):
    items, samples = [item for item, _ in rows], [sample for _, sample in rows]
    before = copy.deepcopy((items, samples))
    batch = Batch(items, samples)
    for path in paths:
        batch.column(Path.parse(path))
    assert (items, samples) == before


@given(sample=SAMPLES)
def test_building_a_sample_twice_changes_nothing(sample):
    once = build_sample(sample)
    assert build_sample(once or None) == once


@given(sample=SAMPLE_OBJECTS)
def test_a_built_sample_keeps_every_key_that_was_there(sample):
    built = build_sample(sample)
    kept = {key: value for key, value in sample.items() if (key, value) != ("choices", None)}
    assert {key: built.get(key, MISSING) for key in kept} == kept


def test_a_row_has_the_number_that_it_has_in_its_data_or_else_its_place():
    assert [Batch([{}, {}], ["", ""]).number(row) for row in (0, 1)] == [0, 1]
    assert [Batch([{}, {}], ["", ""], numbers=[7, 9]).number(row) for row in (0, 1)] == [7, 9]


def test_plain_texts_and_plain_keys_are_read_without_a_look_at_each_row(monkeypatch):
    batch = Batch([{"a": {"b": 1}}, {"a": {"b": 2}}], ["x", "y"])
    monkeypatch.setattr("graders.batch.build_sample", None)
    monkeypatch.setattr("graders.batch._walk", None)
    assert batch.column(Path.parse("sample.output_text")) == ["x", "y"]
    assert batch.column(Path.parse("item.a.b")) == [1, 2]
    assert batch.column(Path.parse("item.a.b")) is batch.column(Path.parse("item.a.b"))


def test_a_batch_of_no_rows_is_read_without_a_look_at_each_row(monkeypatch):
    monkeypatch.setattr("graders.batch._walk", None)
    assert Batch([], []).column(Path.parse("item.a.b")) == []


def test_graders_may_keep_what_they_computed_with_the_batch():
    one, other = Batch([], []), Batch([], [])
    one.memo["a"] = 1
    assert (one.memo, other.memo) == ({"a": 1}, {})


def test_what_is_missing_is_shown_as_such():
    assert repr(Path.parse("item.a").resolve({"item": {}})) == "MISSING"
