"""cosine: the angle between the embeddings of two texts.

Design: whose embeddings they are is the caller's choice, so `embed` is a parameter. Scores of different
embedders cannot be compared with each other.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import check_columns

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts, all different and none empty, to their embeddings, float32 `(n, d)`."""


def cosine(hypotheses: Sequence[str], references: Sequence[str], *, embed: Embed) -> NDArray[np.float64]:
    """Return the cosine of the two embeddings of every row, clipped to 0..1: float64 `(n,)`.

    `embed` is called at most once, with every distinct text once, in order of first appearance. It is not
    asked about empty texts: two empty texts give 1.0, one empty text 0.0. An embedding of zeros has no
    direction and gives 0.0, also with itself. An empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths and for
    an answer of `embed` that is not of shape `(n, d)` or not finite.

    Source: the metric `cosine` of the hosted graders; that it is the raw cosine, clipped, is our reading.
    """
    check_columns(hypotheses, references)
    position = {text: at for at, text in enumerate(dict.fromkeys([*hypotheses, *references]))}
    vectors = _vectors(list(position), embed)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    left = [position[text] for text in hypotheses]
    right = [position[text] for text in references]
    products = np.einsum("ij,ij->i", vectors[left], vectors[right])
    # The root of the product, not the product of the roots: equal vectors then give exactly 1.
    lengths = np.sqrt(squares[left] * squares[right])
    pairs = zip(hypotheses, references, strict=True)
    scores = np.fromiter((not hypothesis and not reference for hypothesis, reference in pairs), np.float64)
    np.divide(products, lengths, out=scores, where=lengths > 0)
    return np.clip(scores, 0.0, 1.0)


def _vectors(texts: list[str], embed: Embed) -> NDArray[np.float64]:
    """Embed the texts that are not empty; the largest component of a vector becomes 1, an empty text's 0.

    Without that scaling the squares of very small or large components would vanish or overflow.
    """
    rows = [row for row, text in enumerate(texts) if text]
    if not rows:
        return np.zeros((len(texts), 1))
    embeddings = np.asarray(embed([texts[row] for row in rows]), dtype=np.float64)
    if embeddings.ndim != 2 or len(embeddings) != len(rows):
        raise ValueError(f"embed: expected shape ({len(rows)}, d); got {embeddings.shape!r}")
    if not np.isfinite(embeddings).all():
        raise ValueError("embed: expected finite numbers; got NaN or infinity")
    scale = np.abs(embeddings).max(axis=1, initial=0.0, keepdims=True)
    vectors = np.zeros((len(texts), embeddings.shape[1]))
    vectors[rows] = np.divide(embeddings, scale, out=np.zeros_like(embeddings), where=scale > 0)
    return vectors
