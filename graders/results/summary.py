"""Count rows as they come, and say what they amount to."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graders.batch import Batch, Path
from graders.errors import Failure
from graders.stats import Description, Histogram, describe, histogram, wilson_interval
from graders.strict_json import dumps

MISSING_GROUP = "(missing)"


@dataclass(frozen=True)
class PassSummary:
    """How many of the scored rows reached the threshold, with Wilson's 95 % interval of their rate."""

    threshold: float
    count: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GroupSummary:
    """One group of rows: those whose value at `path` is `value`."""

    path: str
    value: str
    rows: int
    scored: int
    errors: Mapping[str, int]
    reward: Description
    passed: PassSummary | None

    def to_dict(self) -> dict[str, Any]:
        """Give the form that stands in `summary.json`."""
        head = {"path": self.path, "value": self.value, "rows": self.rows, "scored": self.scored}
        return head | _tail(self.errors, self.reward, self.passed)


@dataclass(frozen=True)
class Summary:
    """What a run amounts to.

    `scored` of `rows` rows have a reward, and only they count in `reward`; `errors` counts the rows that
    have an error of a code, and `examples` holds the first error of each; `usage` counts, by model, the
    replies that rows rest on and their tokens; intervals are 95 %.
    """

    rows: int
    scored: int
    errors: Mapping[str, int]
    reward: Description
    passed: PassSummary | None
    sub_rewards: Mapping[str, Description]
    groups: Sequence[GroupSummary]
    histogram: Histogram
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """The mean of the scored rows; None where there are none."""
        return self.reward.mean

    @property
    def failed(self) -> int:
        """How many rows have no reward."""
        return self.rows - self.scored

    def to_dict(self) -> dict[str, Any]:
        """Give the form that stands in `summary.json`."""
        return {
            "rows": self.rows,
            "scored": self.scored,
            **_tail(self.errors, self.reward, self.passed),
            "sub_rewards": {key: part.to_dict() for key, part in self.sub_rewards.items()},
            "groups": [group.to_dict() for group in self.groups],
            "usage": dict(self.usage),
        }


def _tail(errors: Mapping[str, int], reward: Description, passed: PassSummary | None) -> dict[str, Any]:
    return {"errors": dict(errors), "reward": reward.to_dict(), "passed": vars(passed) if passed else None}


class _Count:
    """What is counted of all rows, and of each group alike."""

    def __init__(self) -> None:
        self.rows = self.passed = 0
        self.rewards = array("d")
        self.errors: Counter[str] = Counter()

    def add(self, line: Mapping[str, Any], codes: Iterable[str]) -> None:
        self.rows += 1
        if line["reward"] is not None:
            self.rewards.append(line["reward"])
            self.passed += line["passed"] is True
        self.errors.update(codes)

    def describe(
        self, threshold: float | None
    ) -> tuple[int, dict[str, int], Description, PassSummary | None]:
        scored = len(self.rewards)
        passed = None
        if threshold is not None:
            rate = wilson_interval(self.passed, scored)
            passed = PassSummary(threshold, self.passed, rate.mean, rate.low, rate.high)
        return scored, dict(sorted(self.errors.items())), describe(_floats(self.rewards)), passed


def _floats(values: "array[float]") -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.frombuffer(values, dtype=np.float64) if values else np.empty(0)


class Tally:
    """Counts the lines of `results.jsonl` as they are written or read."""

    def __init__(self, pass_threshold: float | None, group_by: Sequence[Path] = ()) -> None:
        self.group_by = group_by
        self._pass_threshold = pass_threshold
        self._all = _Count()
        self._parts: dict[str, array[float]] = {}
        self._groups: dict[tuple[str, str], _Count] = {}
        self._examples: dict[str, Mapping[str, Any]] = {}
        self._usage: dict[str, Counter[str]] = {}

    @property
    def rows(self) -> int:
        """How many lines have been counted."""
        return self._all.rows

    @property
    def scored(self) -> int:
        """How many of them have a reward."""
        return len(self._all.rewards)

    def add(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Count some lines."""
        for line, values in zip(lines, self._group_values(lines), strict=True):
            codes = {error["code"] for error in line["errors"]}
            self._all.add(line, codes)
            for error in line["errors"]:
                self._examples.setdefault(error["code"], {"row": line["row"], "id": line["id"], **error})
            for key, reward in line["sub_rewards"].items():
                part = self._parts.setdefault(key, array("d"))
                if reward is not None:
                    part.append(reward)
            for trace in line.get("traces", ()):
                counts = self._usage.setdefault(trace["model"], Counter(invocation_count=0))
                counts.update({"invocation_count": 1, **(trace["usage"] or {})})
            for path, value in zip(self.group_by, values, strict=True):
                self._groups.setdefault((path.text, value), _Count()).add(line, codes)

    def summary(self) -> Summary:
        """Say what the lines so far amount to."""
        scored, errors, reward, passed = self._all.describe(self._pass_threshold)
        groups = [
            GroupSummary(path, value, count.rows, *count.describe(self._pass_threshold))
            for (path, value), count in self._groups.items()
        ]
        parts = {key: describe(_floats(values)) for key, values in self._parts.items()}
        bars = histogram(_floats(self._all.rewards))
        usage = {model: dict(counts) for model, counts in self._usage.items()}
        return Summary(
            self._all.rows, scored, errors, reward, passed, parts, groups, bars, self._examples, usage
        )

    def _group_values(self, lines: Sequence[Mapping[str, Any]]) -> list[Sequence[str]]:
        """Give each line's group values: those it holds itself, else those of its item and sample."""
        if not self.group_by or all("groups" in line for line in lines):
            return [[line["groups"][path.text] for path in self.group_by] for line in lines]
        items = [line["item"] for line in lines]
        batch = Batch([item or {} for item in items], [line["sample"] for line in lines])
        return group_values(batch, self.group_by)


def group_values(batch: Batch, paths: Sequence[Path]) -> list[Sequence[str]]:
    """Give, for each row, the text of its value at each path; `(missing)` where there is none."""
    columns = [[_group_text(value) for value in batch.column(path)] for path in paths]
    return [list(values) for values in zip(*columns, strict=True)] if paths else [()] * len(batch)


def _group_text(value: object) -> str:
    if isinstance(value, Failure):
        return MISSING_GROUP
    return value if isinstance(value, str) else dumps(value).decode()
