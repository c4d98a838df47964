"""Pages that take long to make: made once, in the background, and kept while there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

ROOM = 64 * 2**20
"""Letters of the pages that are kept."""
_AT_ONCE, _MOST_WAITING = 2, 30


@dataclass
class Making:
    """Makes pages, few at once, and keeps those that were asked for last.

    What a page is known by names everything that it depends on, so a page that is kept is never out of date.
    """

    room: int = ROOM
    _pages: OrderedDict[Hashable, Future[str]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_ONCE))

    def get(self, key: Hashable, make: Callable[[], str], patience: float) -> str | None:
        """Give a page; None where it takes longer than `patience` seconds and is still being made.

        Raises whatever `make` raised; the next one who asks has it made again.
        """
        with self._lock:
            page = self._pages.get(key)
            if page is None and self._waiting() >= _MOST_WAITING:
                return None  # whoever is told that it is being made asks again
            if page is None:
                page = self._pages[key] = Future()
                # a daemon: a server that ends does not wait for a page
                threading.Thread(target=self._make, args=(key, make, page), daemon=True).start()
            self._pages.move_to_end(key)
        try:
            return page.result(patience)
        except TimeoutError:
            return None

    def _waiting(self) -> int:
        return sum(not page.done() for page in self._pages.values())

    def _make(self, key: Hashable, make: Callable[[], str], page: "Future[str]") -> None:
        with self._turns:
            try:
                text = make()
            except Exception as error:  # told to whoever waits for the page
                with self._lock:
                    self._pages.pop(key, None)
                page.set_exception(error)
                return
        with self._lock:
            page.set_result(text)
            self._make_room()

    def _make_room(self) -> None:
        kept = [(key, len(page.result())) for key, page in self._pages.items() if page.done()]
        held = sum(letters for _, letters in kept)
        for key, letters in kept:
            if held <= self.room:
                return
            del self._pages[key]
            held -= letters
