"""Who embeds texts for cosine: the protocol of an embedder.

Design: scores of different embedders cannot be compared, so an embedder's identity stands in the signature
of the metric and in `run.json`. What an embedder raises fails the rows that needed it and no others.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder"]


class Embedder(Protocol):
    """Turns texts into vectors; called from one thread at a time."""

    @property
    def identity(self) -> str:
        """What embeds: equal identities give equal vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, d)`; the texts are distinct and none is empty."""
