"""Scores of tokens: from texts through tokens and counts to formulas."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from graders.metrics.blocks import blocks
from graders.metrics.columns import check_columns
from graders.metrics.meteor import meteor_of_tokens
from graders.metrics.mteval_tokens import mteval_tokens
from graders.metrics.ngram_scores import ORDERS, Score, effective_bleu, gleu_ratio, smoothed_bleu
from graders.metrics.ngrams import NO_KEY, Keys, common_ngrams
from graders.metrics.token_columns import TokenColumns
from graders.metrics.tokens import hosted_tokens

_NGRAM_SCORES: dict[str, Score] = {"bleu": smoothed_bleu, "gleu": gleu_ratio}
_HOSTED = (*_NGRAM_SCORES, "meteor")


def hosted_scores(
    hypotheses: Sequence[str], references: Sequence[str], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return the scores of `bleu`, `gleu` and `meteor`, of those that are named, from the same hosted tokens.

    Raises as `check_columns` does, and `ValueError` for another name.
    """
    for name in names:
        if name not in _HOSTED:
            raise ValueError(f"names: expected one of {', '.join(_HOSTED)}; got {name!r}")
    check_columns(hypotheses, references)
    scores = {name: np.zeros(len(hypotheses)) for name in names}
    ngram_scores = [name for name in scores if name in _NGRAM_SCORES]
    for rows in blocks(hypotheses, references):
        tokens = hosted_tokens([*hypotheses[rows], *references[rows]])
        counts = _counts(_keys(tokens), tokens.offsets) if ngram_scores else ()
        for name in ngram_scores:
            scores[name][rows] = _NGRAM_SCORES[name](*counts)
        if "meteor" in scores:
            scores["meteor"][rows] = meteor_of_tokens(tokens)
    return scores


def mteval_bleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return BLEU as sacrebleu computes it for a sentence, `(n,)` in 0..1.

    Raises as `check_columns` does.
    """
    check_columns(hypotheses, references)
    scores = np.zeros(len(hypotheses))
    for rows in blocks(hypotheses, references):
        tokens = mteval_tokens([*hypotheses[rows], *references[rows]])
        scores[rows] = effective_bleu(*_counts(tokens.key_columns(), tokens.offsets))
    return scores


def _keys(tokens: TokenColumns) -> Keys:
    return [np.append(tokens.ids.view(np.uint64), NO_KEY)]


def _counts(
    keys: Keys, offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    common = np.array([ngrams.counts for ngrams in islice(common_ngrams(keys, offsets), ORDERS)])
    hypotheses, references = np.diff(offsets).reshape(2, -1)
    return common, hypotheses, references
