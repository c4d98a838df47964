"""What a run amounts to: the numbers of its rows, of its groups and of its sub-graders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.stats import Description, Histogram


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
    Where rows of one value at `cluster_by` are not taken for independent, or the samples of one row (`row`),
    `clusters` counts the values that the scored rows have.
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
    cluster_by: str | None = None
    clusters: int | None = None

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
        clusters = {"path": self.cluster_by, "count": self.clusters}
        return {
            "rows": self.rows,
            "scored": self.scored,
            **_tail(self.errors, self.reward, self.passed),
            "sub_rewards": {key: part.to_dict() for key, part in self.sub_rewards.items()},
            "groups": [group.to_dict() for group in self.groups],
            "usage": dict(self.usage),
            **({} if self.cluster_by is None else {"clusters": clusters}),
        }


def _tail(errors: Mapping[str, int], reward: Description, passed: PassSummary | None) -> dict[str, Any]:
    return {"errors": dict(errors), "reward": reward.to_dict(), "passed": vars(passed) if passed else None}
