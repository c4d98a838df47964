"""One request over HTTP: bounded in time and size, over connections that are kept, silent about keys.

Design: the official client forms the request (address, key, headers); it is then sent, with a body of each
call's own, by the HTTP client below it, which nearly halves the time that a call costs. Nothing is tried
again and no redirect is followed: who waits is decided elsewhere, and a redirect would take the key away. A
call has a connection to itself, so that it can be cut when its time is over: the socket is shut down, which
ends a wait for headers as well as a slow drip. Bodies are streamed, so that none grows beyond its limit.
"""

import importlib
import importlib.util
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.request import getproxies

from graders.endpoints.credentials import Entrance
from graders.endpoints.deadlines import Deadlines
from graders.errors import MissingExtraError

LONGEST_ANSWER = 16 * 2**20
"""Bytes of an answer that are read where nobody says how many."""
_LONGEST_REFUSAL = 64 * 2**10
_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "h11", "ssl", "socket")


class NoAnswerError(Exception):
    """There was no answer, or one that cannot be read to its end."""


class OutOfTimeError(NoAnswerError):
    """The answer was not complete in time."""


@dataclass(frozen=True)
class Answer:
    """What an endpoint said; of what is no success only a part."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Posts JSON to the paths below one address; safe to use from several threads.

    Raises:
        MissingExtraError: the official client is not installed.
    """

    def __init__(self, entrance: Entrance, *, longest: int = LONGEST_ANSWER) -> None:
        require_client("asking an endpoint")
        self._entrance, self._longest = entrance, longest
        self._deadlines = Deadlines()
        self._lines: deque[_Line] = deque()
        weakref.finalize(self, _close, self._lines)
        self._lock = threading.Lock()
        self._forms: dict[str, _Form] = {}
        self._context: Any = _transport().create_ssl_context()

    def post(
        self, path: str, body: bytes, *, seconds: float, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post a JSON text, with some headers of its own, and give the answer, whatever its status.

        Raises:
            OutOfTimeError: it was not complete after so many seconds.
            NoAnswerError: there is none, or it is cut off, too long or compressed.
        """
        if seconds <= 0:
            raise OutOfTimeError("no time is left")
        at = time.monotonic() + seconds
        line = self._line(path)
        try:
            with self._deadlines.watch(at, line.cut), naming(self._entrance.address):
                answer = line.send(self._forms[path], body, seconds, headers or {})
        except BaseException as error:
            line.close()
            # the HTTP client's own limit may come before the one who watches
            if isinstance(error, Exception) and (line.is_cut or time.monotonic() >= at):
                raise OutOfTimeError(f"no whole answer within {seconds:g} s") from None
            raise
        if line.is_cut:  # in the very moment in which the answer was there
            line.close()
        else:
            self._lines.append(line)
        return answer

    def close(self) -> None:
        """Close the connections that are at rest."""
        _close(self._lines)

    def _line(self, path: str) -> "_Line":
        with suppress(IndexError):
            if path in self._forms:
                return self._lines.pop()
        with self._lock:
            line = _Line(self._context, self._longest)
            if path not in self._forms:
                self._forms[path] = _formed(self._entrance, path, line.http)
        return line


@dataclass(frozen=True)
class _Form:
    """A request without its body: its class, and what that is made of."""

    kind: Any
    url: Any
    extensions: Mapping[str, Any] = field(repr=False)
    headers: list[tuple[str, str]] = field(repr=False)


class _FormedError(Exception):
    """Ends the official client's part."""


def _formed(entrance: Entrance, path: str, http: Any) -> _Form:
    """Let the official client form a request to a path."""
    import openai

    requests: list[Any] = []

    def keep(request: Any) -> NoReturn:
        requests.append(request)
        raise _FormedError

    headers: Any = {"Authorization": openai.Omit(), "Accept-Encoding": "identity", **entrance.headers}
    client = openai.OpenAI(api_key="none", base_url=entrance.address, max_retries=0, http_client=http)
    http.event_hooks = {"request": [keep]}
    with suppress(_FormedError, openai.APIConnectionError):  # some releases wrap what a hook raises
        client.post(path, cast_to=object, body={}, options={"headers": headers})
    http.event_hooks = {}
    (formed,) = requests
    left_out = ("content-length", "transfer-encoding", "x-stainless-")  # of this body, or about this machine
    kept = [each for each in formed.headers.multi_items() if not each[0].lower().startswith(left_out)]
    url = formed.url.copy_merge_params(dict(entrance.query))
    if url == formed.url or not _hides_queries():
        return _Form(type(formed), url, {}, kept)
    return _Form(type(formed), formed.url, {"target": url.raw_path}, kept)


def _hides_queries() -> bool:
    """Tell whether the HTTP library can send a query that it does not log.

    It sends a `target` in the place of the address's own, its older releases however also to a proxy.
    """
    return _transport().__name__ != "httpx" or not getproxies().keys() - {"no"}


class _Line:
    """An HTTP client with one connection, for one call at a time."""

    def __init__(self, context: Any, longest: int) -> None:
        import openai

        self._longest = longest
        self.http: Any = openai.DefaultHttpxClient(follow_redirects=False, verify=context)
        self.is_cut = False
        self._socket: socket.socket | None = None

    def send(self, form: _Form, body: bytes, seconds: float, added: Mapping[str, str]) -> Answer:
        """Send a request and read the answer."""
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        extensions = {**form.extensions, "trace": self._trace, "timeout": timeout}
        headers = [*form.headers, *added.items()]
        request = form.kind("POST", form.url, headers=headers, content=body, extensions=extensions)
        response = self.http.send(request, stream=True)
        try:
            return _read(response, self._longest)
        finally:
            response.close()

    def cut(self) -> None:
        """End the call, wherever it is; the line is of no use any more."""
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):
                # not the method of an encrypted socket, which is at work in another thread
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self.http.close()

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket of a new connection."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.is_cut:
                self.cut()


def _close(lines: deque[_Line]) -> None:
    while lines:
        lines.pop().close()


def _read(response: Any, longest: int) -> Answer:
    success = 200 <= response.status_code < 300
    if success and response.headers.get("content-encoding", "identity") != "identity":
        raise NoAnswerError("the answer is compressed, which was not asked for")
    limit, received, pieces = (longest if success else _LONGEST_REFUSAL), 0, []
    for piece in response.iter_raw():
        pieces.append(piece)
        received += len(piece)
        if received > limit:
            if success:
                raise NoAnswerError(f"the answer is longer than {limit // 2**20} MiB")
            break
    return Answer(response.status_code, dict(response.headers), b"".join(pieces))


@contextmanager
def naming(address: str) -> Iterator[None]:
    """Make what goes wrong on the way to an address, and in the clients used, a NoAnswerError."""
    import openai

    try:
        yield
    except NoAnswerError:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        of_transport = type(error).__module__.partition(".")[0] in _TRANSPORTS
        if not (of_transport or isinstance(error, openai.OpenAIError | OSError)):
            raise
        raise NoAnswerError(f"{type(cause).__name__}: {cause} ({address})") from None


def require_client(feature: str) -> None:
    """Raise where the official client is not installed.

    Raises:
        MissingExtraError: it is not.
    """
    if importlib.util.find_spec("openai") is None:
        raise MissingExtraError(feature, "models")


def _transport() -> Any:
    """Give the HTTP library that the official client uses; its newer releases use another."""
    import openai

    bases = (each.__module__.partition(".")[0] for each in openai.DefaultHttpxClient.__mro__)
    return importlib.import_module(next(each for each in bases if each not in ("openai", "builtins")))
