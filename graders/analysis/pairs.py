"""What a comparison found: how each side stands, and of each pair what differs and what that means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graders.stats import Estimate, Outcomes, holm, mean_interval, pass_at_k, pass_hat_k

SIGNIFICANCE = 0.05
"""What the p of a permutation test, adjusted for the number of pairs, must not exceed."""

_WHY = {
    "only_first": "in the first only",
    "only_second": "in the second only",
    "unscored": "without a reward",
}
"""Why rows are left out of a pair."""

Counts = Sequence[int] | NDArray[np.int64]
Interval = Callable[..., Estimate]
"""`mean_interval`, or another function like it."""


@dataclass(frozen=True)
class Repeats:
    """Whether one of k samples of an item passes (pass@k), and whether all of them do (pass^k)."""

    k: int
    pass_at_k: Estimate
    pass_hat_k: Estimate

    @classmethod
    def of(cls, sizes: Counts, passed: Counts, interval: Interval = mean_interval) -> Self | None:
        """Count among as many samples of an item (m,) as each has at least; None where that is not two.

        Bounds are cut off at 0 and 1.
        """
        k = int(min(sizes, default=0))
        if k < 2:
            return None
        at, hat = (interval(estimate(sizes, passed, k)) for estimate in (pass_at_k, pass_hat_k))
        return cls(k, _as_share(at), _as_share(hat))


@dataclass(frozen=True)
class Standing:
    """How one side stands by itself: its mean reward, and its pass rate where verdicts are known.

    Where every value that joins rows has several of them, `repeats` takes these for samples of one item.
    """

    name: str
    rows: int
    scored: int
    reward: Estimate
    passed: Estimate | None
    repeats: Repeats | None = None


@dataclass(frozen=True)
class Flip:
    """A joined row, or sample of a row, that passes on one side only; `gained` where that is the second."""

    id: Any
    first_row: int
    second_row: int
    first_reward: float
    second_reward: float
    gained: bool
    sample_index: int | None = None

    @property
    def rows(self) -> str:
        """Where it stands on both sides: `row 3`, or `rows 3 and 5`, and which sample."""
        same = self.first_row == self.second_row
        rows = f"row {self.first_row}" if same else f"rows {self.first_row} and {self.second_row}"
        return rows if self.sample_index is None else f"{rows}, sample {self.sample_index}"

    @property
    def has_name(self) -> bool:
        """Whether its id says more than the number of its row."""
        return not self.first_row == self.second_row == self.id


@dataclass(frozen=True)
class Pair:
    """Two sides, joined: `difference` is the mean of the second less the first, over `joined` rows.

    `p_permutation` and `p_mcnemar` are two-sided; with `_adjusted`, by Holm for all pairs. `gained` and
    `lost` count the rows that pass on the second and on the first side only; they are None where not every
    joined row has a verdict, and McNemar's p is None too where rows are clustered. `left_out` counts what
    stands on one side only or has no reward on one.
    """

    first: str
    second: str
    joined: int
    difference: Estimate
    outcomes: Outcomes
    p_permutation: float
    gained: int | None
    lost: int | None
    p_mcnemar: float | None
    left_out: Mapping[str, int]
    flips: Sequence[Flip] = field(repr=False)
    p_permutation_adjusted: float = 1.0
    p_mcnemar_adjusted: float | None = None

    @property
    def lacking(self) -> str:
        """What is left out, in words; nothing where nothing is."""
        return ", ".join(f"{count:,} {_WHY[key]}" for key, count in self.left_out.items() if count)

    @property
    def shown(self) -> bool:
        """Whether the difference can be told from chance, all pairs considered."""
        low, high = self.difference.low, self.difference.high
        apart = low is not None and high is not None and not low <= 0.0 <= high
        return apart and self.p_permutation_adjusted <= SIGNIFICANCE

    @property
    def sentence(self) -> str:
        """Say in words what was found."""
        mean, low, high = self.difference.mean, self.difference.low, self.difference.high
        if mean is None:
            return f"nothing can be said of {self.first} and {self.second}: no joined row has both rewards"
        if low is None or high is None:
            return (
                f"no difference can be shown between {self.second} and {self.first}: {mean:.3f}, too few rows"
            )
        if not self.shown:
            bounds = f"{mean:.3f} [{low:.3f}, {high:.3f}]"
            return f"no difference can be shown between {self.second} and {self.first}: {bounds}"
        better, worse = (self.second, self.first) if mean > 0 else (self.first, self.second)
        low, high = (low, high) if mean > 0 else (-high, -low)
        return f"{better} is better than {worse} by {abs(mean):.3f} [{low:.3f}, {high:.3f}]"

    def to_dict(self, flips: int | None = None) -> dict[str, Any]:
        """Return what was found, the sentence and the first `flips` flips with it."""
        return {
            **asdict(replace(self, flips=self.flips[:flips])),
            "left_out": dict(self.left_out),
            "shown": self.shown,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Comparison:
    """What `compare` found: each side, each pair, and what a reader must know of the runs.

    `bootstrap` is the number of resamples that the intervals rest on, None where they are Student's.
    """

    sides: Sequence[Standing]
    pairs: Sequence[Pair]
    by: str | None = None
    on: str | None = None
    cluster_by: str | None = None
    sub_reward: str | None = None
    bootstrap: int | None = None
    notes: Sequence[str] = ()

    def worse_than_first(self, tolerance: float) -> list[Pair]:
        """Give the pairs in which a later side's mean lies below the first side's by more than that."""
        first = self.sides[0].name
        return [
            pair
            for pair in self.pairs
            if pair.first == first and pair.difference.mean is not None and pair.difference.mean < -tolerance
        ]

    def to_dict(self, flips: int | None = None) -> dict[str, Any]:
        """Return all of it as JSON values, the first `flips` flips of each pair."""
        return {
            "sides": [asdict(side) for side in self.sides],
            "pairs": [pair.to_dict(flips) for pair in self.pairs],
            "by": self.by,
            "on": self.on,
            "cluster_by": self.cluster_by,
            "sub_reward": self.sub_reward,
            "bootstrap": self.bootstrap,
            "notes": list(self.notes),
        }


def _as_share(found: Estimate) -> Estimate:
    if found.low is None or found.high is None:
        return found
    return Estimate(found.mean, max(0.0, found.low), min(1.0, found.high))


def adjusted(pairs: Sequence[Pair]) -> list[Pair]:
    """Adjust the p-values of pairs for there being so many."""
    permutation = holm([pair.p_permutation for pair in pairs])
    known = [pair.p_mcnemar for pair in pairs if pair.p_mcnemar is not None]
    mcnemar = iter(holm(known))
    return [
        replace(
            pair,
            p_permutation_adjusted=p,
            p_mcnemar_adjusted=None if pair.p_mcnemar is None else next(mcnemar),
        )
        for pair, p in zip(pairs, permutation, strict=True)
    ]
