"""rouge_1 to rouge_5 and rouge_l: F1 of common n-grams, and of the longest common subsequence of words.

Design: the six published names are functions of their own, so that each can be pickled and imported by name.
`rouge_scores` computes several in one go: they share the words, and an order builds on the one before.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from graders.metrics.ascii_tokens import ascii_tokens
from graders.metrics.blocks import blocks
from graders.metrics.columns import check_columns, check_variant
from graders.metrics.ngrams import common_ngrams, ngram_totals
from graders.metrics.subsequences import subsequence_lengths

VARIANTS = ("stemmer",)


def rouge_1(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return ROUGE-1 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=1, variant=variant)


def rouge_2(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return ROUGE-2 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=2, variant=variant)


def rouge_3(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return ROUGE-3 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=3, variant=variant)


def rouge_4(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return ROUGE-4 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=4, variant=variant)


def rouge_5(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return ROUGE-5 F1; see `rouge_n`."""
    return rouge_n(hypotheses, references, order=5, variant=variant)


def rouge_n(
    hypotheses: Sequence[str], references: Sequence[str], *, order: int, variant: str | None = None
) -> NDArray[np.float64]:
    """Return F1 of the common n-grams of words of every row: float64 `(n,)` in 0..1.

    Words are runs of `[a-z0-9]` after lower-casing: all other characters separate, so text in other scripts
    scores 0. Where either text has fewer than `order` words the score is 0, also for identical texts. An
    empty batch gives shape `(0,)`. The variant "stemmer" compares Porter's stems of words of four and more
    characters.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths, for an
    `order` outside 1..9 and for an unknown variant.

    Source: Lin 2004, section 2, as `fmeasure` of rouge-score's `RougeScorer`, without stemmer unless the
    variant says so.
    """
    if order not in range(1, 10):
        raise ValueError(f"order: expected 1..9; got {order!r}")
    check_variant(variant, VARIANTS)
    (scores,) = _scores(hypotheses, references, (order,), variant is not None)
    return scores


def rouge_l(
    hypotheses: Sequence[str], references: Sequence[str], *, variant: str | None = None
) -> NDArray[np.float64]:
    """Return F1 of the longest common subsequence of words of every row: float64 `(n,)` in 0..1.

    Words and the variant are those of `rouge_n`; a text is one sequence, newlines do not divide it. Where
    either text has no words the score is 0; an empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths and for
    an unknown variant.

    Source: Lin 2004, section 3.1, as `fmeasure` of rouge-score's `RougeScorer` (`rougeL`), without stemmer
    unless the variant says so.
    """
    check_variant(variant, VARIANTS)
    (scores,) = _scores(hypotheses, references, (_SUBSEQUENCE,), variant is not None)
    return scores


_SUBSEQUENCE = 0
_ORDERS = {"rouge_1": 1, "rouge_2": 2, "rouge_3": 3, "rouge_4": 4, "rouge_5": 5, "rouge_l": _SUBSEQUENCE}


def rouge_scores(
    hypotheses: Sequence[str], references: Sequence[str], names: Sequence[str], *, stemmer: bool = False
) -> dict[str, NDArray[np.float64]]:
    """Return the scores of several metrics of this module by name, each as its function would.

    Raises `ValueError` for a name that is not one of `rouge_1` to `rouge_5` and `rouge_l`.
    """
    for name in names:
        if name not in _ORDERS:
            raise ValueError(f"names: expected one of {', '.join(_ORDERS)}; got {name!r}")
    if not names:
        return {}
    columns = _scores(hypotheses, references, [_ORDERS[name] for name in names], stemmer)
    return dict(zip(names, columns, strict=True))


def _scores(
    hypotheses: Sequence[str], references: Sequence[str], orders: Sequence[int], stemmer: bool
) -> list[NDArray[np.float64]]:
    """Return the scores of each order, `(n,)`."""
    check_columns(hypotheses, references)
    scores = np.zeros((len(orders), len(hypotheses)))
    for rows in blocks(hypotheses, references):
        scores[:, rows] = _block_scores([*hypotheses[rows], *references[rows]], orders, stemmer)
    return list(scores)


def _block_scores(texts: Sequence[str], orders: Sequence[int], stemmer: bool) -> list[NDArray[np.float64]]:
    tokens = ascii_tokens(texts)
    if stemmer:
        from graders.metrics.stems import load_stems

        keys = load_stems().key_columns(tokens)
    else:
        keys = tokens.key_columns()
    lengths = np.diff(tokens.offsets).reshape(2, -1)
    common = list(islice(common_ngrams(keys, tokens.offsets), max(1, *orders)))
    scores = []
    for order in orders:
        if order == _SUBSEQUENCE:
            begins = np.cumsum(lengths + 1, axis=1) - (lengths + 1)
            scores.append(_f1(subsequence_lengths(common[0], *begins), *lengths))
        else:
            scores.append(_f1(common[order - 1].counts, *ngram_totals(lengths, order)))
    return scores


def _f1(
    common: NDArray[np.int64], hypothesis_totals: NDArray[np.int64], reference_totals: NDArray[np.int64]
) -> NDArray[np.float64]:
    precision = common / np.maximum(hypothesis_totals, 1)
    recall = common / np.maximum(reference_totals, 1)
    return np.divide(2 * precision * recall, precision + recall, out=np.zeros(len(common)), where=common > 0)
