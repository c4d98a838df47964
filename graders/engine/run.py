"""One run, from its first block to its summary."""

import errno
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from graders.batch import Path as ValuePath
from graders.compile import Grader
from graders.dataset import Block, Dataset
from graders.engine.collector import collector_paused
from graders.engine.data import require_samples
from graders.engine.lines import LineWriter
from graders.errors import DataError, RunError, RunStoppedError
from graders.results import ROWS, Results, RunDirectory, Summary, Tally
from graders.strict_json import dumps


@dataclass(frozen=True)
class Progress:
    """How far a run has come: rows done, rows without a reward, share of the data read (0 to 1)."""

    rows: int
    failed: int
    fraction: float


@dataclass
class Run:
    """One run: a grader, a dataset, and what to write of them."""

    grader: Grader
    dataset: Dataset
    group_by: Sequence[ValuePath]
    slim: bool
    limit: int | None
    on_progress: Callable[[Progress], None] | None

    def write(self, path: Path | None, data_path: str | None, resume: bool, overwrite: bool) -> Results:
        """Grade every row that is not there yet, and write the directory."""
        blocks = self._blocks()
        first = next(blocks, None)
        if first is None:
            raise DataError(f"{data_path or 'the data'}: there are no rows")
        if self.grader.uses_sample:
            require_samples(first, self.grader)
        started = datetime.now(UTC)
        about = {**self._about(data_path), "started": started.isoformat()}
        path = path or _new_directory(self.grader.name, self.dataset.name)
        if self.dataset.path is not None and self.dataset.path.resolve() == (path / ROWS).resolve():
            raise RunError(f"{path}: holds the data; another directory is needed for their results")
        opened = RunDirectory.open(path, about, resume=resume, overwrite=overwrite)
        with opened as directory, _noting_the_end(directory):
            writer = LineWriter(self.grader, self.group_by, self.slim)
            summary = self._grade(directory, writer, itertools.chain([first], blocks))
            seconds = (datetime.now(UTC) - started).total_seconds()
            directory.write_summary(summary.to_dict())
            directory.write_about(status="complete", seconds=seconds, cautions=dict(writer.cautions))
        return Results(path, opened.about, summary)

    def _grade(self, directory: RunDirectory, writer: LineWriter, blocks: Iterator[Block]) -> Summary:
        tally = Tally(self.grader.pass_threshold, self.group_by)
        written = directory.lines()
        while lines := list(itertools.islice(written, 1000)):
            tally.add(lines)
        done = tally.rows
        for block in _read_at_once(blocks):
            skipped = min(done, len(block.rows))
            done -= skipped
            if skipped < len(block.rows):
                graded = writer.graded(Block(block.rows[skipped:]))
                directory.append([text for _, text in graded])
                tally.add([line for line, _ in graded])
            if self.on_progress:
                share = block.position / self.dataset.size if self.dataset.size else 0.0
                self.on_progress(Progress(tally.rows, tally.rows - tally.scored, share))
        return tally.summary()

    def _blocks(self) -> Iterator[Block]:
        left = self.limit
        for block in self.dataset.blocks():
            if left is not None:
                block.rows = block.rows[:left]
                left -= len(block.rows)
            if block.rows:
                yield block
            if left == 0:
                return

    def _about(self, data_path: str | None) -> dict[str, Any]:
        grader, mapping = self.grader, self.dataset.mapping
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
                "slim": self.slim,
            },
            "judge": grader.judge,
            "embedder": grader.embedder,
            "data": {"path": data_path, "sha256": self.dataset.fingerprint()},
            "row_mapping": {key: path and path.text for key, path in vars(mapping).items()},
        }


def _read_at_once(blocks: Iterator[Block]) -> Iterator[Block]:
    while True:
        with collector_paused():
            block = next(blocks, None)
        if block is None:
            return
        yield block


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
            resumable = full or isinstance(error, KeyboardInterrupt)
            directory.write_about(status="interrupted" if resumable else "failed")
        if full:
            raise RunStoppedError(f"{directory.path}: no space left to write; --resume goes on") from None
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"{directory.path}: what is done is safe; --resume goes on") from None
        raise
