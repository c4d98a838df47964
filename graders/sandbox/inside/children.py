"""Children of the worker: one task each, confined, on a clock, with a pipe that takes one bounded message.

Design: a row costs by the pages of memory that the fork shares and the child then touches, so little is
loaded here. A child's first byte says whether it is confined; nothing of the grader has run before it, so no
grader can forge it. The child is killed once its pipe is closed, its clock has run out or it has said too
much. It cannot have children itself, so nothing is left of it.
"""

import os
import select
import signal
import time
from collections.abc import Callable

from graders.sandbox.inside import confinement

_CONFINED, _UNCONFINED = b"+", b"-"
_AT_ONCE = 1 << 16


class Ending:
    """How a child ended: what it said after it was confined, or why it was not; its status; its clock."""

    def __init__(self, message: bytes, status: int, *, timed_out: bool, fault: str | None = None) -> None:
        self.message, self.status, self.timed_out, self.fault = message, status, timed_out, fault


class Children:
    """Runs tasks in children, one after another.

    `request` is the pipe from the supervisor: when the other end closes, the child and this process end.
    `private` are the descriptors that no child keeps.
    """

    def __init__(self, row: confinement.Row, request: int, private: tuple[int, ...]) -> None:
        self._row = row
        self._request = request
        self._private = private

    def run(self, task: Callable[[], bytes], seconds: float, longest: int) -> Ending:
        """Run a task and listen to it until its message ends."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._live(task, reader, writer)
        os.close(writer)
        try:
            message, timed_out = self._listen(reader, pid, time.monotonic() + seconds, longest + 1)
        finally:
            os.close(reader)
        status = _end(pid)
        if message[:1] == _CONFINED:
            return Ending(message[1:], status, timed_out=timed_out)
        reason = (
            message[1:].decode("utf-8", "replace") or f"it ended with {os.waitstatus_to_exitcode(status)}"
        )
        fault = f"a row could not be confined: {reason}"
        return Ending(b"", status, timed_out=timed_out, fault=fault)

    def wait(self, pid: int, alive: int) -> Ending:
        """Wait until a child closes its end of a pipe, by ending or else; it is ended then."""
        poll = select.poll()
        poll.register(alive, select.POLLIN)
        poll.register(self._request, 0)
        poll.poll()
        return Ending(b"", _end(pid), timed_out=False)

    def _live(self, task: Callable[[], bytes], reader: int, writer: int) -> None:
        """Be the child; never return."""
        try:
            for descriptor in (reader, *self._private):
                os.close(descriptor)
            try:
                self._row.enter(processor_limit=True)
            except BaseException as error:
                os.write(writer, _UNCONFINED + str(error).encode("utf-8", "replace")[:1000])
                return
            os.write(writer, _CONFINED)
            view = memoryview(task())
            while view:
                view = view[os.write(writer, view) :]
        finally:
            os._exit(0)

    def _listen(self, reader: int, pid: int, deadline: float, longest: int) -> tuple[bytes, bool]:
        """Read a child's message; give it, and whether the clock ran out."""
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        poll.register(self._request, 0)
        message = b""
        while len(message) <= longest:
            left = deadline - time.monotonic()
            events = poll.poll(max(0, int(left * 1000) + 1)) if left > 0 else []
            if not events:
                return message, True
            if all(descriptor != reader for descriptor, _ in events):
                _end(pid)  # the supervisor has gone
                os._exit(0)
            data = os.read(reader, _AT_ONCE)
            if not data:
                return message, False
            message += data
        return message, False


def _end(pid: int) -> int:
    """Kill a child if it still lives; give how it ended."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def describe(status: int) -> str:
    """Say how a process ended that did not say so itself."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"The process ended with status {code} before grade returned."
    if code == -signal.SIGKILL:
        return "The process ended before grade returned."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"The process was ended by {name} before grade returned."
