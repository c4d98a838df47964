"""Several graders side by side: each is a column, and a row passes where every one passes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch
from graders.errors import Code
from graders.scores import Scores, first_codes
from graders.scoring import Combination, Scorer


@dataclass(frozen=True)
class Several(Combination):
    """Scores 1.0 where every grader reaches its threshold, else 0.0; the columns stand in `parts`.

    Where a grader failed, the row has no score and carries its code; with `zero_failures` the row counts
    as not passed instead. Where a grader has no threshold, there is nothing to add up: every row is
    `Code.unscored`, which is no error.
    """

    name: str
    parts: Mapping[str, Scorer]
    thresholds: Mapping[str, float | None]
    zero_failures: bool = False

    def score_batch(self, batch: Batch) -> Scores:
        """Score every grader on the same rows."""
        self.begin(batch)
        parts = {key: part.score_batch(batch) for key, part in self.parts.items()}
        passed = np.ones(len(batch), dtype=np.bool_)
        for key, scores in parts.items():
            passed &= scores.values >= (self.thresholds[key] or 0.0)
        codes = self._codes(parts, len(batch))
        own = Scores.of(self.name, passed.astype(np.float64), batch.failures)
        codes = np.where(own.error_codes != Code.ok, own.error_codes, codes)
        return replace(
            own, values=np.where(codes != Code.ok, np.nan, own.values), error_codes=codes, parts=parts
        )

    def _codes(self, parts: Mapping[str, Scores], n: int) -> NDArray[np.uint8]:
        failed = np.zeros(n, np.uint8) if self.zero_failures else first_codes(parts.values(), n)
        if None in self.thresholds.values():
            return np.where(failed == Code.ok, np.uint8(Code.unscored), failed)
        return failed
