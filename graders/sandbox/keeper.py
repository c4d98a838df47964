"""The thread that starts a worker's process, holds it to its clock and ends it.

Design: the kernel ends the process when the thread that started it ends, so the worker cannot outlive its
keeper, whichever thread asked for it. That signal does not reach a worker that root has started, because it
belongs to another user; so the keeper holds a descriptor of the first process in the namespace, whose end is
the end of all in it. And every worker ends by itself when its pipe is closed.
"""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress

from graders.sandbox.launch import Launch, SandboxUnavailableError


class Keeper:
    """Starts a process, ends it at its deadline, and never outlives it."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._change = threading.Condition()
        self._deadline: float | None = None
        self._closed = False
        self._started = threading.Event()
        self._error: OSError | None = None
        self._first: int | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.overdue = False
        self._thread = threading.Thread(target=self._keep, name="graders-sandbox", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            raise SandboxUnavailableError(f"{launch.command[0]} cannot be started: {self._error}")

    def expect_by(self, deadline: float | None) -> None:
        """Set the time (of `time.monotonic`) at which the process is ended; None for no time."""
        waits = self._deadline is None or (deadline is not None and deadline < self._deadline)
        self._deadline = deadline
        if waits and deadline is not None:
            with self._change:
                self._change.notify()

    def end(self) -> None:
        """End the process and wait until it is gone."""
        with self._change:
            self._closed = True
            self._change.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _keep(self) -> None:
        try:
            self.process = process = self._start()
        except OSError as error:
            self._error = error
            return
        finally:
            self._started.set()
        with self._change:
            while not self._closed and not self._is_late():
                left = None if self._deadline is None else self._deadline - time.monotonic()
                self._change.wait(left)
            self.overdue = not self._closed
        self._kill(process)
        if self._launch.scratch is not None:
            with suppress(OSError, RecursionError):
                self._launch.scratch.cleanup()

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _start(self) -> "subprocess.Popen[bytes]":
        if not self._launch.namespaces:
            return self._run(self._launch.command)
        reader, writer = os.pipe()
        try:
            program, *words = self._launch.command
            process = self._run([program, "--info-fd", str(writer), *words], writer)
            os.close(writer)
            writer = -1
            self._first = _first_process(reader)
            return process
        finally:
            for descriptor in (reader, writer):
                if descriptor >= 0:
                    os.close(descriptor)

    def _run(self, command: list[str], *passed: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._launch.environment,
            cwd=self._launch.scratch.name if self._launch.scratch else "/",
            bufsize=0,
            start_new_session=True,
            pass_fds=passed,
        )

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End everything: the first process of the namespace, the group, the process itself."""
        if self._first is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            os.close(self._first)
        with suppress(OSError, AttributeError):  # no process groups on Windows
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _first_process(reader: int) -> int | None:
    """Give a descriptor of the first process in the namespace, as bwrap names it; None if there is none."""
    text = b""
    while not text.rstrip().endswith(b"}"):
        data = os.read(reader, 4096)
        if not data:
            return None
        text += data
    try:
        return os.pidfd_open(json.loads(text)["child-pid"])
    except ProcessLookupError:
        return None
