"""One request to the hosted API, through the official client: bounded, and silent about the key.

Design: bodies are streamed, so that none grows beyond its limit, those of refusals included; the client
neither retries nor follows redirects, since who waits and how long is decided in one place (`patience`)
and a redirect would take the key elsewhere. Ids come from a server and are percent-encoded in paths.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from graders.endpoints import is_address, without_credentials
from graders.errors import DataError, GradersError, MissingExtraError
from graders.strict_json import loads

MAX_PAGE = 256 * 2**20
"""Longest page or object, in bytes, that is read."""
MAX_FILE = 512 * 2**20
"""Longest file, in bytes, that is copied; the hosted API takes none that is longer."""
_MAX_REFUSAL = 64 * 2**10
_SECONDS_TO_CONNECT, _SECONDS_TO_READ, _SECONDS_OF_BODY = 10.0, 60.0, 3600.0
_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "ssl")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_AZURE_HOSTS = (".azure.com", ".azure.us", ".azure.cn", ".azure-api.net")


class RefusedError(Exception):
    """The server answered, but not with what was asked for; never leaves this room."""

    def __init__(self, status: int, headers: Mapping[str, str], message: str) -> None:
        super().__init__(f"HTTP {status}" + (f": {message}" if message else ""))
        self.status, self.headers = status, headers


class BrokenError(Exception):
    """There was no answer, or only a part of one; never leaves this room."""


class TooLongError(DataError):
    """A body is longer than it may be."""


@dataclass(frozen=True)
class Account:
    """Whose objects are read, and where.

    `base_url` is None for the client's own default. Azure hosts, and others where `azure` is set, are sent
    the key as `api-key` (a token of Entra as bearer), every other host as bearer. `api_version` is the
    query parameter that Azure's older paths need.
    """

    key: str
    base_url: str | None = None
    azure: bool = False
    api_version: str | None = None

    def __post_init__(self) -> None:
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise DataError("expected a key of printable ASCII characters")
        if self.base_url is not None:
            _check_url(self.base_url)

    def __repr__(self) -> str:
        return f"Account(base_url={without_credentials(self.base_url or '')!r})"


def _check_url(url: str) -> None:
    if not is_address(url):
        raise DataError(f"expected a base URL such as https://HOST/v1; got {without_credentials(url)!r}")


def quoted(name: str) -> str:
    """Percent-encode all of an id but letters, digits, `_`, `-` and `~`; dots too, since `..` is a path."""
    return quote(name.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E")


class Connection:
    """The official client, bound to one account. Use it as a context manager.

    `url` is its base URL without credentials.
    """

    def __init__(self, account: Account) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("reading a hosted API", "models") from None
        plain, query = _split(account.base_url)
        timeout = openai.Timeout(_SECONDS_TO_READ, connect=_SECONDS_TO_CONNECT)
        http = openai.DefaultHttpxClient(
            follow_redirects=False, timeout=timeout, event_hooks={"response": [self._refuse]}
        )
        if account.api_version is not None:
            query["api-version"] = account.api_version
        self._key = account.key
        self._client = openai.OpenAI(
            api_key=account.key,
            base_url=plain,
            max_retries=0,
            timeout=timeout,
            default_query=query,
            http_client=http,
        )
        host = urlsplit(str(self._client.base_url)).hostname or ""
        azure = account.azure or host.endswith(_AZURE_HOSTS)
        self._headers: dict[str, Any] = {"X-Stainless-Raw-Response": "stream"}
        if azure and not _JWT.fullmatch(account.key):
            self._headers |= {"api-key": account.key, "Authorization": openai.Omit()}
        self.url = without_credentials(str(self._client.base_url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, query: Mapping[str, object] | None = None) -> bytes:
        """Get a body of at most `MAX_PAGE` bytes."""
        return b"".join(self.chunks(path, query, limit=MAX_PAGE))

    def chunks(self, path: str, query: Mapping[str, object] | None = None, *, limit: int) -> Iterator[bytes]:
        """Get a body piece by piece.

        Raises:
            RefusedError: the server answered with a status other than 2xx.
            BrokenError: there was no answer, or not all of it.
            TooLongError: the body is longer than `limit` bytes.
        """
        options: Any = {"headers": self._headers, "params": dict(query or {})}
        deadline, received = time.monotonic() + _SECONDS_OF_BODY, 0
        with self._boundary():
            response: Any = self._client.get(path, cast_to=object, options=options)
            try:
                for chunk in response.iter_bytes(2**16):
                    received += len(chunk)
                    if received > limit:
                        raise TooLongError(f"{path}: the answer is longer than {limit} bytes")
                    if time.monotonic() > deadline:
                        raise BrokenError(f"the answer took longer than {_SECONDS_OF_BODY:.0f} s")
                    yield chunk
            finally:
                response.close()

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        """Name what goes wrong in the client and in the network below it."""
        import openai

        try:
            yield
        except (GradersError, RefusedError, BrokenError):
            raise
        except Exception as error:
            cause = error.__cause__ or error
            if isinstance(cause, RefusedError):  # older clients wrap what a hook raises
                raise cause from None
            of_transport = type(error).__module__.partition(".")[0] in _TRANSPORTS
            if not of_transport and not isinstance(error, openai.OpenAIError):
                raise
            raise BrokenError(self._without_key(str(cause) or type(cause).__name__)) from None

    def _refuse(self, response: Any) -> None:
        """Raise for every status but 2xx, with a bounded part of the body; the client would read it all."""
        if 200 <= response.status_code < 300:
            return
        held = bytearray()
        for chunk in response.iter_bytes(2**12):
            held += chunk
            if len(held) > _MAX_REFUSAL:
                break
        message = self._without_key(_message(bytes(held)))
        raise RefusedError(response.status_code, dict(response.headers), message)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]")[:500]


def _split(url: str | None) -> tuple[str | None, dict[str, object]]:
    """Take the query off a base URL; the client would put paths behind it."""
    if url is None:
        return None, {}
    parts = urlsplit(url)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return plain, dict(parse_qsl(parts.query))


def _message(body: bytes) -> str:
    """Give the message of an error body; empty where it holds none, such as a proxy's page."""
    try:
        value = loads(body)
        message = value["error"]["message"]
    except (ValueError, TypeError, KeyError):
        return ""
    return message if isinstance(message, str) else ""
