"""One run, from its first row that is not graded yet to its end."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graders.cache import Cache
from graders.errors import ConfigError
from graders.server.criteria_grading import Begun, CriteriaGrader
from graders.server.outputs import RunTally, block_of
from graders.server.rows import Row, RowError, check_rows, inline_rows, rows_of_file
from graders.server.settings import Settings
from graders.server.sources import item_schema_of
from graders.store import Claim, Store, StoredRun

_ROWS, _ROWS_WAITING, _BYTES = 1000, 64, 8 * 2**20
"""Rows of a block, where somebody is waited for and where nobody is, and the bytes after which it ends."""
_BLOCKS_AHEAD = 16
MOST_ATTEMPTS = 5


class LostError(Exception):
    """The run is not ours any more: it was cancelled, deleted, or is to go on in another process."""


@dataclass
class RunJob:
    """A run that this process holds."""

    store: Store
    settings: Settings
    cache: Cache
    owner: str
    claim: Claim
    stopped: threading.Event = field(default_factory=threading.Event)
    grader: CriteriaGrader | None = None

    @property
    def run(self) -> StoredRun:
        """The run as it was when it was claimed."""
        return self.claim.run

    def stop(self) -> None:
        """Let it end soon; nothing more is written."""
        self.stopped.set()
        if self.grader is not None:
            self.grader.cancel()

    def work(self) -> None:
        """Grade the rows that are left, and end the run.

        Raises:
            LostError: it is not ours any more.
        """
        if self.claim.attempts > MOST_ATTEMPTS:
            self._end("failed", "server_error", "The run has ended several processes.")
            return
        if self.run.body["data_source"]["type"] != "jsonl":
            self._end("failed", "unsupported_source", "There are no logged requests here.")
            return
        try:
            self._grade()
        except RowError as error:
            self._end("failed", "invalid_data", str(error))
        except ConfigError as error:
            self._end("failed", "invalid_grader", "; ".join(map(str, error.problems))[:2000])
        except FileNotFoundError:
            self._end("failed", "invalid_data", "The file of the run is not there any more.")
        else:
            self.store.runs.end(self.claim, self.owner, "completed")

    def _grade(self) -> None:
        of_eval = self.store.evals.get(self.run.eval_id)
        if of_eval is None:
            raise LostError
        self.grader = CriteriaGrader.of(of_eval.body["testing_criteria"], self.settings, self.cache)
        schema = item_schema_of(of_eval.body["data_source_config"])
        if self.run.total is None:  # all rows are checked before any is graded: a judge costs money
            total = check_rows(self._unless_stopped(self._rows(0)), schema)
            if not self.store.runs.begin(self.claim, self.owner, total):
                raise LostError
        tally, done = RunTally.of(self.run, self.grader.ids), self.run.done
        for begun in self._begun(self.grader, done):
            outcomes = self.grader.finish(begun)
            self._check()
            block = block_of(self.run, done, begun.rows, outcomes, tally)
            if not self.store.runs.append(self.claim, self.owner, done, block):
                raise LostError
            done += len(begun.rows)

    def _begun(self, grader: CriteriaGrader, done: int) -> Iterator[Begun]:
        """Give blocks in order; where somebody is waited for, several are on their way at once."""
        rows, ahead = (_ROWS_WAITING, _BLOCKS_AHEAD) if grader.waits else (_ROWS, 1)
        waiting: deque[Begun] = deque()
        for block in _blocks(self._rows(done), rows):
            self._check()
            waiting.append(grader.begin(block, done))
            done += len(block)
            while len(waiting) >= ahead:
                yield waiting.popleft()
        yield from waiting

    def _rows(self, start: int) -> Iterator[Row]:
        if self.run.blob is not None:
            return rows_of_file(self.store.blobs.path(self.run.blob), start)
        source: Any = self.run.body["data_source"]["source"]
        return inline_rows(source["content"], start)

    def _unless_stopped(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self._check()
            yield row

    def _check(self) -> None:
        if self.stopped.is_set():
            raise LostError

    def _end(self, status: str, code: str, message: str) -> None:
        self.store.runs.end(self.claim, self.owner, status, {"code": code, "message": message})


def _blocks(rows: Iterator[Row], most: int) -> Iterator[list[Row]]:
    block: list[Row] = []
    held = 0
    for row in rows:
        block.append(row)
        held += row.size
        if len(block) >= most or held >= _BYTES:
            yield block
            block, held = [], 0
    if block:
        yield block
