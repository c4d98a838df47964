"""Whatever JSON a job or a row holds, there is a report and never an exception."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.fine_tuning import dry_run

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
WORDS = st.sampled_from(
    ["auto", "user", "assistant", "multi", "python", "score_model", "rouge_2", "{{item.x}}"]
)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=6,
)
FORM = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    },
}
PART = {
    "type": "text_similarity",
    "name": "part",
    "input": "{{sample.output_json.a}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
}
JOB: dict[str, Any] = {
    "model": "o4-mini",
    "training_file": "file-a",
    "validation_file": "file-b",
    "seed": 1,
    "metadata": {"a": "b"},
    "integrations": [{"type": "wandb", "wandb": {"project": "p"}}],
    "method": {
        "type": "reinforcement",
        "reinforcement": {
            "grader": {"type": "multi", "name": "m", "graders": {"a": PART}, "calculate_output": "a / 2"},
            "hyperparameters": {"n_epochs": 2, "batch_size": "auto"},
            "response_format": FORM,
        },
    },
}
ROW: dict[str, Any] = {
    "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "answer": "one",
}
DPO: dict[str, Any] = {
    "input": {"messages": [{"role": "user", "content": "hello"}], "tools": []},
    "preferred_output": [{"role": "assistant", "content": "a"}],
    "non_preferred_output": [{"role": "assistant", "content": "b"}],
}
METHODS = {"reinforcement": ROW, "supervised": ROW, "dpo": DPO}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield (*path, key)
        yield from places(below, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    copied = deepcopy(value)
    below = copied
    for key in path[:-1]:
        below = below[key]
    below[path[-1]] = new
    return copied


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "train.jsonl"
    path.write_text((json.dumps(ROW) + "\n") * 2, encoding="utf-8")
    return path


@given(path=st.sampled_from(list(places(JOB))), value=VALUES)
def test_any_value_anywhere_in_a_job_gives_a_report(train: Path, path: tuple[Any, ...], value: Any) -> None:
    report = dry_run(put(JOB, path, value), train)
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_any_value_anywhere_in_a_row_gives_a_report(
    tmp_path_factory: pytest.TempPathFactory, method: str, data: st.DataObject
) -> None:
    row = METHODS[method]
    broken = put(row, data.draw(st.sampled_from(list(places(row)))), data.draw(VALUES))
    path = tmp_path_factory.getbasetemp() / f"{method}.jsonl"
    path.write_text(json.dumps(broken) + "\n" + json.dumps(row) + "\n", encoding="utf-8")
    body = JOB if method == "reinforcement" else {**JOB, "method": {"type": method}}
    report = dry_run(body, path, valid=path)
    json.dumps(report.to_dict(), allow_nan=False)
