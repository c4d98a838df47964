"""python: the number that `grade(sample, item)` of a source returns, run in a sandbox."""

import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np

from graders.batch import Batch, Path
from graders.config import GraderConfig, PythonGrader
from graders.errors import Failure
from graders.interruptible import result_of
from graders.sandbox import Outcome, Row, Sandbox
from graders.scores import Scores
from graders.scoring import Binding

_READS_SAMPLE = re.compile(r"\bsample\s*[\[.]")
_WHOLE_SAMPLE = Path("sample", "sample")


class _Begun(NamedTuple):
    """The rows of a batch that are graded, and the outcomes to come."""

    rows: list[int]
    outcomes: "Future[list[Outcome]]"


@dataclass(frozen=True)
class Python:
    """Scores what the source returns, whatever its range.

    A row whose source raises, returns no finite number, or overruns a limit is a failure of its own.
    """

    Config: ClassVar[type[GraderConfig]] = PythonGrader

    name: str
    sandbox: Sandbox
    signatures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def bind(cls, config: PythonGrader, binding: Binding) -> Self:
        """Make the sandbox, and check the source in it.

        Raises:
            ConfigError: the source cannot work, or the sandbox cannot be had.
        """
        return cls(binding.name, binding.sandbox(config.source))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The whole sample where the source looks into it; which parts it reads, nobody can tell."""
        return (_WHOLE_SAMPLE,) if _READS_SAMPLE.search(self.sandbox.source) else ()

    def begin(self, batch: Batch) -> None:
        """Start to grade every row."""
        self._begun(batch)

    def cancel(self) -> None:
        """End the rows that are being graded."""
        self.sandbox.close()

    def score_batch(self, batch: Batch) -> Scores:
        """Grade every row, unless that has begun, and wait for the outcomes."""
        rows, future = self._begun(batch)
        outcomes = result_of(future)
        failures = dict(batch.failures)
        values = np.full(len(batch), np.nan)
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, float):
                values[row] = outcome + 0.0  # no negative zero
            else:
                reason = "sandbox_error" if outcome.kind == "server" else f"python_{outcome.cause}"
                failures[row] = Failure(reason, outcome.detail)
        return Scores.of(self.name, values, failures)

    def _begun(self, batch: Batch) -> _Begun:
        key = (Python, id(self))
        if key not in batch.memo:
            readable = [row for row in range(len(batch)) if row not in batch.failures]
            samples, items = batch.whole("sample"), batch.items
            begun = _Begun(readable, Future())
            task = (self.sandbox, [(samples[row], items[row]) for row in readable], begun.outcomes)
            threading.Thread(target=_grade, args=task, name="python", daemon=True).start()
            batch.memo[key] = (self, begun)  # with self, lest its id be given to another one
        found: _Begun = batch.memo[key][1]
        return found


def _grade(sandbox: Sandbox, rows: list[Row], outcomes: "Future[list[Outcome]]") -> None:
    try:
        outcomes.set_result(sandbox.grade_rows(rows))
    except BaseException as error:  # somebody waits for it
        outcomes.set_exception(error)
