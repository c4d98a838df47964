"""Grade rows by one source: workers are started when they are first needed and stay warm.

Design: a worker belongs to one source for its whole life. Rows go to workers in small batches, so that a
slow row keeps few others waiting. When a worker ends, the row it was grading is to blame and the next worker
takes up the rest. Nothing is shared between processes: pickled or forked, a sandbox starts its own workers.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self, get_args

from graders.sandbox.call import Call
from graders.sandbox.limits import MAX_SOURCE_BYTES, Failure, Isolation, Level, Limits, Outcome
from graders.sandbox.pool import Plan, Pool

Row = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
"""The sample and the item of a row; None is taken as `{}`."""

_TOO_LARGE = Failure("runtime", "exception", "The source is 256 kB or larger.")


class Sandbox:
    """Grades rows by one source, in as many workers at once as asked for.

    `python` is the interpreter that runs the source; None stands for the one that runs this. It may be used
    from several threads, pickled, and used again after `close`; its workers end with it.

    Raises:
        ValueError: a level or an isolation that does not exist, or no workers.

        >>> with Sandbox("def grade(sample, item): return len(item['name'])", level="none") as sandbox:
        ...     sandbox.grade_rows([({}, {"name": "Ada"})])
        [3.0]
    """

    def __init__(
        self,
        source: str,
        *,
        level: Level = "full",
        isolation: Isolation = "row",
        limits: Limits | None = None,
        workers: int = 1,
        python: str | os.PathLike[str] | None = None,
    ) -> None:
        if level not in get_args(Level):
            raise ValueError(f"level must be one of {', '.join(get_args(Level))}; got {level!r}")
        if isolation not in get_args(Isolation):
            raise ValueError(f"isolation must be one of {', '.join(get_args(Isolation))}; got {isolation!r}")
        if workers < 1:
            raise ValueError(f"workers must be at least 1; got {workers!r}")
        self.source, self.level, self.isolation, self.workers = source, level, isolation, workers
        self.limits = Limits() if limits is None else limits
        self.python = None if python is None else os.fspath(python)
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._pool: Pool | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def grade_rows(self, rows: Sequence[Row]) -> list[Outcome]:
        """Give the outcome of each row, in order; no row raises.

        The clock of a row starts when the row starts. A row that overruns it or ends its worker costs itself
        alone. Where the level cannot be had, every row fails for that reason.
        """
        if len(self.source.encode("utf-8", "surrogatepass")) >= MAX_SOURCE_BYTES:
            return [_TOO_LARGE] * len(rows)
        if not rows:
            return []
        return Call(self._open(), rows, self.isolation).outcomes()

    def close(self) -> None:
        """End the workers; rows that are being graded lose theirs."""
        if self._process == os.getpid():
            with self._lock:
                pool, self._pool = self._pool, None
            if pool is not None:
                pool.close()

    def _open(self) -> Pool:
        """Give the workers of this process; a forked process leaves those of its parent alone."""
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            if self._pool is None or self._pool.closed:
                plan = Plan(self.source, self.level, self.isolation, self.limits, self.python)
                self._pool = Pool(self, plan, self.workers)
            return self._pool
