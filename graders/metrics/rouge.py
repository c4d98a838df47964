"""rouge_1 to rouge_5 and rouge_l: F1 of common n-grams, and of the longest common subsequence of words.

Design: the six published names are functions of their own, so that each can be pickled and imported by name.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import row_scores


def rouge_1(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return ROUGE-1 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=1)


def rouge_2(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return ROUGE-2 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=2)


def rouge_3(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return ROUGE-3 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=3)


def rouge_4(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return ROUGE-4 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=4)


def rouge_5(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return ROUGE-5 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=5)


def rouge_n(hypotheses: Sequence[str], references: Sequence[str], *, order: int) -> NDArray[np.float64]:
    """Return F1 of the common n-grams of words of every row: float64 `(n,)` in 0..1.

    Words are runs of `[a-z0-9]` after lower-casing: all other characters separate, so text in other scripts
    scores 0. Where either text has fewer than `order` words the score is 0, also for identical texts. An
    empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths and for
    an `order` outside 1..9.

    Source: Lin 2004, section 2, as `fmeasure` of rouge-score's `RougeScorer` without stemmer.
    """
    if order not in range(1, 10):
        raise ValueError(f"order: expected 1..9; got {order!r}")
    return _f1(f"rouge{order}", hypotheses, references)


def rouge_l(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return F1 of the longest common subsequence of words of every row: float64 `(n,)` in 0..1.

    Words are those of `rouge_n`; a text is one sequence, newlines do not divide it. Where either text has no
    words the score is 0; an empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Lin 2004, section 3.1, as `fmeasure` of rouge-score's `RougeScorer` (`rougeL`) without stemmer.
    """
    return _f1("rougeL", hypotheses, references)


def _f1(rouge_type: str, hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    def score(hypothesis: str, reference: str) -> float:
        return float(_scorer(rouge_type).score(target=reference, prediction=hypothesis)[rouge_type].fmeasure)

    return row_scores(score, hypotheses, references)


@cache
def _scorer(rouge_type: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([rouge_type], use_stemmer=False)
