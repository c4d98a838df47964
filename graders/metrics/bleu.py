"""bleu: precision of the hypothesis' 1- to 4-grams, with a penalty for a short hypothesis."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import row_scores
from graders.metrics.tokens import hosted_tokens


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return sentence BLEU of every row: float64 `(n,)` in 0..1.

    Without a common token the score is 0; so it is where either text has no tokens. Identical texts of two
    or three tokens score below 1, since they have no 4-grams and smoothing only softens that. An empty
    batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Papineni et al. 2002, smoothing 4 of Chen and Cherry 2014, as NLTK's `sentence_bleu` with
    `SmoothingFunction().method4` and equal weights for orders 1 to 4, on hosted tokens. Hosted runs equal it
    bit for bit.
    """
    return row_scores(_score, hypotheses, references)


def _score(hypothesis: str, reference: str) -> float:
    sentence_bleu, smoothing = _nltk()
    score = sentence_bleu([hosted_tokens(reference)], hosted_tokens(hypothesis), smoothing_function=smoothing)
    return float(score)


@cache
def _nltk() -> tuple[Any, Any]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return sentence_bleu, SmoothingFunction().method4
