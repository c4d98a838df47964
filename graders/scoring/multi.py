"""multi: a formula over the rewards of sub-graders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch
from graders.config import GraderConfig, MultiGrader
from graders.errors import Code, Failure
from graders.formula import Formula, parse_formula
from graders.scores import Scores, first_codes
from graders.scoring import Binding, Combination, Scorer


@dataclass(frozen=True)
class Multi(Combination):
    """Scores what the formula gives; the total is not clamped.

    Where a sub-grader failed, the total has no score and carries the sub-grader's code. With
    `zero_failures` the failed reward counts 0.0 in the formula instead, as on the hosted service.
    """

    Config: ClassVar[type[GraderConfig]] = MultiGrader

    name: str
    parts: Mapping[str, Scorer]
    formula: Formula
    zero_failures: bool

    @classmethod
    def bind(cls, config: MultiGrader, binding: Binding) -> Self:
        """Parse the formula; the parts come bound."""
        return cls(binding.name, binding.parts, parse_formula(config.calculate_output), binding.zero_failures)

    def score_batch(self, batch: Batch) -> Scores:
        """Score every part, then evaluate the formula on their arrays."""
        self.begin(batch)
        parts = {key: part.score_batch(batch) for key, part in self.parts.items()}
        columns = {key: self._rewards(scores) for key, scores in parts.items()}
        values, failed = self.formula.evaluate(columns, len(batch))
        inherited = (
            np.zeros(len(batch), np.uint8) if self.zero_failures else first_codes(parts.values(), len(batch))
        )
        failed &= inherited == Code.ok
        not_finite = Failure(
            "formula_not_finite", f"the formula {self.formula.text!r} gives no finite number"
        )
        failures = dict.fromkeys(np.flatnonzero(failed).tolist(), not_finite) | dict(batch.failures)
        own = Scores.of(self.name, values, failures)
        return replace(
            own,
            values=np.where(inherited != Code.ok, np.nan, own.values),
            error_codes=np.where(own.error_codes != Code.ok, own.error_codes, inherited),
            parts=parts,
        )

    def _rewards(self, scores: Scores) -> NDArray[np.float64]:
        return np.nan_to_num(scores.values, nan=0.0) if self.zero_failures else scores.values
