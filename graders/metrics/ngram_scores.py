"""BLEU and GLEU from counts of common n-grams.

Design: `math.log` and `math.exp` instead of NumPy's, which differ from them in the last bit, wherever scores
are to equal those of a library that uses them.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from graders.metrics.ngrams import ngram_totals

ORDERS = 4
_SMOOTHING = 5.0

Score = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
"""Common n-grams of each order `(ORDERS, n)`, lengths of hypotheses `(n,)` and of references to `(n,)`."""


def smoothed_bleu(
    common: NDArray[np.int64], hypotheses: NDArray[np.int64], references: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return BLEU with smoothing 4: `(n,)` in 0..1, 0 without a common token.

    Source: NLTK's `sentence_bleu` with `SmoothingFunction().method4` and equal weights, to the last bit.
    """
    scores = np.zeros(len(hypotheses))
    rows = np.flatnonzero(common[0])
    common, hypotheses, references = common[:, rows], hypotheses[rows], references[rows]
    totals = np.maximum(_totals(hypotheses), 1)
    precisions = common / totals
    missing = (common == 0) & (hypotheses > 1)
    lengths = np.fromiter(map(math.log, hypotheses.tolist()), np.float64, len(rows))
    # An order that a hypothesis of one token cannot have counts as if all its n-grams were common.
    precisions[(common == 0) & ~missing] = 1.0
    order, row = np.nonzero(missing)
    before = np.cumsum(missing, axis=0)[order, row]
    precisions[order, row] = 1 / (np.ldexp(_SMOOTHING, before) / lengths[row]) / totals[order, row]
    logarithms = np.fromiter(map(math.log, precisions.ravel().tolist()), np.float64, precisions.size)
    terms = 0.25 * logarithms.reshape(ORDERS, -1)
    means = map(math.exp, map(math.fsum, terms.T.tolist()))
    scores[rows] = np.fromiter(means, np.float64, len(rows)) * _brevity(hypotheses, references)
    return scores


def effective_bleu(
    common: NDArray[np.int64], hypotheses: NDArray[np.int64], references: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return BLEU over the orders that the hypothesis has: `(n,)` in 0..1, 0 without a common token.

    Source: sacrebleu's `BLEU(effective_order=True).sentence_score` with `exp` smoothing, over 100.
    """
    scores = np.zeros(len(hypotheses))
    rows = np.flatnonzero(common[0])
    common, hypotheses, references = common[:, rows], hypotheses[rows], references[rows]
    totals = np.maximum(_totals(hypotheses), 1)
    there = np.arange(ORDERS)[:, np.newaxis] < hypotheses
    missing = (common == 0) & there
    matches = np.where(missing, np.ldexp(1.0, -np.cumsum(missing, axis=0)), common)
    logarithms = np.log(matches / totals, out=np.zeros(totals.shape), where=there)
    means = np.exp(logarithms.sum(axis=0) / np.minimum(hypotheses, ORDERS))
    scores[rows] = means * _brevity(hypotheses, references)
    return scores


def gleu_ratio(
    common: NDArray[np.int64], hypotheses: NDArray[np.int64], references: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return all common n-grams over those of the text that has more: `(n,)` in 0..1, 0 without tokens.

    Source: NLTK's `sentence_gleu`, to the last bit.
    """
    totals = np.maximum(_totals(hypotheses).sum(axis=0), _totals(references).sum(axis=0))
    ratios: NDArray[np.float64] = common.sum(axis=0) / np.maximum(totals, 1)
    return ratios


def _totals(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([ngram_totals(lengths, order) for order in range(1, ORDERS + 1)])


def _brevity(hypotheses: NDArray[np.int64], references: NDArray[np.int64]) -> NDArray[np.float64]:
    penalties = np.ones(len(hypotheses))
    rows = np.flatnonzero(hypotheses < references)
    exponents = 1 - references[rows] / hypotheses[rows]
    penalties[rows] = np.fromiter(map(math.exp, exponents.tolist()), np.float64, len(rows))
    return penalties
