"""A process that the server started: a runner, or another one that answers requests.

It is told everything through its input, and ends when that ends, because then the server has ended.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from graders.engine.frames import read_frame
from graders.server.runner import run_here


def main() -> None:
    """Be what the first frame says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's business
    orders = sys.stdin.buffer
    sys.path[:] = read_frame(orders)
    role, settings, number = read_frame(orders)
    if role == "runner":
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        threading.Thread(target=_stop_after, args=(orders, stopped), daemon=True).start()
        run_here(settings, stopped, _heart())
    else:
        from graders.server.web import answer_on

        threading.Thread(target=_end_after, args=(orders,), daemon=True).start()
        answer_on(settings, number)


def _heart() -> Callable[[], None]:
    """Give what says on our output that we are alive; what others print there goes to stderr."""
    beats = os.dup(1)
    os.dup2(2, 1)

    def beat() -> None:
        with suppress(OSError):  # the server has ended, and so shall we
            os.write(beats, b"alive\n")

    return beat


def _stop_after(orders: IO[bytes], stopped: threading.Event) -> None:
    orders.read()
    stopped.set()


def _end_after(orders: IO[bytes]) -> None:
    orders.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
