"""The whole road: read blocks, score them, write the run directory.

Design: rows go through in blocks, so memory does not grow with the data; a block's lines are handed to the
operating system before the next is read, so a process that is killed loses the block it was in and no
other. What a line says is a function of the row, the grader and its options alone.
"""

import errno
import hashlib
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file
from pathlib import Path as FilePath
from typing import Any

from graders import catalog
from graders.batch import Batch, Path
from graders.compile import Grader
from graders.dataset import Block, Dataset, DataSource, Row, RowMapping, open_dataset
from graders.errors import Code, DataError, RunError, RunStoppedError
from graders.results import ROWS, Results, RunDirectory, Tally, group_values
from graders.scores import Grade
from graders.strict_json import dumps

MAX_DEPTH = 500
"""Deepest nesting of a line of results; a parser's own limit depends on who calls it."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come: rows done, rows without a reward, share of the data read (0 to 1)."""

    rows: int
    failed: int
    fraction: float


def evaluate(
    grader: Grader,
    data: DataSource,
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    limit: int | None = None,
    item_field: str | None = None,
    sample_field: str | None = None,
    id_field: str | None = None,
    group_by: Sequence[str] = (),
    slim: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Grade a dataset and write a run directory.

    `data` is a path (.jsonl, .json, .csv, .tsv, each perhaps .gz), `template:NAME` or a list of rows;
    `out` the directory, `runs/<grader>-<data>-<n>` where it is absent. `item_field`, `sample_field` and
    `id_field` are paths into the raw row, `group_by` template paths. `slim` leaves item and sample out of
    the lines.

    Raises:
        DataError: the data cannot be read, are empty, or hold no sample where the grader needs one.
        RunError: the directory holds another run, or something else.
        RunStoppedError: the disk is full; `resume` goes on.
        ValueError: `limit` is less than 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"expected a limit of at least 1; got {limit!r}")
    groups = [_group_path(text) for text in group_by]
    mapping = RowMapping(*(_field_path(text) for text in (item_field, sample_field, id_field)))
    with ExitStack() as stack:
        dataset = open_dataset(_located(data, stack), mapping)
        if isinstance(data, str) and data.startswith(catalog.PREFIX):
            dataset.name = data.removeprefix(catalog.PREFIX)
        run = _Run(grader, dataset, groups, slim, limit, on_progress)
        path = None if out is None else FilePath(out)
        return run.write(path, str(data) if isinstance(data, str | os.PathLike) else None, resume, overwrite)


def whole_rows(results: Results) -> Iterator[dict[str, Any]]:
    """Give the rows of a run with item and sample; where the run is slim, these come from its data.

    Raises:
        RunError: the run is slim, and its data are gone or have changed.
    """
    if not results.about["options"]["slim"]:
        yield from results.rows()
        return
    about = results.about["data"]
    if about["path"] is None:
        raise RunError(f"{results.path}: the run is slim, and its data were in memory")
    mapping = RowMapping(**{key: _field_path(text) for key, text in results.about["row_mapping"].items()})
    with ExitStack() as stack:
        dataset = open_dataset(_located(about["path"], stack), mapping)
        if dataset.fingerprint() != about["sha256"]:
            raise RunError(f"{results.path}: the run is slim, and {about['path']} has changed since")
        rows = (row for block in dataset.blocks() for row in block.rows)
        for line, row in zip(results.rows(), rows, strict=False):
            yield line | {"item": row.item, "sample": row.sample}


def _located(data: DataSource, stack: ExitStack) -> DataSource:
    if isinstance(data, str) and data.startswith(catalog.PREFIX):
        return stack.enter_context(as_file(catalog.find(data.removeprefix(catalog.PREFIX)).items))
    return data


def _field_path(text: str | None) -> Path | None:
    if text is None:
        return None
    try:
        return Path.parse(text)
    except ValueError:
        return Path(text, text)  # a name that no template could hold, such as `model output`


def _group_path(text: str) -> Path:
    try:
        path = Path.parse(text)
    except ValueError as error:
        raise DataError(str(error)) from None
    if path.head not in ("item", "sample"):
        raise DataError(f"expected a path that begins with item or sample; got {text!r}")
    return path


def _new_directory(grader: str, data: str) -> FilePath:
    stem = "-".join(re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:60] or "run" for name in (grader, data))
    for number in itertools.count(1):
        path = FilePath("runs") / f"{stem}-{number}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        return path
    raise AssertionError("unreachable")


@dataclass
class _Run:
    grader: Grader
    dataset: Dataset
    group_by: Sequence[Path]
    slim: bool
    limit: int | None
    on_progress: Callable[[Progress], None] | None

    def write(self, path: FilePath | None, data_path: str | None, resume: bool, overwrite: bool) -> Results:
        blocks = self._blocks()
        first = next(blocks, None)
        if first is None:
            raise DataError(f"{data_path or 'the data'}: there are no rows")
        if self.grader.uses_sample:
            _require_samples(first, self.grader)
        started = datetime.now(UTC)
        about = {**self._about(data_path), "started": started.isoformat()}
        path = path or _new_directory(self.grader.name, self.dataset.name)
        if self.dataset.path is not None and self.dataset.path.resolve() == (path / ROWS).resolve():
            raise RunError(f"{path}: holds the data; another directory is needed for their results")
        opened = RunDirectory.open(path, about, resume=resume, overwrite=overwrite)
        with opened as directory, _noting_the_end(directory):
            summary = self._grade(directory, itertools.chain([first], blocks))
            seconds = (datetime.now(UTC) - started).total_seconds()
            directory.write_summary(summary)
            directory.write_about(status="complete", seconds=seconds)
        return Results(path, opened.about)

    def _grade(self, directory: RunDirectory, blocks: Iterator[Block]) -> dict[str, Any]:
        tally = Tally(self.grader.pass_threshold, self.group_by)
        written = directory.lines()
        while lines := list(itertools.islice(written, 1000)):
            tally.add(lines)
        done = tally.rows
        for block in blocks:
            skipped = min(done, len(block.rows))
            done -= skipped
            if skipped < len(block.rows):
                graded = list(self._lines(Block(block.rows[skipped:])))
                directory.append([text for _, text in graded])
                tally.add([line for line, _ in graded])
            if self.on_progress:
                share = block.position / self.dataset.size if self.dataset.size else 0.0
                self.on_progress(Progress(tally.rows, tally.rows - tally.scored, share))
        return tally.summary().to_dict()

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

    def _lines(self, block: Block) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Grade a block; give each row's line, as it is and as it is written."""
        batch = block.batch
        grades = self.grader.grades(self.grader.score_batch(batch))
        groups = self._slim_groups(batch)
        for row, grade, values in zip(block.rows, grades, groups, strict=True):
            yield self._line(row, grade, values)

    def _slim_groups(self, batch: Batch) -> list[dict[str, str]]:
        if not (self.slim and self.group_by):
            return [{}] * len(batch)
        names = [path.text for path in self.group_by]
        return [dict(zip(names, values, strict=True)) for values in group_values(batch, self.group_by)]

    def _line(self, row: Row, grade: Grade, groups: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
        line: dict[str, Any] = {"row": row.number, "id": row.id}
        if row.sample_index is not None:
            line["sample_index"] = row.sample_index
        line["reward"] = grade.reward
        line["passed"] = grade.passed
        line["sub_rewards"] = grade.sub_rewards
        line["errors"] = [error.to_dict() for error in grade.errors]
        if grade.traces:
            line["traces"] = grade.traces
        if groups:
            line["groups"] = groups
        if not self.slim:
            line["item"], line["sample"] = row.item, row.sample
        try:
            text = dumps(line)
        except ValueError:
            return self._unwritable(line)
        return self._unwritable(line) if _depth(text) > MAX_DEPTH else (line, text)

    def _unwritable(self, line: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Fail a row that is nested too deeply for a line of its own."""
        error = {
            "code": Code.row_parse_error.name,
            "reason": "wrong_shape",
            "detail": f"row {line['row']} is nested too deeply to be written",
            "grader": self.grader.name,
        }
        absent = 0.0 if self.grader.options.on_error == "zero" else None
        changed: dict[str, Any] = {"reward": absent, "passed": None, "errors": [error]}
        changed |= {"item": None, "sample": None}
        changed["sub_rewards"] = dict.fromkeys(line["sub_rewards"], absent)
        if isinstance(line["id"], dict | list):
            changed["id"] = line["row"]
        line |= {key: value for key, value in changed.items() if key in line}
        return line, dumps(line)

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


def _depth(text: bytes) -> int:
    """Give how deep a JSON text is nested, or less where that is within `MAX_DEPTH` anyway."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return 0
    steps = (_STEPS[letter] for letter in _NO_BRACKETS.sub(b"", text))
    return max(itertools.accumulate(steps), default=0)


_NO_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^\[\]{}"]++')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


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


def _require_samples(block: Block, grader: Grader) -> None:
    """Stop before scoring where the grader reads the sample and no row of the first block has one."""
    readable = [row.item for row in block.rows if row.failure is None and row.item is not None]
    if not readable or any(row.sample is not None for row in block.rows):
        return
    fields = list(dict.fromkeys(key for item in readable for key in item))
    read = {path.segments[0] for path in grader.scorer.paths if path.head == "item" and path.segments}
    likely = [
        name for meant in _SAMPLE_NAMES for name in fields if name.lower() == meant and name not in read
    ]
    meant = f" (did you mean --sample-field {likely[0]}?)" if likely else ""
    raise DataError(
        "the grader reads the sample, and no row has one; "
        f"--sample-field names its field; the rows have {', '.join(fields[:20])}{meant}"
    )


_SAMPLE_NAMES = (
    "output",
    "output_text",
    "response",
    "completion",
    "prediction",
    "model_output",
    "model_sample",
    "generated",
    "generation",
    "hypothesis",
    "answer",
    "text",
)
