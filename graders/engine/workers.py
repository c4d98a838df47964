"""Grade blocks in several processes at once, and give the results in the order of the blocks.

Design: the processes are programs of their own that are told everything through a pipe; nothing is forked,
and the caller's main module is not run again, so this works in notebooks and on every platform. A process
that dies is replaced and its block done again; what kills three of them ends the run, which can go on.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, cast

from graders.compile import Grader
from graders.dataset import Block
from graders.engine.frames import read_frame, write_frame
from graders.engine.lines import Graded, LineWriter
from graders.errors import RunError, RunStoppedError
from graders.interruptible import result_of
from graders.results import Tally

_ATTEMPTS = 3
_BLOCKS_EACH = 2
"""Blocks that each process has: one is graded, and the next is there already."""


def can_leave(grader: Grader) -> bool:
    """Tell whether a grader can go to another process."""
    try:
        pickle.dumps(grader)
    except Exception:  # parts of it may be somebody else's
        return False
    return True


class Workers:
    """Some processes that grade blocks; `number` of them."""

    def __init__(self, number: int, writer: LineWriter, tally: Tally) -> None:
        try:
            setup = pickle.dumps((writer, tally.empty()), protocol=5)
        except Exception as error:  # parts of the grader may be somebody else's
            message = f"the grader cannot go to another process: {error}; --workers 1 does without"
            raise RunError(message) from None
        self._number = number
        self._seats = [_Seat(setup) for _ in range(number)]
        self._free: queue.SimpleQueue[_Seat] = queue.SimpleQueue()
        for seat in self._seats * _BLOCKS_EACH:
            self._free.put(seat)

    def graded(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, Graded]]:
        """Give each block with what is to be written of it, in order.

        Raises:
            RunStoppedError: a block has ended several processes one after the other.
            RunError: no process can be started.
        """
        waiting: deque[tuple[Block, Future[Graded]]] = deque()
        with ThreadPoolExecutor(_BLOCKS_EACH * self._number, "worker") as executor:
            try:
                for block in blocks:
                    waiting.append((block, executor.submit(self._grade, block)))
                    while len(waiting) > (_BLOCKS_EACH + 1) * self._number:
                        done, future = waiting.popleft()
                        yield done, result_of(future)
                while waiting:
                    done, future = waiting.popleft()
                    yield done, result_of(future)
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
                for seat in self._seats:
                    seat.leave()  # or the threads would wait for their processes

    def _grade(self, block: Block) -> Graded:
        seat = self._free.get()
        try:
            for _ in range(_ATTEMPTS):
                process = seat.process()
                try:
                    return process.grade(block)
                except (EOFError, OSError, ValueError):  # the last of these from a pipe that is closed
                    seat.left_by(process)
        finally:
            self._free.put(seat)
        if not any(seat.has_worked for seat in self._seats):
            raise RunError("no worker process can be started; --workers 1 does without")
        first, last = block.numbers
        raise RunStoppedError(
            f"rows {first} to {last} have ended {_ATTEMPTS} worker processes (is there memory enough?); "
            "--workers 1 grades them in this process, and --resume goes on"
        )


class _Seat:
    """The place of one process, and of the one that replaces it."""

    def __init__(self, setup: bytes) -> None:
        self._setup, self._lock = setup, threading.Lock()
        self._process: _Process | None = None
        self._is_left = self.has_worked = False

    def process(self) -> "_Process":
        """Give the process, which is started if there is none.

        Raises:
            RunError: everybody has left.
        """
        with self._lock:
            if self._is_left:
                raise RunError("the run has ended")
            if self._process is None:
                self._process = _Process(self._setup)
            return self._process

    def left_by(self, process: "_Process") -> None:
        """Learn that a process has ended."""
        process.end()
        with self._lock:
            self.has_worked = self.has_worked or process.has_worked
            if self._process is process:
                self._process = None

    def leave(self) -> None:
        """End the process for good."""
        with self._lock:
            self._is_left = True
            if self._process is not None:
                self._process.end()


class _Process:
    """One worker process: blocks go in one after the other, and what is graded comes out in that order."""

    def __init__(self, setup: bytes) -> None:
        words = [sys.executable, "-m", "graders.engine.worker"]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        self._to = cast(IO[bytes], self._process.stdin)
        self._from = cast(IO[bytes], self._process.stdout)
        self._setup: bytes | None = setup
        self._lock = threading.Lock()
        self._asked: deque[Future[Graded]] = deque()
        self._has_ended = self.has_worked = False
        threading.Thread(target=self._listen, name="worker-answers", daemon=True).start()

    def grade(self, block: Block) -> Graded:
        """Have a block graded.

        Raises:
            EOFError, OSError: the process has ended.
        """
        answer: Future[Graded] = Future()
        with self._lock:
            if self._has_ended:
                raise EOFError
            if self._setup is not None:
                write_frame(self._to, sys.path)
                write_frame(self._to, self._setup)
                self._setup = None
            self._asked.append(answer)
            write_frame(self._to, block)
        return answer.result()

    def _listen(self) -> None:
        """Hand on what comes out, until the process ends."""
        try:
            read_frame(self._from)  # that it is ready
            self.has_worked = True
            while True:
                graded: Graded = read_frame(self._from)
                self._asked.popleft().set_result(graded)
        except Exception as error:  # what is left of an answer may be anything
            with self._lock:
                self._has_ended = True
            for answer in self._asked:
                answer.set_exception(EOFError(str(error)))

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError, ValueError):
                pipe.close()


def _environment() -> dict[str, str]:
    """Let the process find this package as we did, also where it is not installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
