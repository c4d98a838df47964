"""A metric: the words that two texts share, of all the words that they have."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics import Metric


def word_overlap(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Give the Jaccard index of the sets of words, (n,); two texts without words score 1."""
    pairs = [
        (set(one.split()), set(other.split())) for one, other in zip(hypotheses, references, strict=True)
    ]
    return np.array([len(one & other) / len(one | other) if one | other else 1.0 for one, other in pairs])


WORD_OVERLAP = Metric("word_overlap", word_overlap, symmetric=True, identity_length=0, definition="tok:split")
