"""An embedder behind an OpenAI-compatible `/v1/embeddings`: OpenAI's, a company's, or one on this machine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.embedders import batches
from graders.embedders.answer import vectors_of
from graders.embedders.connection import Connection
from graders.endpoints import without_credentials
from graders.endpoints.client import require_client
from graders.endpoints.contents import sendable
from graders.endpoints.credentials import Entrance, checked_address, usual_address, usual_entrance
from graders.endpoints.limits import Limits
from graders.errors import EmbeddingError

MODEL = "text-embedding-3-large"
"""What the hosted cosine embeds with."""


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
        require_client("the embedder openai")
        self.model = model or MODEL
        self._url = checked_address(usual_address(base_url), "embedder")
        self._entrance()
        self.identity = f"openai:{self.model}@{without_credentials(self._url).rstrip('/')}"
        self._limits = limits or Limits()
        self._connection: Connection | None = None

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
            self._connection = Connection(self._entrance(), self._limits)
        parts = [
            vectors_of(self._connection.ask(self.model, [sendable(text) for text in batch]), len(batch))
            for batch in batches(texts)
        ]
        if len({part.shape[1] for part in parts}) > 1:
            raise EmbeddingError("the endpoint gives vectors of different lengths")
        return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)

    def _entrance(self) -> Entrance:
        return usual_entrance(self._url, "embedder", "openai")
