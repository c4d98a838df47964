"""bleu: precision of the hypothesis' 1- to 4-grams, with a penalty for a short hypothesis."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import check_variant
from graders.metrics.token_scores import hosted_scores, mteval_bleu

VARIANTS = ("sacrebleu",)


def bleu(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return sentence BLEU of every row: float64 `(n,)` in 0..1.

    Without a common token the score is 0; so it is where either text has no tokens. Identical texts of two
    or three tokens score below 1, since they have no 4-grams and smoothing only softens that. An empty
    batch gives shape `(0,)`.

    The variant "sacrebleu" is the score of that tool over 100: tokeniser 13a, case kept, `exp` smoothing,
    and only the orders that the hypothesis has, so all identical texts with tokens score 1.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths and for
    an unknown variant.

    Source: Papineni et al. 2002, smoothing 4 of Chen and Cherry 2014, as NLTK's `sentence_bleu` with
    `SmoothingFunction().method4` and equal weights for orders 1 to 4, on hosted tokens. Hosted runs equal it
    bit for bit. The variant: Post 2018, sacrebleu's `BLEU(effective_order=True).sentence_score`.
    """
    check_variant(variant, VARIANTS)
    if variant:
        return mteval_bleu(hypotheses, references)
    return hosted_scores(hypotheses, references, ["bleu"])["bleu"]
