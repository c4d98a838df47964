"""Who waits, and how long: the one place where requests are tried again.

Design: a server that asks for a pause gets it from every request at once, not only from the one that was
told; otherwise the pause lasts longer with each attempt, by chance a little more or less, so that requests
that failed together do not come back together.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from graders.endpoints.client import NoAnswerError
from graders.endpoints.waiting import asked_wait
from graders.errors import DataError, RunStoppedError
from graders.hosted.connection import RefusedError

Answer = TypeVar("Answer")
_TRIED_AGAIN = (408, 409, 425, 429)


@dataclass(frozen=True)
class Patience:
    """Limits of trying again: attempts of one request, and waits in seconds.

    `longest_asked` is the longest pause that a server may ask for; one that asks for more ends the pull,
    which can go on later.
    """

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 60.0
    longest_asked: float = 300.0


@dataclass
class Turnstile:
    """Where every request passes; `stop` ends all waiting."""

    patience: Patience = field(default_factory=Patience)
    random: Random = field(default_factory=Random)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open_at = 0.0

    def ask(self, what: str, request: Callable[[], Answer]) -> Answer:
        """Make a request until it is answered.

        Raises:
            RefusedError: the answer is one that asking again would not change.
            DataError: the server refuses the key.
            RunStoppedError: it was not answered in all attempts, or the server wants a very long pause.
        """
        failure: NoAnswerError | RefusedError | None = None
        for attempt in range(self.patience.attempts):
            self._wait()
            try:
                return request()
            except RefusedError as error:
                _check_status(what, error)
                failure = error
            except NoAnswerError as error:
                failure = error
            self._put_off(what, failure, attempt)
        raise RunStoppedError(
            f"{what}: {failure} ({self.patience.attempts} attempts); the same command goes on later"
        )

    def _wait(self) -> None:
        while (left := self._open_at - time.monotonic()) > 0:
            if self.stop.wait(left):
                break
        if self.stop.is_set():
            raise RunStoppedError("stopped; the same command goes on later")

    def _put_off(self, what: str, failure: NoAnswerError | RefusedError, attempt: int) -> None:
        limits = self.patience
        asked = asked_wait(failure.headers) if isinstance(failure, RefusedError) else None
        if asked is not None and asked > limits.longest_asked:
            raise RunStoppedError(f"{what}: the server asks for a pause of {asked:.0f} s; go on after it")
        if asked is None:
            longest = min(limits.first_wait * 2**attempt, limits.longest_wait)
            asked = longest * (0.5 + self.random.random() / 2)
        with self._lock:
            self._open_at = max(self._open_at, time.monotonic() + asked)


def _check_status(what: str, error: RefusedError) -> None:
    """Raise where another attempt would be answered alike."""
    if error.status in (401, 403):
        raise DataError(f"{what}: the server refuses the key: {error}") from None
    if 300 <= error.status < 400:
        target = error.headers.get("location", "elsewhere").partition("?")[0]
        raise DataError(f"{what}: HTTP {error.status}: redirected to {target!r}; is the base URL right?")
    if error.status < 500 and error.status not in _TRIED_AGAIN:
        raise error
