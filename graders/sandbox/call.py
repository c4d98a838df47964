"""One call of a sandbox: rows are cut into batches, batches graded by the workers, outcomes put in order."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graders.interruptible import join
from graders.sandbox.inside import protocol
from graders.sandbox.launch import SandboxUnavailableError
from graders.sandbox.limits import Failure, Isolation, Outcome, server_failure
from graders.sandbox.pool import Pool
from graders.sandbox.worker import WorkerEndedError

_BATCH_ROWS: Mapping[Isolation, int] = {"row": 16, "worker": 256}
_BATCH_BYTES = 1 << 20
_BATCHES_PER_WORKER = 4
_PATIENCE = 3

_Numbered = tuple[int, bytes]


class Call:
    """Grades some rows with the workers of a pool."""

    def __init__(
        self,
        pool: Pool,
        rows: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
        isolation: Isolation,
    ) -> None:
        self._pool, self._rows = pool, rows
        share = -(-len(rows) // (pool.size * _BATCHES_PER_WORKER))
        self._batch_rows = min(_BATCH_ROWS[isolation], share)
        self._outcomes: list[Outcome | None] = [None] * len(rows)
        self._next = 0
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._broken: str | None = None

    def outcomes(self) -> list[Outcome]:
        """Grade everything; give the outcomes in the order of the rows."""
        number = min(self._pool.size, -(-len(self._rows) // self._batch_rows))
        threads = [threading.Thread(target=self._drive_aside, daemon=True) for _ in range(number)]
        for thread in threads:
            thread.start()
        try:
            join(threads)  # nothing else, so that Ctrl-C is heard while rows are graded
        except BaseException:  # whatever stops us, the other threads must not go on for hours
            self._next = len(self._rows)
            self._pool.close()
            raise
        if self._error is not None:
            raise self._error
        return [
            outcome if outcome is not None else server_failure("not graded") for outcome in self._outcomes
        ]

    def _drive_aside(self) -> None:
        try:
            self._drive()
        except BaseException as error:  # raised again by the thread that called
            self._error = error

    def _drive(self) -> None:
        while batch := self._batch():
            if self._broken is None:
                self._grade(batch)
            else:
                self._fail(batch, self._broken)

    def _batch(self) -> deque[_Numbered]:
        """Cut the next batch off; rows that are not JSON are settled on the way."""
        batch: deque[_Numbered] = deque()
        size = 0
        with self._lock:
            while self._next < len(self._rows) and len(batch) < self._batch_rows and size < _BATCH_BYTES:
                sample, item = self._rows[self._next]
                encoded = _encoded(sample, item)
                if isinstance(encoded, Failure):
                    self._outcomes[self._next] = encoded
                else:
                    batch.append((self._next, encoded))
                    size += len(encoded)
                self._next += 1
        return batch

    def _grade(self, batch: deque[_Numbered]) -> None:
        """Grade a batch by as many workers, one after another, as it takes."""

        def settle(outcome: Outcome) -> None:
            self._outcomes[batch.popleft()[0]] = outcome

        failures = 0
        while batch:
            before = len(batch)
            try:
                blame = self._grade_by_one(batch, settle)
            except SandboxUnavailableError as error:
                failures += 1
                if failures == _PATIENCE:
                    self._broken = str(error)
                    self._fail(batch, self._broken)
                continue
            if blame is not None:
                settle(blame)
            failures = 0 if len(batch) < before else failures + 1
            if batch and failures == _PATIENCE:
                settle(server_failure("workers ended before the row could be graded"))

    def _grade_by_one(self, batch: deque[_Numbered], settle: Callable[[Outcome], None]) -> Failure | None:
        """Let one worker grade what it can; give what became of the row that ended it, if one did."""
        worker = self._pool.borrow()
        usable = False
        try:
            worker.grade([row for _, row in batch], settle)
            usable = True
        except WorkerEndedError as ended:
            return ended.blame
        finally:
            self._pool.give_back(worker, usable=usable)
        return None

    def _fail(self, batch: deque[_Numbered], reason: str) -> None:
        while batch:
            self._outcomes[batch.popleft()[0]] = server_failure(reason)


def _encoded(sample: Mapping[str, Any] | None, item: Mapping[str, Any] | None) -> bytes | Failure:
    """Write a row as JSON; what Python's own JSON takes beyond the standard, it also reads."""
    row = [{} if sample is None else sample, {} if item is None else item]
    try:
        encoded = json.dumps(row, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return server_failure(f"the row cannot be written as JSON: {error}")
    if len(encoded) > protocol.LONGEST_ROW:
        return server_failure(f"the row is larger than {protocol.LONGEST_ROW >> 20} MB")
    return encoded
