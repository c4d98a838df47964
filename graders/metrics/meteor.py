"""meteor: words matched by form, by stem and by synonym, with a penalty for scattered matches."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import row_scores
from graders.metrics.tokens import hosted_tokens
from graders.metrics.wordnet import load_wordnet


def meteor(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return METEOR of every row: float64 `(n,)` in 0..1.

    Identical texts score below 1 (one token 0.5, ten tokens 0.9995), as every text has at least one chunk.
    Words left over after the stem stage are looked up in WordNet by their *stems*, so `car` does not match
    `automobile`. Where either text has no tokens the score is 0; an empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Lavie and Agarwal 2007, as NLTK's `meteor_score` with alpha 0.9, beta 3, gamma 0.5, Porter's
    stemmer and WordNet 3.0, on hosted tokens.
    """
    return row_scores(_score, hypotheses, references)


def _score(hypothesis: str, reference: str) -> float:
    score = _meteor_score()(
        [hosted_tokens(reference)],
        hosted_tokens(hypothesis),
        wordnet=load_wordnet(),
        alpha=0.9,
        beta=3.0,
        gamma=0.5,
    )
    return float(score)


@cache
def _meteor_score() -> Any:
    from nltk.translate.meteor_score import meteor_score

    return meteor_score
