"""One request to `/v1/embeddings` through the official client: tried again, bounded, silent about the key.

Design: how often and when to ask again is the client's business, which knows the endpoint's wishes
(`Retry-After`, up to a minute) and otherwise waits longer each time. An endpoint that did not answer in all
attempts is asked once each time from then on, until it answers.
"""

import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from graders.endpoints import is_address, without_credentials
from graders.errors import ConfigError, EmbeddingError, MissingExtraError, Problem

KEY = "OPENAI_API_KEY"
_PLACEHOLDER = "none"
_ABOUT_THE_TEXTS = (400, 413, 422)
_LONGEST_MESSAGE = 300
_SHORTEST_SECRET = 6
"""Keys of servers that want none, such as `x`, are words of any message."""


@dataclass(frozen=True)
class Limits:
    """Attempts of a request, and the seconds that the endpoint may be silent."""

    attempts: int = 6
    timeout: float = 60.0


def checked_url(url: str) -> str:
    """Give the address, if it is one.

    Raises:
        ConfigError: it is none.
    """
    if not is_address(url):
        expected = "expected an address such as http://localhost:8000/v1"
        raise ConfigError([Problem("embedder", f"{expected}; got {without_credentials(url)!r}")])
    return url


class Connection:
    """The official client, bound to one address and the key of the environment."""

    def __init__(self, base_url: str, limits: Limits) -> None:
        import openai

        self._key = os.environ.get(KEY) or _PLACEHOLDER
        self._attempts, self._is_down = limits.attempts, False
        parts = urlsplit(base_url)
        said = (self._key, parts.password or "", *dict(parse_qsl(parts.query)).values())
        self._secrets = [secret for secret in said if len(secret) >= _SHORTEST_SECRET]
        self._client = openai.OpenAI(
            api_key=self._key,
            base_url=urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
            default_query=dict(parse_qsl(parts.query)),
            timeout=limits.timeout,
        )

    @staticmethod
    def require(host: str) -> None:
        """Raise where nothing could be asked of a host.

        Raises:
            ConfigError: there is no key for OpenAI's own host, or one that no header can hold.
            MissingExtraError: the client is not installed.
        """
        key = os.environ.get(KEY, "")
        if not key and host == "api.openai.com":
            raise ConfigError([Problem("embedder", f"openai needs a key: set {KEY}")])
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError([Problem("embedder", f"expected {KEY} to be printable ASCII without spaces")])
        if importlib.util.find_spec("openai") is None:
            raise MissingExtraError("the embedder openai", "models")

    def ask(self, model: str, texts: Sequence[str]) -> bytes:
        """Give the body of the answer.

        Raises:
            EmbeddingError: there is none, or it is a refusal that other texts would not change.
            ValueError: the texts are refused.
        """
        import openai

        client = self._client.with_options(max_retries=0 if self._is_down else self._attempts - 1)
        try:
            answer: Any = client.embeddings.with_raw_response.create(
                model=model, input=list(texts), encoding_format="base64"
            )
            body: bytes = answer.content
        except openai.APIStatusError as error:
            self._is_down = error.status_code >= 500 or error.status_code in (408, 409, 429)
            raise self._refusal(error.status_code, error.body) from None
        except openai.APIConnectionError as error:
            self._is_down = True
            reason = type(error.__cause__ or error).__name__
            said = self._hushed(str(error.__cause__ or error))
            raise EmbeddingError(f"the endpoint does not answer: {reason}: {said}") from None
        self._is_down = False
        return body

    def _refusal(self, status: int, body: object) -> Exception:
        if status in (401, 403):  # what it says may hold a part of the key
            return EmbeddingError(f"the endpoint refuses the key (HTTP {status})")
        message = body.get("message") if isinstance(body, dict) else None
        said = f": {self._hushed(message)}" if isinstance(message, str) else ""
        if status in _ABOUT_THE_TEXTS:
            return ValueError(f"the endpoint refuses the texts (HTTP {status}){said}")
        return EmbeddingError(f"the endpoint refuses (HTTP {status}){said}")

    def _hushed(self, text: str) -> str:
        """Cut out secrets, and what begins like one."""
        for secret in self._secrets:
            text = re.sub(re.escape(secret[:12]) + r"\S*", "[key]", text)
        return " ".join(text.split())[:_LONGEST_MESSAGE]
