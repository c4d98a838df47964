"""Samples find their rows: by item, by number, by a field; what finds none is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders.batch import Path as ValuePath
from graders.errors import DataError
from graders.fine_tuning.answers import (
    Answers,
    Joining,
    add_sample_findings,
    prompt_of,
    read_answers,
    text_of,
)
from graders.fine_tuning.findings import Collected

ROWS = [
    {"messages": [{"role": "user", "content": f"Q{number}"}], "answer": str(number), "id": f"r{number}"}
    for number in range(3)
]


def read(folder: Path, lines: list[Any], train: list[Any] = ROWS, **joining: Any) -> Answers:
    for name, rows in {"train": train, "samples": lines}.items():
        text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return read_answers(folder / "samples.jsonl", folder / "train.jsonl", Joining(**joining))


def test_a_whole_item_joins_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    item = dict(reversed(ROWS[1].items()))
    answers = read(tmp_path, [{"item": item, "samples": ["a", "b"]}])
    assert (answers.rows, answers.samples) == ([1, 1], ["a", "b"])


def test_an_item_without_its_messages_joins(tmp_path: Path) -> None:
    assert read(tmp_path, [{"item": {"answer": "2", "id": "r2"}, "sample": "a"}]).rows == [2]


def test_item_id_is_the_number_of_the_row(tmp_path: Path) -> None:
    assert read(tmp_path, [{"item_id": 2, "samples": ["a"]}, {"item_id": 0, "sample": "b"}]).rows == [2, 0]


def test_a_field_of_both_files_joins_also_where_it_stands_in_the_item(tmp_path: Path) -> None:
    lines = [{"id": "r1", "samples": ["a"]}, {"item": {"id": "r2"}, "sample": "b"}]
    assert read(tmp_path, lines, id_field=ValuePath.parse("id")).rows == [1, 2]


def test_samples_of_no_row_are_counted_by_line(tmp_path: Path) -> None:
    lines = [
        {"item_id": 7, "samples": ["a"]},
        "",
        {"item_id": 1, "samples": ["a"]},
        {"item": {}, "sample": ""},
    ]
    answers = read(tmp_path, lines)
    assert answers.unmatched == [1, 4]
    assert len(answers) == 1


def test_labels_come_from_the_sample_or_from_the_line(tmp_path: Path) -> None:
    line = {
        "item_id": 0,
        "samples": [{"output_text": "a", "good": True}, {"output_text": "b", "good": "x"}, "c"],
    }
    answers = read(tmp_path, [line], label=ValuePath.parse("sample.good"))
    assert answers.labels == [1.0, None, None]
    other = [{"item": {**ROWS[0]}, "sample": "a"}]
    assert read(tmp_path, other, label=ValuePath.parse("item.answer")).labels == [None]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"samples": ["a"]}, "line 1: expected item, item_id or --id-field"),
        ({"item_id": 0}, "line 1: expected samples, a list"),
        ({"item_id": 0, "samples": [1]}, "line 1: expected samples, a list"),
        ("[]", "line 1: expected an object; got an array"),
        ("{", "line 1 is not JSON"),
    ],
)
def test_a_line_that_is_no_sample_is_an_error(tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, [line])


def test_texts_of_samples_and_prompts_of_items() -> None:
    assert text_of({"choices": [{"message": {"content": "hi"}}]}) == "hi"
    assert [text_of(each) for each in ("a", None, {}, {"choices": []})] == ["a", "", "", ""]
    assert prompt_of(ROWS[0]) == "Q0"
    blocks = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    assert prompt_of({"messages": [{"role": "user", "content": blocks}]}) == "ab"
    assert prompt_of({}) == ""


def test_what_could_belong_to_several_rows_belongs_to_none(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "answer": "yes", "id": "same"}, {**ROWS[1], "answer": "yes", "id": "same"}, ROWS[2]]
    bare = {"item": {"answer": "yes", "id": "same"}, "samples": ["a"]}
    for joining in ({}, {"id_field": ValuePath.parse("id")}):
        answers = read(tmp_path, [bare, {"item": ROWS[2], "samples": ["b"]}], rows, **joining)
        assert (answers.rows, answers.ambiguous, answers.unmatched) == ([2], [1], [])


def test_equal_rows_are_one(tmp_path: Path) -> None:
    assert read(tmp_path, [{"item": ROWS[0], "sample": "a"}], [ROWS[0], ROWS[0]]).rows == [0]


def test_a_field_of_rows_that_is_called_item_id_does_not_join(tmp_path: Path) -> None:
    rows = [{"messages": ROWS[0]["messages"], "item_id": number} for number in (2, 0, 1)]
    assert read(tmp_path, [{"item_id": 2, "sample": "a"}], rows).rows == [2]


@pytest.mark.parametrize("number", ["0", 0.0, True, -1, 3, [0]])
def test_item_id_is_a_number_of_a_row_and_nothing_else(tmp_path: Path, number: Any) -> None:
    assert read(tmp_path, [{"item_id": number, "sample": "a"}]).unmatched == [1]


def test_null_names_nothing(tmp_path: Path) -> None:
    rows = [{**row, "id": None} for row in ROWS]
    lines = [{"id": None, "sample": "a"}]
    assert read(tmp_path, lines, rows, id_field=ValuePath.parse("id")).unmatched == [1]
    assert read(tmp_path, [{"item_id": None, "item": ROWS[1], "sample": "a"}]).rows == [1]


def said(answers: Answers, **joining: Any) -> dict[str, str]:
    found = Collected()
    add_sample_findings(found, answers, [0, 1, 2], Joining(**joining))
    return {each.kind: f"{each.severity}: {each.places[0].message}" for each in found.findings()}


def test_samples_that_are_none_are_said_to_be_none(tmp_path: Path) -> None:
    assert said(read(tmp_path, []))["samples_absent"].startswith("warning")
    assert said(read(tmp_path, [{"item_id": 0, "samples": []}]))["samples_absent"].startswith("warning")
    assert said(read(tmp_path, [{"item_id": 9, "samples": ["a"]}])) == {
        "samples_unmatched": "error: the samples of 1 line belong to no row: line 1"
    }


def test_labels_that_nobody_has_are_said_to_be_missing(tmp_path: Path) -> None:
    path = ValuePath.parse("sample.good")
    answers = read(tmp_path, [{"item_id": 0, "samples": ["a"]}], label=path)
    assert "labels_absent" in said(answers, label=path)


def test_samples_that_were_cut_are_counted(tmp_path: Path) -> None:
    cut = [
        {"choices": [{"message": {"content": "a"}, "finish_reason": reason}]}
        for reason in ("length", "stop", "content_filter", None)
    ]
    found = said(read(tmp_path, [{"item_id": 0, "samples": cut}]))
    assert found["samples_truncated"] == "warning: 1 of 4 samples end at their token limit"
    assert found["samples_filtered"].startswith("warning: 1 of 4")
