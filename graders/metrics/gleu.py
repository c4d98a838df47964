"""gleu: the smaller of precision and recall over all 1- to 4-grams together."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import row_scores
from graders.metrics.tokens import hosted_tokens


def gleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return sentence GLEU (Google-BLEU) of every row: float64 `(n,)` in 0..1.

    Where either text has no tokens the score is 0, also for two empty texts; an empty batch gives shape
    `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Wu et al. 2016, section 6, as NLTK's `sentence_gleu` with orders 1 to 4, on hosted tokens.
    """
    return row_scores(_score, hypotheses, references)


def _score(hypothesis: str, reference: str) -> float:
    return float(_sentence_gleu()([hosted_tokens(reference)], hosted_tokens(hypothesis)))


@cache
def _sentence_gleu() -> Any:
    from nltk.translate.gleu_score import sentence_gleu

    return sentence_gleu
