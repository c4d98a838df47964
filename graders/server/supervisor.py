"""The server's main process: it answers requests, and keeps the runner and other processes alive."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from graders.engine.frames import write_frame
from graders.server.faults import say
from graders.server.settings import Settings
from graders.server.web import answer_requests

LONGEST_SILENCE = 60.0
"""Seconds after which a runner that has not said that it is alive is replaced."""
_SHORT, _LONGEST_PAUSE, _SECONDS_TO_END = 10.0, 5.0, 5.0
_SOCKETS = 8192
"""Open files of each process, where the usual number of 1024 would end a rush."""


@dataclass
class Child:
    """A process that is started again whenever it ends."""

    role: str
    settings: Settings
    number: int = -1
    stopped: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start the process, and another one when it has ended, until told to stop."""
        pause = 0.1
        while not self.stopped.is_set():
            started = time.monotonic()
            with suppress(OSError):
                self._start()
                self._watch()
            lived = time.monotonic() - started
            pause = 0.1 if lived > _SHORT else min(2 * pause, _LONGEST_PAUSE)
            if not self.stopped.is_set():
                say(f"the {self.role} ended and is started again")
                self.stopped.wait(pause)

    def _start(self) -> None:
        command = [sys.executable, "-m", "graders.server.child"]
        passed = (self.number,) if self.number >= 0 else ()
        # a session of its own, so that Ctrl-C reaches the server alone
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=passed,
            start_new_session=True,
        )
        self.process = process
        if process.stdin is not None:
            write_frame(process.stdin, sys.path)
            write_frame(process.stdin, (self.role, self.settings, self.number))

    def _watch(self) -> None:
        """Wait for the end of the process; where it says nothing any more, end it."""
        process = self.process
        if process is None or process.stdout is None:
            return
        with process.stdout as said:
            heard = b"started"
            while heard:
                silence = threading.Timer(LONGEST_SILENCE, process.kill)
                if self.role == "runner":
                    silence.start()
                heard = said.readline()
                silence.cancel()
        process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def end(self) -> None:
        """End the process for good; it has a few seconds to do so itself."""
        self.stopped.set()
        process = self.process
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def _kept(children: list[Child]) -> Iterator[None]:
    threads = [threading.Thread(target=child.keep, name=child.role, daemon=True) for child in children]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for child in children:
            child.stopped.set()
        for child in children:
            child.end()


def listening_socket(host: str, port: int) -> socket.socket:
    """Open the socket; port 0 stands for one that is free.

    Raises:
        OSError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends answers without delay only where the protocol is named
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there, it would let others listen here too
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def url_of(listening: socket.socket) -> str:
    """Give the URL under which a socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _allow_sockets() -> None:
    """Let this process, and those that it starts, have as many connections at once as they may."""
    try:
        import resource
    except ImportError:  # nobody counts them here
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SOCKETS if hard == resource.RLIM_INFINITY else min(_SOCKETS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # a system that allows fewer than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(settings: Settings, listening: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    """Serve until a signal comes, in so many processes; `ready` is called when requests are answered."""
    others = [Child("web", settings, listening.fileno()) for _ in range(workers - 1)]
    if others and os.name == "nt":
        raise OSError("a socket cannot be shared by several processes here")
    # the web server raises the signal again when it has ended: the others are to end then, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _allow_sockets()
    with _kept([Child("runner", settings), *others]):
        answer_requests(settings, listening, ready)
