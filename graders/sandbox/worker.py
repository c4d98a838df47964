"""One worker as its supervisor sees it: started, given batches, held to its clock, ended.

Design: nobody who waits for a reply watches the clock, because the keeper ends the process and an ended
process closes its pipe. What the worker says is read by a parser that knows five tags and no depth.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from graders.sandbox.inside import protocol
from graders.sandbox.keeper import Keeper
from graders.sandbox.launch import Launch, SandboxUnavailableError
from graders.sandbox.limits import Cause, Failure, Limits, Outcome, server_failure

_START_SECONDS = 120.0
_GRACE = 5.0
_AT_ONCE = 1 << 16
_CAUSES = b"".join(protocol.CAUSES)


class WorkerEndedError(Exception):
    """The worker has ended; `blame` is what became of the row that it was grading, None if it was idle."""

    def __init__(self, blame: Failure | None) -> None:
        self.blame = blame
        super().__init__("the worker has ended")


class Worker:
    """A started worker.

    `supervised` says that rows share the worker's process, so that nobody but the supervisor keeps their
    clock, and that what the worker says may be what the source says.

    Raises:
        SandboxUnavailableError: it could not be started, or not be confined.
    """

    def __init__(self, launch: Launch, limits: Limits, *, supervised: bool) -> None:
        self._overdue = limits.overruns()["timeout"]
        self._text = limits.text
        self._unread = bytearray()
        self._keeper = Keeper(launch)
        process = self._keeper.process
        if process is None or process.stdin is None or process.stdout is None or process.stderr is None:
            raise SandboxUnavailableError("the worker has no pipes")
        self._to, self._from, self._said = process.stdin, process.stdout, process.stderr
        try:
            self.found = self._hello(launch.settings)
        except BaseException:
            self.end()
            raise
        self._supervised = supervised or not self.found.get("forks", True)
        self._seconds = limits.seconds + (0 if self._supervised else _GRACE)

    def grade(self, rows: Sequence[bytes], done: Callable[[Outcome], None]) -> None:
        """Grade rows and call `done` with each outcome, in order.

        Raises:
            WorkerEndedError: it ended before the last row; those without an outcome can be given to another.
        """
        self._send(protocol.batch(rows))
        for _ in rows:
            tag, payload = self._reply()
            self._expect_reply()
            if tag == protocol.RENEW:
                raise WorkerEndedError(None)
            outcome = self._outcome(tag, payload)
            done(outcome)
            if self._supervised and isinstance(outcome, Failure) and outcome.cause in ("crash", "sandbox"):
                raise WorkerEndedError(None)
        self._keeper.expect_by(None)

    def kill(self) -> None:
        """End the worker and everything in it, whoever is talking to it."""
        self._keeper.end()

    def end(self) -> None:
        """End the worker and close its pipes."""
        self._keeper.end()
        for pipe in (self._to, self._from, self._said):
            with suppress(OSError):
                pipe.close()

    def _hello(self, settings: bytes) -> dict[str, Any]:
        """Tell the worker what it is for, and wait until it is confined and ready."""
        self._keeper.expect_by(time.monotonic() + _START_SECONDS)
        try:
            protocol.write_all(self._to.fileno(), protocol.LENGTH.pack(len(settings)) + settings)
            tag, payload = self._parse(max(protocol.LONGEST_READY, protocol.longest_reply(self._text)))
        except (OSError, EOFError, ValueError):
            raise SandboxUnavailableError(self._last_words()) from None
        if tag != protocol.READY:
            raise SandboxUnavailableError(payload.decode("utf-8", "replace"))
        self._keeper.expect_by(None)
        return dict(json.loads(payload))

    def _last_words(self) -> str:
        if self._keeper.overdue:
            return f"the worker was not ready within {_START_SECONDS:g} seconds"
        self._keeper.end()
        said = self._said.read(4096) or b""
        return said.decode("utf-8", "replace").strip() or "the worker ended before it was ready"

    def _expect_reply(self) -> None:
        self._keeper.expect_by(time.monotonic() + self._seconds)

    def _send(self, data: bytes) -> None:
        self._expect_reply()
        with suppress(BrokenPipeError):  # what it said before it ended says more
            protocol.write_all(self._to.fileno(), data)

    def _reply(self) -> tuple[bytes, bytes]:
        """Read one reply.

        Raises:
            WorkerEndedError: there is none, or none that is allowed.
        """
        try:
            return self._parse(protocol.longest_reply(self._text))
        except EOFError:
            raise WorkerEndedError(self._blame()) from None
        except (OSError, ValueError):
            self._keeper.end()
            raise WorkerEndedError(self._failure("result", "The process gave no valid result.")) from None

    def _parse(self, longest: int) -> tuple[bytes, bytes]:
        self._fill(protocol.REPLY.size)
        tag, length = protocol.REPLY.unpack_from(self._unread)
        if length > longest:
            raise ValueError("overlong reply")
        whole = protocol.REPLY.size + length
        self._fill(whole)
        payload = bytes(self._unread[protocol.REPLY.size : whole])
        del self._unread[:whole]
        return tag, payload

    def _fill(self, count: int) -> None:
        while len(self._unread) < count:
            data = os.read(self._from.fileno(), _AT_ONCE)
            if not data:
                raise EOFError
            self._unread += data

    def _outcome(self, tag: bytes, payload: bytes) -> Outcome:
        if tag == protocol.FAULT:
            return server_failure(payload.decode("utf-8", "replace"))
        if not protocol.is_sound(tag + payload, self._text, _CAUSES):
            self._keeper.end()
            raise WorkerEndedError(self._failure("result", "The process gave no valid result."))
        if tag == protocol.VALUE:
            (value,) = protocol.SCORE.unpack(payload)
            return float(value)
        cause = cast(Cause, protocol.CAUSES[payload[:1]])
        return Failure("runtime", cause, payload[1:].decode("utf-8"))

    def _blame(self) -> Failure:
        if self._keeper.overdue:
            return self._failure("timeout", self._overdue)
        return self._failure("crash", "The process ended before grade returned.")

    def _failure(self, cause: Cause, detail: str) -> Failure:
        """Blame the source where it shares the worker's process, else the sandbox."""
        if self._supervised:
            return Failure("runtime", cause, detail)
        return server_failure(f"the sandbox's worker failed: {cause}")
