"""Wait so that Ctrl-C is heard, whatever other libraries have made of signals.

Design: some libraries (Polars, once it has computed anything) have interrupted system calls begun anew, so a
thread that waits without end learns of Ctrl-C only when what it waits for is there. Who waits in pieces
hears it between two of them.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

Result = TypeVar("Result")
_SECONDS = 0.5


def result_of(future: "Future[Result]") -> Result:
    """Give the result of a future, or raise what it raises."""
    while not future.done():
        wait((future,), timeout=_SECONDS)
    return future.result()


def join(threads: Sequence[threading.Thread]) -> None:
    """Wait for threads to end."""
    for thread in threads:
        while thread.is_alive():
            thread.join(_SECONDS)
