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
from urllib.parse import quote

from graders.endpoints import is_address, is_azure, without_credentials
from graders.endpoints.client import NoAnswerError, naming, require_client
from graders.endpoints.credentials import Entrance, usual_address
from graders.endpoints.refusals import error_value, message_of
from graders.errors import DataError

MAX_PAGE = 256 * 2**20
"""Longest page or object, in bytes, that is read."""
MAX_FILE = 512 * 2**20
"""Longest file, in bytes, that is copied; the hosted API takes none that is longer."""
_MAX_REFUSAL = 64 * 2**10
_SECONDS_TO_CONNECT, _SECONDS_TO_READ, _SECONDS_OF_BODY = 10.0, 60.0, 3600.0
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


class RefusedError(Exception):
    """The server answered, but not with what was asked for; never leaves this room."""

    def __init__(self, status: int, headers: Mapping[str, str], message: str) -> None:
        super().__init__(f"HTTP {status}" + (f": {message}" if message else ""))
        self.status, self.headers = status, headers


class TooLongError(DataError):
    """A body is longer than it may be."""


@dataclass(frozen=True)
class Account:
    """Whose objects are read, and where.

    `base_url` is None for that of `OPENAI_BASE_URL`, or OpenAI's. Azure hosts, and others where `azure` is
    set, are sent the key as `api-key` (a token of Entra as bearer), every other host as bearer; a user in
    the address goes before it. `api_version` is the query parameter that Azure's older paths need.

    Raises:
        DataError: the key cannot be sent, or the address is none.
    """

    key: str
    base_url: str | None = None
    azure: bool = False
    api_version: str | None = None

    def __post_init__(self) -> None:
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise DataError("expected a key of printable ASCII characters")
        if not is_address(self.url):
            said = without_credentials(self.url)
            raise DataError(f"expected a base URL such as https://HOST/v1; got {said!r}")

    def __repr__(self) -> str:
        return f"Account(base_url={without_credentials(self.url)!r})"

    @property
    def url(self) -> str:
        """The address that is meant, with what is secret in it."""
        return usual_address(self.base_url)

    @property
    def entrance(self) -> Entrance:
        """What lets one in there."""
        azure = self.azure or is_azure(self.url)
        header = "api-key" if azure and not _JWT.fullmatch(self.key) else "Authorization"
        return Entrance.of(self.url, self.key, header=header)


def quoted(name: str) -> str:
    """Percent-encode all of an id but letters, digits, `_`, `-` and `~`; dots too, since `..` is a path."""
    return quote(name.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E")


class Connection:
    """The official client, bound to one account. Use it as a context manager.

    `url` is its base URL without credentials.
    """

    def __init__(self, account: Account) -> None:
        require_client("reading a hosted API")
        import openai

        self._entrance = entrance = account.entrance
        timeout = openai.Timeout(_SECONDS_TO_READ, connect=_SECONDS_TO_CONNECT)
        http = openai.DefaultHttpxClient(
            follow_redirects=False, timeout=timeout, event_hooks={"response": [self._refuse]}
        )
        version = {} if account.api_version is None else {"api-version": account.api_version}
        self._client = openai.OpenAI(
            api_key="none",
            base_url=entrance.address,
            max_retries=0,
            timeout=timeout,
            default_query={**entrance.query, **version},
            http_client=http,
        )
        unnamed: Any = {"Authorization": openai.Omit(), "X-Stainless-Raw-Response": "stream"}
        self._headers = {**unnamed, **entrance.headers}
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
            NoAnswerError: there was no answer, or not all of it.
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
                        raise NoAnswerError(f"the answer took longer than {_SECONDS_OF_BODY:.0f} s")
                    yield chunk
            finally:
                response.close()

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        """Name what goes wrong in the client and in the network below it, and no secret."""
        import openai

        try:
            with naming(self._entrance.address):
                try:
                    yield
                except openai.APIConnectionError as error:
                    if isinstance(error.__cause__, RefusedError):  # older clients wrap what a hook raises
                        raise error.__cause__ from None
                    raise
        except NoAnswerError as error:
            raise NoAnswerError(self._entrance.hushed(str(error))) from None

    def _refuse(self, response: Any) -> None:
        """Raise for every status but 2xx, with a bounded part of the body; the client would read it all."""
        if 200 <= response.status_code < 300:
            return
        held = bytearray()
        for chunk in response.iter_bytes(2**12):
            held += chunk
            if len(held) > _MAX_REFUSAL:
                break
        message = self._entrance.hushed(message_of(error_value(bytes(held))))
        raise RefusedError(response.status_code, dict(response.headers), message)
