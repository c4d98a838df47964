"""Ends calls whose time is over, wherever they are waiting.

Design: a limit on each read does not bound a call, since an answer that comes drop by drop resets it with
every drop. One thread watches all calls of a client; it lives only while there is a call to watch.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Deadlines:
    """Calls `cut` when a call has not ended in time; safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[object, tuple[float, Callable[[], None]]] = {}
        self._next = float("inf")

    @contextmanager
    def watch(self, at: float, cut: Callable[[], None]) -> Iterator[None]:
        """Call `cut` once, from another thread, if the block has not ended at a time of the monotonic clock.

        After the block `cut` is neither called nor at work.
        """
        call = object()
        with self._changed:
            self._watched[call] = (at, cut)
            if at < self._next:
                self._wake(at)
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(call, None)

    def _wake(self, at: float) -> None:
        if self._next == float("inf"):
            threading.Thread(target=self._run, name="deadlines", daemon=True).start()
        self._next = at
        self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for call in [call for call, (at, _) in self._watched.items() if at <= now]:
                    self._watched.pop(call)[1]()
                self._next = min((at for at, _ in self._watched.values()), default=now)
                self._changed.wait(self._next - now)
            self._next = float("inf")
