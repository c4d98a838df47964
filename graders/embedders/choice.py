"""Which embedder embeds where nobody named one."""

import os

from graders.embedders import Embedder
from graders.errors import ConfigError, Problem

URL, MODEL = "GRADERS_EMBEDDINGS_URL", "GRADERS_EMBEDDINGS_MODEL"
WAYS = (
    f"set {URL} to the address of a /v1/embeddings (and {MODEL} to its model), "
    "or install wordllama: pip install 'local-graders[embeddings]'"
)
"""What makes this choice possible, for the message where nothing does."""


def usual_embedder() -> Embedder | None:
    """Give the embedder of the endpoint that the environment names, else wordllama; None without both.

    Raises:
        ConfigError: the endpoint's address is none.
        MissingExtraError: there is an endpoint, and no client to ask it.
    """
    from graders.embedders.openai import OpenAIEmbedder
    from graders.embedders.wordllama import WordLlamaEmbedder, is_installed

    url = os.environ.get(URL)
    if url:
        try:
            return OpenAIEmbedder(os.environ.get(MODEL) or None, url)
        except ConfigError as error:
            raise ConfigError([Problem(URL, problem.message) for problem in error.problems]) from None
    return WordLlamaEmbedder() if is_installed() else None
