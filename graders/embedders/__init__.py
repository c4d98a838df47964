"""Who embeds texts for cosine: the protocol of an embedder.

Design: scores of different embedders cannot be compared, and thresholds do not carry over from one to
another, so an embedder's identity stands in the signature of the metric and in `run.json`. What an embedder
raises fails the rows that needed it and no others.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "batches", "checked"]

_TEXTS_AT_ONCE = 256
_CHARACTERS_AT_ONCE = 100_000
"""At three tokens a character, which is more than any text has, as many as OpenAI takes in one request."""


class Embedder(Protocol):
    """Turns texts into vectors; called from one thread at a time.

    Where it cannot embed now, whatever the texts, it raises `graders.errors.EmbeddingError`: the texts of
    the block fail, and it is not asked again for them. Every other exception is taken as being about one of
    the texts, which is looked for by asking for fewer of them.
    """

    @property
    def identity(self) -> str:
        """What embeds: equal identities give equal vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, d)`; the texts are distinct and none is empty."""


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Give the texts in pieces that are not too much for one request; a very long text stands alone."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == _TEXTS_AT_ONCE or characters + len(text) > _CHARACTERS_AT_ONCE):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch


def checked(vectors: object, n: int) -> NDArray[np.float32]:
    """Give what an embedder answered as float32 `(n, d)`, d at least 1.

    Raises:
        ValueError: it is something else, or holds NaN or an infinity.
    """
    with np.errstate(over="ignore"):
        array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or len(array) != n or not array.shape[1]:
        raise ValueError(f"expected vectors of shape ({n}, d); got {array.shape!r}")
    if not np.isfinite(array).all():
        raise ValueError("expected finite numbers; got NaN or infinity")
    return array
