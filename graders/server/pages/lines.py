"""Output items as lines of results, which reports and comparisons are made of.

Design: a row whose grader failed counts 0.0 and as not passed, as it does in the counts of its run. One that
no model answered has no reward at all, as it has no results.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from graders.strict_json import loads


@dataclass(frozen=True)
class Lines:
    """Makes lines of the output items of an eval; `names` are those of its criteria, by their ids."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, criteria: Sequence[Mapping[str, Any]]) -> Self:
        """Name the criteria: of several that have one name, by a number too."""
        seen: Counter[str] = Counter()
        names = {}
        for each in criteria:
            name = str(each["name"])
            seen[name] += 1
            names[each["id"]] = name if seen[name] == 1 else f"{name} ({seen[name]})"
        return cls(names)

    def line(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Make the line of an output item."""
        results: Sequence[Mapping[str, Any]] = item["results"]
        several = len(self.names) > 1
        passed = item["status"] == "pass"
        score = None if not results else float(passed) if several else results[0]["score"]
        sample = item["sample"] or {}
        return {
            "row": item["datasource_item_id"],
            "id": item["datasource_item_id"],
            "reward": score,
            "passed": passed if results else None,
            "sub_rewards": {self._name(each): each["score"] for each in results} if several else {},
            "errors": [*self._errors(results), *_sampling_errors(sample)],
            "traces": list(self._traces(results)),
            "item": item["datasource_item"],
            "sample": sample_of(sample),
        }

    def _name(self, result: Mapping[str, Any]) -> str:
        return self.names.get(result["name"], result["name"])

    def _errors(self, results: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
        for result in results:
            error = error_of(result)
            if error is not None:
                yield {**error, "grader": self._name(result)}

    def _traces(self, results: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for result in results:
            sample = result["sample"]
            if sample is not None and sample["output"]:
                raw = sample["output"][0]["content"]
                yield {
                    "grader": self._name(result),
                    "model": str(sample["model"]),
                    **_said(raw),
                    "usage": sample["usage"] if any(sample["usage"].values()) else None,
                    "raw": raw,
                }


def error_of(result: Mapping[str, Any]) -> dict[str, str] | None:
    """Give the code, the reason and the detail of a result that failed; None of one that did not."""
    error = result.get("error") or (result["sample"] or {}).get("error")
    if not isinstance(error, Mapping):
        return None
    code = str(error.get("code"))
    return {
        "code": code,
        "reason": str(error.get("reason") or code),
        "detail": str(error.get("message") or ""),
    }


def failed(item: Mapping[str, Any], criterion: str | None = None) -> bool:
    """Say whether an output item has an error, or a criterion has one in it."""
    results = [each for each in item["results"] if criterion in (None, each["name"])]
    sampling = criterion is None and any(_sampling_errors(item["sample"] or {}))
    return sampling or any(error_of(each) is not None for each in results)


def sample_of(shown: Mapping[str, Any]) -> str | dict[str, Any] | None:
    """Give the sample that was graded, from the form in which it is shown: a text where it was no more."""
    messages = shown.get("output") or ()
    said = (each for each in messages if each.get("content") or each.get("tool_calls"))
    message = next(said, next(iter(messages), None))
    if message is None:
        return None
    if isinstance(message.get("content"), str) and not message.get("tool_calls"):
        return str(message["content"])
    return {"choices": [{"index": 0, "message": message, "finish_reason": shown.get("finish_reason")}]}


def _sampling_errors(sample: Mapping[str, Any]) -> list[dict[str, str]]:
    error = sample.get("error")
    if not isinstance(error, Mapping):
        return []
    code = str(error.get("code"))
    return [{"code": code, "reason": code, "detail": str(error.get("message")), "grader": "sampling"}]


def _said(raw: object) -> dict[str, Any]:
    """Read steps and result out of an answer; None where it has none."""
    try:
        said = loads(raw) if isinstance(raw, str) else None
    except ValueError:
        said = None
    found: Mapping[str, Any] = said if isinstance(said, dict) else {}
    steps = found.get("steps")
    known = isinstance(steps, list) and all(map(_is_step, steps))
    return {"steps": steps if known else None, "result": found.get("result")}


def _is_step(step: object) -> bool:
    return isinstance(step, dict) and all(
        isinstance(step.get(key), str) for key in ("description", "conclusion")
    )
