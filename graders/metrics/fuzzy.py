"""fuzzy_match: how much of two strings, character by character, is common and in the same order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from graders.metrics.columns import check_columns


def fuzzy_match(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return twice the longest common subsequence over the sum of the lengths: float64 `(n,)` in 0..1.

    Case and white space count. Two empty texts give 1.0, one empty text 0.0, an empty batch shape `(0,)`.
    The time grows with the product of the two lengths: two texts of 300,000 characters take about two
    seconds.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: `rapidfuzz.fuzz.ratio` / 100 without a processor, which hosted runs equal bit for bit. Its twin
    `Indel.normalized_similarity` differs in the last bit.
    """
    check_columns(hypotheses, references)
    if not len(hypotheses):
        return np.empty(0, dtype=np.float64)
    # The default dtype, float32, would be off by 7e-8.
    percentages = process.cpdist(hypotheses, references, scorer=fuzz.ratio, dtype=np.float64)
    return np.asarray(percentages, dtype=np.float64) / 100
