"""An embedder behind an OpenAI-compatible `/v1/embeddings`: OpenAI's, a company's, or one on this machine."""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from graders.embedders import batches, encodable
from graders.embedders.answer import vectors_of
from graders.embedders.connection import Connection, Limits, checked_url
from graders.endpoints import without_credentials
from graders.errors import EmbeddingError

MODEL = "text-embedding-3-large"
"""What the hosted cosine embeds with."""
_BASE_URL = "https://api.openai.com/v1"


class OpenAIEmbedder:
    """Embeds by `openai[:MODEL][@BASE_URL]`, through the official client.

    The key is `OPENAI_API_KEY` of the environment; servers on one's own machine need none. Without an
    address `OPENAI_BASE_URL` counts, and then OpenAI's. `identity` names the model and the address, without
    what would let somebody in.

    Raises:
        ConfigError: the address is none, the key cannot be sent, or OpenAI's own host is meant without one.
        MissingExtraError: the extra `models` is not installed.
    """

    def __init__(
        self, model: str | None = None, base_url: str | None = None, *, limits: Limits | None = None
    ) -> None:
        self.model = model or MODEL
        self._base_url = checked_url(base_url or os.environ.get("OPENAI_BASE_URL") or _BASE_URL)
        self.identity = f"openai:{self.model}@{without_credentials(self._base_url).rstrip('/')}"
        self._limits = limits or Limits()
        self._connection: Connection | None = None
        Connection.require(urlsplit(self._base_url).hostname or "")

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.identity!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_connection": None}  # the key stays here; another process has its own

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, d)`, in requests of bounded size.

        Raises:
            EmbeddingError: the endpoint is out of reach, refuses the key or the model, or answers with
                something else than was asked for.
            ValueError: the endpoint refuses the texts, one of which may be too long.
        """
        if self._connection is None:
            self._connection = Connection(self._base_url, self._limits)
        parts = [
            vectors_of(self._connection.ask(self.model, [encodable(text) for text in batch]), len(batch))
            for batch in batches(texts)
        ]
        if len({part.shape[1] for part in parts}) > 1:
            raise EmbeddingError("the endpoint gives vectors of different lengths")
        return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)
