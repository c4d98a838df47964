"""Output items of the Evals API: what `graders pull` saves and `client.evals.runs.output_items.list` prints.

Such a line holds the graded row as `datasource_item` and what the model answered as `sample`, in a form of
its own. The row's fields stand in `datasource_item` as they are or, where the row was `{"item": ...,
"sample": ...}`, below `item`.
"""

from typing import Any

from graders.batch import SAMPLE_KEYS

OUTPUT_ITEM = "eval.run.output_item"


def is_output_item(raw: dict[str, Any]) -> bool:
    """Say whether a raw line is an output item."""
    return raw.get("object") == OUTPUT_ITEM and "datasource_item" in raw


def item_and_sample(raw: dict[str, Any]) -> dict[str, Any]:
    """Give an output item's `item` and `sample` as other rows have them.

    Where the model was not asked (`sample` is null), the row's own sample counts.
    """
    item, sample = raw["datasource_item"], raw.get("sample")
    own = item.get("sample") if isinstance(item, dict) else None
    if isinstance(item, dict) and isinstance(item.get("item"), dict) and set(item) <= {"item", "sample"}:
        item = item["item"]
    if sample is None and isinstance(own, str | dict):
        sample = own
    return {"item": item, "sample": _as_sample(sample) if isinstance(sample, dict) else sample}


def _as_sample(sample: dict[str, Any]) -> dict[str, Any]:
    """Give the sample object that graders see; the answer is the assistant's last message."""
    messages = sample.get("output")
    if "choices" in sample or "output_text" in sample or not isinstance(messages, list):
        return sample
    answers = [each for each in messages if isinstance(each, dict) and each.get("role") == "assistant"]
    made = {key: sample[key] for key in SAMPLE_KEYS if key in sample}
    if answers:
        finish = sample.get("finish_reason")
        made["choices"] = [{"index": 0, "message": answers[-1], "finish_reason": finish}]
    return made


def listed(value: Any) -> Any:
    """Give the rows that a JSON file holds: an array, the `data` of a page, or the one object that it is."""
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("data"), list) and (value.get("object") == "list" or "has_more" in value):
        return value["data"]
    kind = value.get("object")
    return [value] if isinstance(kind, str) and kind.partition(".")[0] == "eval" else value
