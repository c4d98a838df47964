"""Output items of the Evals API as rows of a dataset."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders.batch import Path as Place
from graders.batch import build_sample
from graders.dataset import Row, RowMapping, open_dataset

HOSTED_SAMPLE = {
    "input": [{"role": "user", "content": "2+2?"}],
    "output": [
        {"role": "assistant", "content": "4", "tool_call_id": None, "tool_calls": None, "function_call": None}
    ],
    "finish_reason": "stop",
    "model": "gpt-4o-mini-2024-07-18",
    "usage": {"total_tokens": 3},
    "error": None,
}


def item(**changes: Any) -> dict[str, Any]:
    return {
        "object": "eval.run.output_item", "id": "outputitem_1", "run_id": "evalrun_1", "eval_id": "eval_1",
        "status": "pass", "datasource_item_id": 5, "datasource_item": {"answer": "4"}, "results": [],
        "sample": HOSTED_SAMPLE,
    } | changes  # fmt: skip


def row(raw: Any, **mapping: Any) -> Row:
    return next(RowMapping(**mapping).rows(3, raw))


def test_an_output_item_is_the_row_that_was_graded() -> None:
    actual = row(item())
    assert (actual.number, actual.id, actual.item, actual.failure) == (3, 5, {"answer": "4"}, None)
    built = build_sample(actual.sample)
    assert (built["output_text"], built["model"]) == ("4", "gpt-4o-mini-2024-07-18")
    assert built["output_tools"] == []
    assert built["choices"][0]["finish_reason"] == "stop"


def test_the_last_message_of_the_assistant_is_the_answer() -> None:
    call = {"type": "function", "id": "", "function": {"name": "add", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "4"},
        {"role": "assistant", "content": '{"sum": 4}', "tool_calls": [call]},
        {"role": "user", "content": "thanks"},
    ]
    built = build_sample(row(item(sample={**HOSTED_SAMPLE, "output": messages})).sample)
    assert built["output_json"] == {"sum": 4}
    assert built["output_tools"] == [call]


def test_a_sample_that_failed_has_no_output_text() -> None:
    actual = row(item(sample={**HOSTED_SAMPLE, "output": [], "error": {"code": "x", "message": "y"}}))
    assert actual.failure is None
    assert "output_text" not in build_sample(actual.sample)


@pytest.mark.parametrize("sample", ["text", {"output_text": "text"}])
def test_a_sample_that_is_one_already_stays(sample: Any) -> None:
    assert row(item(sample=sample)).sample == sample


@pytest.mark.parametrize(
    "source",
    [
        {"item": {"answer": "4"}, "sample": {"output_text": "four"}},
        {"item": {"answer": "4"}, "sample": "four"},
    ],
)
def test_a_row_that_was_wrapped_is_unwrapped(source: Any) -> None:
    actual = row(item(datasource_item=source, sample=None))
    assert actual.item == {"answer": "4"}
    assert build_sample(actual.sample)["output_text"] == "four"


def test_without_a_sample_the_own_field_of_the_row_counts() -> None:
    actual = row(item(datasource_item={"answer": "4", "sample": "four"}, sample=None))
    assert actual.item == {"answer": "4", "sample": "four"}
    assert actual.sample == "four"
    assert row(item(datasource_item={"sample": 4}, sample=None)).sample is None


def test_an_item_that_has_an_item_among_other_fields_stays() -> None:
    source = {"item": {"answer": "4"}, "topic": "sums"}
    assert row(item(datasource_item=source)).item == source


def test_the_fields_can_still_be_named() -> None:
    actual = row(item(), id_field=Place.parse("id"), item_field=Place.parse("sample.usage"))
    assert (actual.id, actual.item) == ("outputitem_1", {"total_tokens": 3})


def test_an_item_that_is_no_object_is_a_row_error() -> None:
    actual = row(item(datasource_item=[1]))
    assert actual.failure is not None
    assert actual.failure.reason == "wrong_shape"


def test_a_row_that_only_has_such_fields_is_a_row_like_any_other() -> None:
    raw = {"datasource_item": {"a": 1}, "sample": "x"}
    assert row(raw).item == {"datasource_item": {"a": 1}}


@pytest.mark.parametrize(
    "value",
    [[item()], {"object": "list", "data": [item()]}, {"data": [item()], "has_more": False}, item()],
    ids=["array", "page", "page of the client", "object"],
)
def test_a_json_file_is_an_array_a_page_or_one_object(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_text(json.dumps(value))
    rows = [row for block in open_dataset(path).blocks() for row in block.rows]
    assert [row.item for row in rows] == [{"answer": "4"}]
