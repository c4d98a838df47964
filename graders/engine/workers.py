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
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, cast

from graders.compile import Grader
from graders.dataset import Block
from graders.engine.frames import read_frame, write_frame
from graders.engine.lines import Graded, LineWriter
from graders.errors import RunError, RunStoppedError
from graders.results import Tally

_ATTEMPTS = 3
_BLOCKS_AHEAD = 3
"""Blocks that are handed out for each worker: one is graded, one waits, one is written."""


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
            self._setup = pickle.dumps((writer, tally.empty()), protocol=5)
        except Exception as error:  # parts of the grader may be somebody else's
            message = f"the grader cannot go to another process: {error}; --workers 1 does without"
            raise RunError(message) from None
        self._number = number
        self._idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        self._processes: list[_Process] = []
        self._started = False
        for _ in range(number):
            self._idle.put(None)

    def graded(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, Graded]]:
        """Give each block with what is to be written of it, in order.

        Raises:
            RunStoppedError: a block has ended several processes one after the other.
            RunError: a process cannot be started.
        """
        waiting: deque[tuple[Block, Future[Graded]]] = deque()
        with self._ended(), ThreadPoolExecutor(self._number, "worker") as executor:
            try:
                for block in blocks:
                    waiting.append((block, executor.submit(self._grade, block)))
                    while len(waiting) >= _BLOCKS_AHEAD * self._number:
                        done, future = waiting.popleft()
                        yield done, future.result()
                while waiting:
                    done, future = waiting.popleft()
                    yield done, future.result()
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
                self._kill()  # or the threads would wait for them

    def _grade(self, block: Block) -> Graded:
        process = self._idle.get()
        try:
            for _ in range(_ATTEMPTS):
                with suppress(EOFError, OSError):
                    process = process or self._start()
                    return process.grade(block)
                if process is not None:
                    process.end()
                process = None
        finally:
            self._idle.put(process)
        if not self._started:
            raise RunError("no worker process can be started; --workers 1 does without")
        first, last = block.numbers
        raise RunStoppedError(
            f"rows {first} to {last} have ended {_ATTEMPTS} worker processes (is there memory enough?); "
            "--workers 1 grades them in this process, and --resume goes on"
        )

    def _start(self) -> "_Process":
        process = _Process()
        self._processes.append(process)
        process.begin(self._setup)
        self._started = True
        return process

    @contextmanager
    def _ended(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._kill()

    def _kill(self) -> None:
        for process in self._processes:
            process.end()


class _Process:
    """One worker process."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "graders.engine.worker"]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        self._to = cast(IO[bytes], self._process.stdin)
        self._from = cast(IO[bytes], self._process.stdout)

    def begin(self, setup: bytes) -> None:
        """Tell the process what it needs for every block.

        Raises:
            EOFError, OSError: the process has ended.
        """
        write_frame(self._to, sys.path)
        write_frame(self._to, setup)
        read_frame(self._from)

    def grade(self, block: Block) -> Graded:
        """Have a block graded.

        Raises:
            EOFError, OSError: the process has ended.
        """
        write_frame(self._to, block)
        graded: Graded = read_frame(self._from)
        return graded

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()
        self._process.wait()


def _environment() -> dict[str, str]:
    """Let the process find this package as we did, also where it is not installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
