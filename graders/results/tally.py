"""Count rows as they come."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from graders.batch import Batch, Path
from graders.errors import Failure
from graders.results.numbers import Numbers, cluster_of
from graders.results.prices import Price, price_of
from graders.results.summary import GroupSummary, PassSummary, Summary
from graders.stats import Description, describe, histogram, rate_interval
from graders.strict_json import dumps

MISSING_GROUP = "(missing)"
ROW = "row"
"""What rows are clustered by where nobody says: the samples of one row are not independent."""


class _Count:
    """What is counted of all rows, and of each group alike."""

    def __init__(self) -> None:
        self.rows = 0
        self.rewards = Numbers()
        self.passes = Numbers()
        self.errors: Counter[str] = Counter()

    def add(self, lines: Sequence[Mapping[str, Any]], clusters: Sequence[int]) -> None:
        scored = [line for line in lines if line["reward"] is not None]
        self.rows += len(lines)
        clusters = _of_scored(clusters, [line["reward"] for line in lines])
        self.rewards.extend([line["reward"] for line in scored], clusters)
        passes = [line["passed"] is True for line in scored]
        if clusters:
            self.passes.extend(passes, clusters)
        else:
            passed = sum(passes)
            self.passes.repeat(1.0, passed)
            self.passes.repeat(0.0, len(passes) - passed)
        for line in lines:
            if line["errors"]:
                self.errors.update({error["code"] for error in line["errors"]})

    def merge(self, other: "_Count") -> None:
        self.rows += other.rows
        self.rewards.merge(other.rewards)
        self.passes.merge(other.passes)
        self.errors.update(other.errors)

    def describe(
        self, threshold: float | None
    ) -> tuple[int, dict[str, int], Description, PassSummary | None]:
        passed = None
        if threshold is not None:
            passes = self.passes.values > 0
            rate = rate_interval(passes, clusters=self.passes.clusters)
            passed = PassSummary(threshold, int(passes.sum()), rate.mean, rate.low, rate.high)
        return len(self.rewards), dict(sorted(self.errors.items())), _described(self.rewards), passed


def _described(numbers: Numbers) -> Description:
    return describe(numbers.values, clusters=numbers.clusters)


def _of_scored(clusters: Sequence[int], rewards: Sequence[float | None]) -> list[int]:
    if not clusters:
        return []
    return [cluster for cluster, reward in zip(clusters, rewards, strict=True) if reward is not None]


class Tally:
    """Counts the lines of `results.jsonl` as they are written or read.

    Rows of one value at `cluster_by` are not taken for independent; without it, samples of one row are not.
    """

    def __init__(
        self,
        pass_threshold: float | None,
        group_by: Sequence[Path] = (),
        prices: Mapping[str, Price] | None = None,
        cluster_by: Path | None = None,
    ) -> None:
        self.group_by = group_by
        self._cluster_by = cluster_by
        self._prices = prices or {}
        self._pass_threshold = pass_threshold
        self._all = _Count()
        self._parts: dict[str, Numbers] = {}
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

    @property
    def mean(self) -> float | None:
        """About the mean reward so far; None where no row is scored."""
        return self._all.rewards.running_mean

    def add(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Count some lines."""
        clusters = self._clusters(lines)
        self._all.add(lines, clusters)
        self._add_parts([line["sub_rewards"] for line in lines], clusters)
        self._add_groups(lines, clusters)
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
            self._parts.setdefault(key, Numbers()).merge(numbers)
        for group, count in other._groups.items():
            self._groups.setdefault(group, _Count()).merge(count)
        for code, example in other._examples.items():
            self._examples.setdefault(code, example)
        for model, counts in other._usage.items():
            self._usage.setdefault(model, Counter()).update(counts)

    def empty(self) -> "Tally":
        """Make one that counts in the same way and has counted nothing."""
        return Tally(self._pass_threshold, self.group_by, self._prices, self._cluster_by)

    def _clusters(self, lines: Sequence[Mapping[str, Any]]) -> Sequence[int]:
        if self._cluster_by is not None:
            return [cluster_of(text) for (text,) in _values(lines, [self._cluster_by])]
        return [line["row"] for line in lines] if any("sample_index" in line for line in lines) else ()

    def _add_parts(self, lines: Sequence[Mapping[str, float | None]], clusters: Sequence[int]) -> None:
        for key in dict.fromkeys(chain.from_iterable(lines)):
            column = [line.get(key) for line in lines]
            rewards = [reward for reward in column if reward is not None]
            self._parts.setdefault(key, Numbers()).extend(rewards, _of_scored(clusters, column))

    def _add_groups(self, lines: Sequence[Mapping[str, Any]], clusters: Sequence[int]) -> None:
        if not self.group_by:
            return
        members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for place, values in enumerate(_values(lines, self.group_by)):
            for path, value in zip(self.group_by, values, strict=True):
                members[path.text, value].append(place)
        for group, found in members.items():
            count = self._groups.setdefault(group, _Count())
            count.add([lines[place] for place in found], [clusters[place] for place in found if clusters])

    def summary(self) -> Summary:
        """Say what the lines so far amount to."""
        scored, errors, reward, passed = self._all.describe(self._pass_threshold)
        groups = [
            GroupSummary(path, value, count.rows, *count.describe(self._pass_threshold))
            for (path, value), count in self._groups.items()
        ]
        parts = {key: _described(numbers) for key, numbers in self._parts.items()}
        bars = histogram(self._all.rewards.values)
        usage = {model: self._with_cost(model, counts) for model, counts in self._usage.items()}
        clusters = self._all.rewards.clusters
        cluster_by = None if clusters is None else ROW
        if self._cluster_by is not None:
            cluster_by = self._cluster_by.text
        number = 0 if clusters is None else len(np.unique(clusters))
        return Summary(
            self._all.rows,
            scored,
            errors,
            reward,
            passed,
            parts,
            groups,
            bars,
            self._examples,
            usage,
            cluster_by,
            None if cluster_by is None else number,
        )

    def _with_cost(self, model: str, counts: Mapping[str, int]) -> dict[str, int | float]:
        price = price_of(self._prices, model)
        return {**counts, **({} if price is None else {"cost_usd": price.of(counts)})}


def _values(lines: Sequence[Mapping[str, Any]], paths: Sequence[Path]) -> list[Sequence[str]]:
    """Give each line's values at some paths: those it holds itself, else those of its item and sample."""
    if all("groups" in line for line in lines):
        return [[line["groups"][path.text] for path in paths] for line in lines]
    items = [line["item"] for line in lines]
    batch = Batch([item or {} for item in items], [line["sample"] for line in lines])
    return group_values(batch, paths)


def group_values(batch: Batch, paths: Sequence[Path]) -> list[Sequence[str]]:
    """Give, for each row, the text of its value at each path; `(missing)` where there is none."""
    columns = [[group_text(value) for value in batch.column(path)] for path in paths]
    return [list(values) for values in zip(*columns, strict=True)] if paths else [()] * len(batch)


def group_text(value: object) -> str:
    """Give the text that names the group of a value: itself, or its JSON."""
    if isinstance(value, Failure):
        return MISSING_GROUP
    return value if isinstance(value, str) else dumps(value).decode()
