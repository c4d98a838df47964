"""What a grader gives for a batch: numbers, and the reasons where there is none.

The law that everything else rests on: `isnan(values[i])` if and only if `error_codes[i] != 0`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graders.errors import Code, Failure, RowError, hosted_flags

Trace = Mapping[str, Any]


@dataclass(frozen=True)
class Scores:
    """One score a row, as arrays.

    `values` float64 (n,), NaN where the row has no score; `error_codes` uint8 (n,), a `Code`, 0 where all
    is well; `error_details` says why, sparse; `traces` is what a judge was asked and answered, sparse;
    `parts` are the scores of sub-graders; `usage` counts tokens.

    A row with a code and no detail of its own owes its failure to one of its parts.
    """

    name: str
    values: NDArray[np.float64]
    error_codes: NDArray[np.uint8]
    error_details: Mapping[int, Failure] = field(default_factory=dict)
    traces: Mapping[int, tuple[Trace, ...]] = field(default_factory=dict)
    parts: Mapping[str, "Scores"] = field(default_factory=dict)
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, values: NDArray[np.float64], failures: Mapping[int, Failure]) -> Self:
        """Make scores of values and failures; the value of a failed row is dropped."""
        values = np.array(values, dtype=np.float64)
        codes = np.zeros(len(values), dtype=np.uint8)
        for row, failure in failures.items():
            values[row] = np.nan
            codes[row] = failure.code
        return cls(name, values, codes, dict(failures))

    def __len__(self) -> int:
        return len(self.values)

    def row_errors(self, row: int) -> Iterator[RowError]:
        """Give every failure of one row, of this grader and of its parts, each once."""
        own = self.error_details.get(row)
        if own is not None:
            yield RowError(own.code, own.reason, own.detail, self.name)
            if own.code == Code.row_parse_error:
                return  # the parts could not read the row either
        for key, part in self.parts.items():
            yield from (replace(error, grader=key) for error in part.row_errors(row))

    def failed_rows(self) -> NDArray[np.bool_]:
        """Give (n,): whether this grader or one of its parts failed in the row."""
        failed: NDArray[np.bool_] = self.error_codes != 0
        for part in self.parts.values():
            failed = failed | part.failed_rows()
        return failed


@dataclass(frozen=True)
class Grade:
    """The score of one row.

    `reward` is None where the row could not be graded; `errors` says why. `passed` is None where no
    threshold is known or there is no reward.
    """

    name: str
    type: str
    reward: float | None
    passed: bool | None
    sub_rewards: Mapping[str, float | None] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()
    traces: tuple[Trace, ...] = ()
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_hosted(self, execution_time: float) -> dict[str, Any]:
        """Give the body that the hosted `/graders/run` answers with.

        There a failure is reward 0.0 with flags. `execution_time` is in seconds.
        """
        return {
            "reward": _or_zero(self.reward),
            "metadata": {
                "name": self.name,
                "type": self.type,
                "errors": hosted_flags(self.errors),
                "execution_time": execution_time,
                "scores": {},
                "token_usage": None,
                "sampled_model_name": None,
            },
            "sub_rewards": {key: _or_zero(reward) for key, reward in self.sub_rewards.items()},
            "model_grader_token_usage_per_model": dict(self.usage),
        }


def _or_zero(reward: float | None) -> float:
    return 0.0 if reward is None else reward
