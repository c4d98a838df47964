"""An embedder that remembers in a cache what another one gave."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.cache import Cache, key_of
from graders.embedders import Embedder, batches, checked


@dataclass(frozen=True)
class CachedEmbedder:
    """Asks `embedder` only for what the cache does not hold under its identity."""

    embedder: Embedder
    cache: Cache

    @property
    def identity(self) -> str:
        """The identity of the embedder."""
        return self.embedder.identity

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, d)`; each distinct one that is not known is asked once.

        What was answered is kept batch by batch, also where a later one fails.

        Raises:
            Exception: what the embedder raises.
            ValueError: the embedder gives something else, or vectors of another length than before.
        """
        keys = {text: key_of(self.identity, text) for text in texts}
        known = self._known(keys)
        for batch in batches([text for text in keys if text not in known]):
            vectors = checked(self.embedder.embed(batch), len(batch))
            values = (vector.astype("<f4").tobytes() for vector in vectors)
            self.cache.put_many("embedding", dict(zip((keys[text] for text in batch), values, strict=True)))
            known.update(zip(batch, vectors, strict=True))
        if len({len(vector) for vector in known.values()}) > 1:
            raise ValueError("the embedder gives vectors of other lengths than those in the cache")
        return np.array([known[text] for text in texts], dtype=np.float32)

    def _known(self, keys: dict[str, bytes]) -> dict[str, NDArray[np.float32]]:
        values = self.cache.get_many("embedding", keys.values())
        found = {text: values[key] for text, key in keys.items() if key in values}
        return {text: np.frombuffer(value, dtype="<f4").astype(np.float32) for text, value in found.items()}
