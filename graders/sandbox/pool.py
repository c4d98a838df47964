"""The workers of one sandbox in one process: started one by one, lent out, ended together."""

import os
import threading
import weakref
from dataclasses import dataclass

from graders.sandbox.interpreter import Interpreter, find
from graders.sandbox.launch import Order, SandboxUnavailableError, prepare
from graders.sandbox.limits import Isolation, Level, Limits
from graders.sandbox.worker import Worker


@dataclass(frozen=True)
class Plan:
    """What every worker of a sandbox is started for."""

    source: str
    level: Level
    isolation: Isolation
    limits: Limits
    python: str | None


class Pool:
    """Lends workers out, at most so many at once.

    `owner` is whoever the workers belong to: they end when it is collected, and when the interpreter ends.
    """

    def __init__(self, owner: object, plan: Plan, size: int) -> None:
        self.plan, self.size = plan, size
        self._process = os.getpid()
        self._slots = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._lent: set[Worker] = set()
        self._idle: list[Worker] = []
        self.closed = False
        self._interpreter: Interpreter | None = None
        self._finalizer = weakref.finalize(owner, self.close)

    def borrow(self) -> Worker:
        """Give a worker, a new one if none is idle; wait while all are lent out.

        Raises:
            SandboxUnavailableError: none can be started.
        """
        self._slots.acquire()
        try:
            worker = self._take() or self._start()
            self._lend(worker)
        except BaseException:
            self._slots.release()
            raise
        return worker

    def give_back(self, worker: Worker, *, usable: bool) -> None:
        """Take a worker back; it is ended if it cannot be used again."""
        with self._lock:
            self._lent.discard(worker)
            kept = usable and not self.closed
            if kept:
                self._idle.append(worker)
        if not kept:
            worker.end()
        self._slots.release()

    def close(self) -> None:
        """End every worker; a forked process leaves those of its parent alone."""
        self._finalizer.detach()
        if self._process != os.getpid():
            return
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
            lent = list(self._lent)
        for worker in idle:
            worker.end()
        for worker in lent:
            worker.kill()  # its pipes are closed by whoever reads them

    def _take(self) -> Worker | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _lend(self, worker: Worker) -> None:
        with self._lock:
            if not self.closed:
                self._lent.add(worker)
                return
        worker.end()
        raise SandboxUnavailableError("the sandbox has been closed")

    def _start(self) -> Worker:
        try:
            self._interpreter = self._interpreter or find(self.plan.python)
        except OSError as error:
            raise SandboxUnavailableError(str(error)) from None
        plan = self.plan
        order = Order(plan.source, plan.level, plan.isolation, plan.limits, self._interpreter)
        return Worker(prepare(order), plan.limits, supervised=plan.isolation == "worker")
