"""gleu: the smaller of precision and recall over all 1- to 4-grams together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.token_scores import hosted_scores


def gleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return sentence GLEU (Google-BLEU) of every row: float64 `(n,)` in 0..1.

    Where either text has no tokens the score is 0, also for two empty texts; an empty batch gives shape
    `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Wu et al. 2016, section 6, as NLTK's `sentence_gleu` with orders 1 to 4, on hosted tokens.
    """
    return hosted_scores(hypotheses, references, ["gleu"])["gleu"]
