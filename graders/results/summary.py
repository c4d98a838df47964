"""Count rows as they come, and say what they amount to."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Path
from graders.errors import Failure
from graders.results.prices import Price, price_of
from graders.stats import Description, Histogram, describe, histogram, wilson_interval
from graders.strict_json import dumps

MISSING_GROUP = "(missing)"
_COUNTED = 1 << 13


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
    replies that rows rest on, their tokens and, where its price is known, their cost; intervals are 95 %.
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
    usage: Mapping[str, Mapping[str, int | float]] = field(default_factory=dict)

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
        self.rewards = _Numbers()
        self.errors: Counter[str] = Counter()

    def add(self, lines: Sequence[Mapping[str, Any]]) -> None:
        scored = [line for line in lines if line["reward"] is not None]
        self.rows += len(lines)
        self.rewards.extend([line["reward"] for line in scored])
        self.passed += sum([line["passed"] is True for line in scored])
        for line in lines:
            if line["errors"]:
                self.errors.update({error["code"] for error in line["errors"]})

    def merge(self, other: "_Count") -> None:
        self.rows += other.rows
        self.passed += other.passed
        self.rewards.merge(other.rewards)
        self.errors.update(other.errors)

    def describe(
        self, threshold: float | None
    ) -> tuple[int, dict[str, int], Description, PassSummary | None]:
        scored = len(self.rewards)
        passed = None
        if threshold is not None:
            rate = wilson_interval(self.passed, scored)
            passed = PassSummary(threshold, self.passed, rate.mean, rate.low, rate.high)
        return scored, dict(sorted(self.errors.items())), describe(self.rewards.values), passed


class _Numbers:
    """Rewards, in no order, in as little room as they need.

    Many are equal as a rule, so they are counted for as long as few of them differ; those that come later
    are kept one by one.
    """

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        self._others = array("d")
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, numbers: Sequence[float]) -> None:
        self._size += len(numbers)
        if len(self._counts) < _COUNTED:
            self._counts.update(numbers)
        else:
            self._others.extend(numbers)

    def merge(self, other: "_Numbers") -> None:
        self._size += len(other)
        if len(self._counts) < _COUNTED:
            self._counts.update(other._counts)
        else:
            self._others.extend(other._counts.elements())
        self._others.extend(other._others)

    @property
    def values(self) -> NDArray[np.float64]:
        """All of them, `(n,)`."""
        different = np.fromiter(self._counts, np.float64, len(self._counts))
        times = np.fromiter(self._counts.values(), np.int64, len(self._counts))
        return np.append(np.repeat(different, times), self._others)


class Tally:
    """Counts the lines of `results.jsonl` as they are written or read."""

    def __init__(
        self,
        pass_threshold: float | None,
        group_by: Sequence[Path] = (),
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        self.group_by = group_by
        self._prices = prices or {}
        self._pass_threshold = pass_threshold
        self._all = _Count()
        self._parts: dict[str, _Numbers] = {}
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
        self._all.add(lines)
        self._add_parts([line["sub_rewards"] for line in lines])
        self._add_groups(lines)
        for line in lines:
            for error in line["errors"]:
                self._examples.setdefault(error["code"], {"row": line["row"], "id": line["id"], **error})
            for trace in line.get("traces", ()):
                counts = self._usage.setdefault(trace["model"], Counter(invocation_count=0))
                counts.update({"invocation_count": 1, **(trace["usage"] or {})})

    def merge(self, other: "Tally") -> None:
        """Count what another one has counted, of lines behind those that were counted here."""
        self._all.merge(other._all)
        for key, numbers in other._parts.items():
            self._parts.setdefault(key, _Numbers()).merge(numbers)
        for group, count in other._groups.items():
            self._groups.setdefault(group, _Count()).merge(count)
        for code, example in other._examples.items():
            self._examples.setdefault(code, example)
        for model, counts in other._usage.items():
            self._usage.setdefault(model, Counter()).update(counts)

    def empty(self) -> "Tally":
        """Make one that counts in the same way and has counted nothing."""
        return Tally(self._pass_threshold, self.group_by, self._prices)

    def _add_parts(self, lines: Sequence[Mapping[str, float | None]]) -> None:
        for key in dict.fromkeys(chain.from_iterable(lines)):
            column = [line.get(key) for line in lines]
            rewards = [reward for reward in column if reward is not None]
            self._parts.setdefault(key, _Numbers()).extend(rewards)

    def _add_groups(self, lines: Sequence[Mapping[str, Any]]) -> None:
        if not self.group_by:
            return
        members: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
        for line, values in zip(lines, self._group_values(lines), strict=True):
            for path, value in zip(self.group_by, values, strict=True):
                members[path.text, value].append(line)
        for group, found in members.items():
            self._groups.setdefault(group, _Count()).add(found)

    def summary(self) -> Summary:
        """Say what the lines so far amount to."""
        scored, errors, reward, passed = self._all.describe(self._pass_threshold)
        groups = [
            GroupSummary(path, value, count.rows, *count.describe(self._pass_threshold))
            for (path, value), count in self._groups.items()
        ]
        parts = {key: describe(numbers.values) for key, numbers in self._parts.items()}
        bars = histogram(self._all.rewards.values)
        usage = {model: self._with_cost(model, counts) for model, counts in self._usage.items()}
        return Summary(
            self._all.rows, scored, errors, reward, passed, parts, groups, bars, self._examples, usage
        )

    def _with_cost(self, model: str, counts: Mapping[str, int]) -> dict[str, int | float]:
        price = price_of(self._prices, model)
        return {**counts, **({} if price is None else {"cost_usd": price.of(counts)})}

    def _group_values(self, lines: Sequence[Mapping[str, Any]]) -> list[Sequence[str]]:
        """Give each line's group values: those it holds itself, else those of its item and sample."""
        if all("groups" in line for line in lines):
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
