"""What an embedder was asked and answered: every text once, whether it could be embedded or not.

Design: this is the one place where an embedder is called to score rows, and so the boundary round other
people's code. An embedder does not say which text it failed at, so a batch that fails is asked in halves:
a few bad texts cost a few calls each. Where nothing at all succeeds, asking ends early, so that an embedder
that is down is not called once for every text.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.embedders import Embedder, batches, checked
from graders.errors import EmbeddingError

_MOST_VAIN_CALLS = 24
"""More than are needed to find the one bad text at the beginning of a batch."""


class Memory:
    """Asks an embedder about each text once; a text that failed fails again without being asked."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._failures: dict[str, Exception] = {}
        self._vain_calls = 0
        self._down: EmbeddingError | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, d)`.

        Raises:
            Exception: what the embedder raised at the first of the texts that it could not embed.
            ValueError: its vectors are not of one length.
        """
        asked = self._vectors.keys() | self._failures.keys()
        for batch in batches([text for text in dict.fromkeys(texts) if text not in asked]):
            self._ask(batch)
        for text in texts:
            if text in self._failures:
                raise self._failures[text].with_traceback(None)
        vectors = [self._vectors[text] for text in texts]
        if len({len(vector) for vector in vectors}) > 1:
            raise ValueError("the embedder gives vectors of different lengths")
        return np.array(vectors, dtype=np.float32)

    def _ask(self, batch: list[str]) -> None:
        if self._down is not None:
            self._failures.update(dict.fromkeys(batch, self._down))
            return
        try:
            vectors = checked(self._embedder.embed(batch), len(batch))
        except EmbeddingError as error:
            self._down = error
            self._ask(batch)
        except Exception as error:  # the embedder is somebody else's code
            self._ask_for_less(batch, error)
        else:
            self._vectors.update(zip(batch, vectors, strict=True))

    def _ask_for_less(self, batch: list[str], error: Exception) -> None:
        self._vain_calls += 1
        if not self._vectors and self._vain_calls >= _MOST_VAIN_CALLS:
            message = f"gave up after {self._vain_calls} calls in vain: {type(error).__name__}: {error}"
            self._down = EmbeddingError(message)
        if len(batch) == 1:
            self._failures[batch[0]] = error
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            self._ask(half)
