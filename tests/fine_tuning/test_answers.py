"""Samples find their rows: by item, by number, by a field; what finds none is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders.batch import Path as ValuePath
from graders.errors import DataError
from graders.fine_tuning.answers import Answers, Joining, prompt_of, read_answers, text_of

ROWS = [
    {"messages": [{"role": "user", "content": f"Q{number}"}], "answer": str(number), "id": f"r{number}"}
    for number in range(3)
]


def read(folder: Path, lines: list[Any], **joining: Any) -> Answers:
    for name, rows in {"train": ROWS, "samples": lines}.items():
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
        ("[]", "line 1: expected an object; got list"),
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
