"""One run, from its first block to its summary."""

import errno
import hashlib
import itertools
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from graders.batch import Path as ValuePath
from graders.compile import Grader
from graders.dataset import Block, Dataset, first_rows
from graders.engine.ahead import begun, waits
from graders.engine.data import absent_fields, require_samples
from graders.engine.lines import Graded, LineWriter
from graders.engine.progress import Progress, Watch
from graders.engine.workers import Workers, can_leave
from graders.errors import DataError, RunError, RunStoppedError
from graders.results import ROWS, Price, Results, RunDirectory, Summary, Tally
from graders.strict_json import dumps
from graders.tracing import span

_SECONDS_ALONE, _SECONDS_WORTH = 0.5, 3.0
"""Seconds after which a run looks how long it will take, and those that are worth other processes."""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Run:
    """One run: a grader, a dataset, and what to write of them."""

    grader: Grader
    dataset: Dataset
    data_path: str | None
    limit: int | None = None
    group_by: Sequence[ValuePath] = ()
    cluster_by: ValuePath | None = None
    slim: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict)
    workers: int | None = None
    on_progress: Callable[[Progress], None] | None = None
    absent: list[str] = field(default_factory=list, init=False)
    """What the grader reads of the item and no row of the first block has, a sentence each."""

    def write(self, path: Path | None, *, resume: bool, overwrite: bool) -> Results:
        """Grade every row that is not there yet, and write the directory."""
        blocks = self.blocks()
        first = next(blocks)
        started = datetime.now(UTC)
        about = {**self._about(), "started": started.isoformat()}
        path = path or _new_directory(self.grader.name, self.dataset.name)
        if self.dataset.path is not None and self.dataset.path.resolve() == (path / ROWS).resolve():
            raise RunError(f"{path}: holds the data; another directory is needed for their results")
        opened = RunDirectory.open(path, about, resume=resume, overwrite=overwrite)
        with (
            opened as directory,
            _noting_the_end(directory),
            _accounting(directory, self.grader),
            self._span() as told,
        ):
            writer = LineWriter(self.grader, self._summarised_by, self.slim)
            summary = self._grade(directory, writer, itertools.chain([first], blocks))
            seconds = (datetime.now(UTC) - started).total_seconds()
            told |= {
                "graders.rows": summary.rows,
                "graders.failed": summary.failed,
                "graders.mean": summary.mean,
            }
            directory.write_summary(summary.to_dict())
            directory.write_about(status="complete", seconds=seconds)
        return Results(path, opened.about, summary)

    def _grade(self, directory: RunDirectory, writer: LineWriter, blocks: Iterator[Block]) -> Summary:
        tally = Tally(self.grader.pass_threshold, self.group_by, self.prices, self.cluster_by)
        cautions = Counter[str](directory.about["cautions"])
        written = directory.lines()
        while lines := list(itertools.islice(written, 1000)):
            tally.add(lines)
        watch = Watch(self.on_progress, self.grader.pool, self.dataset.size, tally.rows)
        if tally.rows:
            watch.say(tally, 0)
        for block, graded in self._graded(writer, tally, _without(blocks, tally.rows)):
            directory.append(graded.text)
            if graded.tally is not tally:
                tally.merge(graded.tally)
            if graded.stop is not None:
                raise RunStoppedError(f"{directory.path}: {graded.stop}; --resume goes on")
            cautions.update(graded.cautions)
            directory.about["cautions"] = dict(cautions)
            watch.say(tally, block.position)
        return tally.summary()

    def _span(self) -> AbstractContextManager[dict[str, Any]]:
        about = {"graders.grader": self.grader.name, "graders.type": self.grader.type}
        return span("graders.run", {**about, "graders.data": self.dataset.name})

    def _graded(
        self, writer: LineWriter, tally: Tally, blocks: Iterator[Block]
    ) -> Iterator[tuple[Block, Graded]]:
        """Grade blocks: in other processes, where that is asked for, or nobody says and it will take long."""
        if waits(self.grader):
            for block, batch in begun(self.grader, blocks):
                yield block, writer.graded(block, batch, tally)
            return
        if self.workers in (None, 1):
            yield from self._graded_here(writer, tally, blocks)
        first = next(blocks, None)
        if first is not None:
            workers = Workers(self.workers or _cores(), writer, tally)
            yield from workers.graded(itertools.chain([first], blocks))

    def _graded_here(
        self, writer: LineWriter, tally: Tally, blocks: Iterator[Block]
    ) -> Iterator[tuple[Block, Graded]]:
        """Grade blocks in this process, all of them or until it is clear that the rest would take long."""
        may_leave = self.workers is None and _cores() > 1 and can_leave(self.grader)
        started, begun_at = time.monotonic(), None
        for block in blocks:
            yield block, writer.graded(block, block.batch, tally)
            begun_at = block.position if begun_at is None else begun_at
            done, left = block.position - begun_at, self.dataset.size - block.position
            seconds = time.monotonic() - started
            if may_leave and seconds > _SECONDS_ALONE and seconds * left > _SECONDS_WORTH * done > 0:
                return

    @property
    def _summarised_by(self) -> list[ValuePath]:
        return [*self.group_by, *([] if self.cluster_by is None else [self.cluster_by])]

    def blocks(self) -> Iterator[Block]:
        """Read the rows to be graded; at least one block.

        Raises:
            DataError: the data cannot be read, are empty, or hold no sample where the grader needs one.
        """
        blocks = first_rows(self.dataset.blocks(), self.limit)
        first = next(blocks, None)
        if first is None:
            raise DataError(f"{self.data_path or 'the data'}: there are no rows")
        if self.grader.uses_sample:
            require_samples(first, self.grader)
        self.absent = list(absent_fields(first, self.grader))
        yield first
        yield from blocks

    def _about(self) -> dict[str, Any]:
        grader, mapping = self.grader, self.dataset.mapping
        media = grader.options.media_root
        document = grader.document
        return {
            "version": _version(),
            "status": "running",
            "grader": {
                "name": grader.name,
                "type": grader.type,
                "sha256": hashlib.sha256(dumps(document)).hexdigest(),
                "document": document,
            },
            "metrics": dict(grader.signatures),
            "options": {
                "on_error": grader.options.on_error,
                "pass_threshold": grader.pass_threshold,
                "limit": self.limit,
                "group_by": [path.text for path in self.group_by],
                "cluster_by": self.cluster_by and self.cluster_by.text,
                "slim": self.slim,
                "media_root": None if media is None else str(media),
            },
            "judge": grader.judge,
            "embedder": grader.embedder,
            "sandbox": None if grader.confinement is None else grader.confinement.to_dict(),
            "prices": {model: vars(price) for model, price in self.prices.items()},
            "data": {"path": self.data_path, "sha256": self.dataset.fingerprint()},
            "row_mapping": {key: path and path.text for key, path in vars(mapping).items()},
        }


def _without(blocks: Iterator[Block], done: int) -> Iterator[Block]:
    """Leave out the rows that are done already."""
    for block in blocks:
        if done == 0:
            yield block
            continue
        skipped = min(done, len(block.rows))
        done -= skipped
        if skipped < len(block.rows):
            yield block.part(skipped)


def _new_directory(grader: str, data: str) -> Path:
    stem = "-".join(re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:60] or "run" for name in (grader, data))
    for number in itertools.count(1):
        path = Path("runs") / f"{stem}-{number}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        return path
    raise AssertionError("unreachable")


def _version() -> str:
    try:
        return version("local-graders")
    except PackageNotFoundError:
        return "not installed"


@contextmanager
def _noting_the_end(directory: RunDirectory) -> Iterator[None]:
    """Write into run.json how a run ended that did not come to its end; name a full disk as such."""
    try:
        yield
    except BaseException as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        with suppress(OSError):  # a full disk must not hide what happened
            resumable = full or isinstance(error, KeyboardInterrupt | RunStoppedError)
            directory.write_about(status="interrupted" if resumable else "failed")
        if full:
            raise RunStoppedError(f"{directory.path}: no space left to write; --resume goes on") from None
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"{directory.path}: what is done is safe; --resume goes on") from None
        raise


@contextmanager
def _accounting(directory: RunDirectory, grader: Grader) -> Iterator[None]:
    """Give up what was begun when a run ends early, and write into run.json what the judge was asked."""
    pool = grader.pool
    try:
        yield
    except BaseException as error:
        grader.cancel()
        if pool is not None and isinstance(error, RunStoppedError):
            pool.drain()  # what is under way will be kept
        raise
    finally:
        if pool is not None:
            with suppress(OSError):
                directory.write_about(asked=pool.account())
