"""One run, from its first row that is not graded yet to its end.

Design: what is graded is kept in memory until the store takes it. Where the disk is full, or the database is
locked or away, the run waits; no row is graded, and no judge paid, twice.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from graders.cache import Cache
from graders.errors import ConfigError
from graders.server.criteria_grading import Begun, CriteriaGrader
from graders.server.data_sources import reads_logs
from graders.server.faults import say_unusable
from graders.server.outputs import RunTally, block_of
from graders.server.rows import Row, RowError, check_rows, inline_rows, rows_of_file
from graders.server.sampled_rows import RowSampler, UnsupportedError
from graders.server.settings import Settings
from graders.server.sources import item_schema_of
from graders.store import UNAVAILABLE, Claim, Store, StoredEval, StoredRun

_ROWS, _ROWS_WAITING, _BYTES = 1000, 64, 8 * 2**20
"""Rows of a block, where somebody is waited for and where nobody is, and the bytes after which it ends."""
_BLOCKS_AHEAD = 16
_PAUSE = 1.0
_ROWS_SAMPLED, _GRADED_AHEAD = 32, 4
"""Rows of a block whose model is asked here, and blocks that are graded while others are sampled."""
MOST_ATTEMPTS = 5
_Value = TypeVar("_Value")
_Block = tuple[int, list[Row]]


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
    sampler: RowSampler | None = None
    is_suspect: bool = False
    """Whether it may be what ended other processes; no longer, once it got further."""

    @property
    def run(self) -> StoredRun:
        """The run as it was when it was claimed."""
        return self.claim.run

    def stop(self) -> None:
        """Let it end soon; nothing more is written."""
        self.stopped.set()
        for asking in (self.sampler, self.grader):
            if asking is not None:
                asking.cancel()

    def work(self) -> None:
        """Grade the rows that are left, and end the run.

        Raises:
            LostError: it is not ours any more.
        """
        if self.claim.attempts > MOST_ATTEMPTS:
            self._end("failed", "server_error", "The run has ended several processes.")
            return
        source: dict[str, Any] = self.run.body["data_source"]
        if reads_logs(source):
            self._end("failed", "unsupported_source", "There are no logged requests here.")
            return
        try:
            if source["type"] != "jsonl":
                self.sampler = RowSampler.of(source, self.run.id, self.settings, self.cache)
            self._grade()
        except UnsupportedError as error:
            self._end("failed", error.code, str(error))
        except RowError as error:
            self._end("failed", "invalid_data", str(error))
        except ConfigError as error:
            self._end("failed", "invalid_grader", "; ".join(map(str, error.problems))[:2000])
        except FileNotFoundError:
            self._end("failed", "invalid_data", "The file of the run is not there any more.")
        else:
            self._keep(partial(self.store.runs.end, self.claim, self.owner, "completed"))

    def _grade(self) -> None:
        of_eval = self._eval()
        self.grader = CriteriaGrader.of(of_eval.body["testing_criteria"], self.settings, self.cache)
        schema = item_schema_of(of_eval.body["data_source_config"])
        if self.run.total is None:  # all rows are checked before any is graded: a judge costs money
            total = check_rows(self._unless_stopped(self._rows(0)), schema)
            self._keep(partial(self.store.runs.begin, self.claim, self.owner, total))
        tally, done = RunTally.of(self.run, self.grader.ids), self.run.done
        for begun in self._begun(self.grader, done):
            outcomes = self.grader.finish(begun)
            self._check()
            block = block_of(self.run, done, begun.rows, outcomes, tally)
            self._keep(partial(self.store.runs.append, self.claim, self.owner, done, block))
            self.is_suspect = False
            done += len(begun.rows)

    def _eval(self) -> StoredEval:
        of_eval = self._patiently(partial(self.store.evals.get, self.run.eval_id))
        if of_eval is None:
            raise LostError
        return of_eval

    def _keep(self, write: Callable[[], bool]) -> None:
        """Write to the store, which says whether the run is still ours."""
        if not self._patiently(write):
            raise LostError

    def _patiently(self, use: Callable[[], _Value]) -> _Value:
        """Use the store, as soon as that can be done; say once that it cannot."""
        is_said = False
        while True:
            try:
                return use()
            except UNAVAILABLE as error:
                if not is_said:
                    say_unusable(error)
                is_said = True
                self.stopped.wait(_PAUSE)
                self._check()

    def _begun(self, grader: CriteriaGrader, done: int) -> Iterator[Begun]:
        """Give blocks in order; where somebody is waited for, several are on their way at once."""
        rows, ahead = (_ROWS_WAITING, _BLOCKS_AHEAD) if grader.waits else (_ROWS, 1)
        if self.sampler is not None:
            rows, ahead = _ROWS_SAMPLED, min(ahead, _GRADED_AHEAD)
        blocks = self._sampled(_numbered(_blocks(self._rows(done), rows), done))
        return _ahead((grader.begin(block, first) for first, block in blocks), ahead)

    def _sampled(self, blocks: Iterator[_Block]) -> Iterator[_Block]:
        """Give blocks with what the model answers, where it is to be asked."""
        sampler = self.sampler
        if sampler is None:
            yield from self._unless_stopped(blocks)
            return
        asked = ((first, sampler.begin(block, first)) for first, block in self._unless_stopped(blocks))
        for first, block in _ahead(asked, _BLOCKS_AHEAD):
            rows = sampler.finish(block)
            self._check()
            yield first, rows

    def _rows(self, start: int) -> Iterator[Row]:
        if self.run.blob is not None:
            return rows_of_file(self.store.blobs.path(self.run.blob), start)
        source: Any = self.run.body["data_source"]["source"]
        return inline_rows(source["content"], start)

    def _unless_stopped(self, values: Iterable[_Value]) -> Iterator[_Value]:
        for value in values:
            self._check()
            yield value

    def _check(self) -> None:
        if self.stopped.is_set():
            raise LostError

    def _end(self, status: str, code: str, message: str) -> None:
        error = {"code": code, "message": message}
        self._keep(partial(self.store.runs.end, self.claim, self.owner, status, error))


def _ahead(begun: Iterator[_Value], n: int) -> Iterator[_Value]:
    """Give what is begun when n of them are on their way."""
    waiting: deque[_Value] = deque()
    for each in begun:
        waiting.append(each)
        while len(waiting) >= n:
            yield waiting.popleft()
    yield from waiting


def _numbered(blocks: Iterator[list[Row]], first: int) -> Iterator[_Block]:
    """Give blocks, each with the number of its first row."""
    for block in blocks:
        yield first, block
        first += len(block)


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
