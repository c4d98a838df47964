"""The embedder of the extra `embeddings`: WordLlama, whose weights are in its package.

Design: its own `embed` pads a batch to the longest text, which takes gigabytes where one is long; here a
text's vector is the mean over its tokens, weighed by how often each occurs, so memory does not grow with the
text. Nothing is fetched: downloads are disabled and its home folder is not looked at.
"""

import importlib.util
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graders.endpoints.contents import sendable
from graders.errors import ConfigError, EmbeddingError, MissingExtraError, Problem

_MODEL, _DIMENSIONS = "l2_supercat", 256


def is_installed() -> bool:
    """Say whether the extra is installed, without importing it."""
    return importlib.util.find_spec("wordllama") is not None


class WordLlamaEmbedder:
    """Embeds a text as the mean of the vectors of its tokens, 256 numbers.

    The weights derive from those of Llama 2. They are loaded when the first text comes.

    Raises:
        MissingExtraError: the extra is not installed.
    """

    def __init__(self) -> None:
        if not is_installed():
            raise MissingExtraError("the embedder wordllama", "embeddings")
        self.identity = f"wordllama:{_MODEL}:{_DIMENSIONS}:{version('wordllama')}"
        self._model: Any = None

    @classmethod
    def from_spec(cls, model: str | None, base_url: str | None) -> Self:
        """Make it of `wordllama`.

        Raises:
            ConfigError: there is a model or an address behind the name.
            MissingExtraError: the extra is not installed.
        """
        if model is not None or base_url is not None:
            raise ConfigError([Problem("embedder", "expected wordllama, without a model or an address")])
        return cls()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_model": None}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, 256)`, equal to WordLlama's but for rounding.

        Raises:
            EmbeddingError: the package is not whole.
        """
        if self._model is None:
            self._model = _load()
        tokenizer, weights = self._model.tokenizer, self._model.embedding
        vectors = np.zeros((len(texts), weights.shape[1]), dtype=np.float32)
        if texts:
            written = [sendable(text) for text in texts]
            for row, encoded in enumerate(tokenizer.encode_batch(written, add_special_tokens=False)):
                tokens, counts = np.unique(np.array(encoded.ids, dtype=np.intp), return_counts=True)
                vectors[row] = counts @ weights[tokens].astype(np.float64) / max(1, len(encoded.ids))
        return vectors


def _load() -> Any:
    try:
        with _logging_left_alone():
            import wordllama
        package = Path(wordllama.__file__).parent
        model = wordllama.WordLlama.load(_MODEL, cache_dir=package, dim=_DIMENSIONS, disable_download=True)
    except Exception as error:  # somebody else's package
        message = f"wordllama cannot be loaded: {type(error).__name__}: {error}"
        raise EmbeddingError(message) from error
    model.tokenizer.no_padding()
    return model


@contextmanager
def _logging_left_alone() -> Iterator[None]:
    """Keep an import from configuring the root logger, which it does where that has no handler."""
    handler = logging.NullHandler()
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
