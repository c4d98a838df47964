"""The whole road: read blocks, score them, write the run directory.

Design: rows go through in blocks, so memory does not grow with the data; a block's lines are handed to the
operating system before the next is scored, so a process that is killed loses the block it was in and no
other. Where a judge is asked, it is asked about several blocks at once. What a line says is a function of the
row, the grader and its options alone.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from graders import catalog
from graders.compile import Grader
from graders.dataset import Dataset, DataSource, RowMapping, open_dataset
from graders.engine.data import field_path, group_path, located
from graders.engine.lines import MAX_DEPTH
from graders.engine.progress import Progress
from graders.engine.run import Run
from graders.errors import DataWarning, RunError
from graders.judges import JudgeRequest
from graders.judges.dry import DryPool
from graders.results import Price, Results

__all__ = [
    "MAX_DEPTH",
    "Progress",
    "evaluate",
    "field_path",
    "group_path",
    "located",
    "requests",
    "whole_rows",
]


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
    cluster_by: str | None = None,
    slim: bool = False,
    prices: Mapping[str, Price] | None = None,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Grade a dataset and write a run directory.

    `data` is a path (.jsonl, .json, .csv, .tsv, each perhaps .gz; .parquet, .arrow, .feather; the folder of a
    saved Hugging Face dataset), `template:NAME`, a list of rows, or a table: a frame of pandas or Polars, a
    Hugging Face dataset, or whatever else speaks the Arrow protocol.
    `out` is the directory, `runs/<grader>-<data>-<n>` where it is absent. `item_field`, `sample_field` and
    `id_field` are paths into the raw row, `group_by` template paths. Rows with
    one value at the template path `cluster_by` (answers to one question) are not taken for independent: the
    intervals of the summary are clustered, without it by row where rows have several samples. `slim` leaves
    item and sample out of the lines. `prices` say what the tokens of a model cost. `workers`
    processes grade at once, where the grader waits for no judge, sandbox or embedder; None stands for as many
    as there are cores, once the run proves long. What is written does not depend on it. Rows whose scores are
    doubtful (a metric sees no text) and fields that no row has are warned about (`DataWarning`).

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from graders import load_grader
        >>> rows = [{"item": {"answer": "Paris"}, "sample": text} for text in ("Paris", "Rome")]
        >>> with TemporaryDirectory() as folder:
        ...     evaluate(load_grader("template:exact_match"), rows, out=folder).summary.mean
        0.5

    Raises:
        DataError: the data cannot be read, are empty, or hold no sample where the grader needs one.
        MissingExtraError: the data are Parquet, Arrow or a table, and pyarrow is not installed.
        RunError: the directory holds another run, or something else.
        RunStoppedError: the disk is full, or the judge may be asked nothing more (its budget is used up, its
            endpoint refuses the key); `resume` goes on.
        ValueError: `limit` or `workers` is less than 1.
    """
    for option, number in (("limit", limit), ("workers", workers)):
        if number is not None and number < 1:
            raise ValueError(f"expected {option} of at least 1; got {number!r}")
    groups = [group_path(text) for text in group_by]
    cluster = None if cluster_by is None else group_path(cluster_by)
    with ExitStack() as stack:
        dataset = _opened(data, stack, item_field, sample_field, id_field)
        if isinstance(data, str) and data.startswith(catalog.PREFIX):
            dataset.name = data.removeprefix(catalog.PREFIX)
        run = Run(
            grader,
            dataset,
            _path_of(data),
            limit=limit,
            group_by=groups,
            cluster_by=cluster,
            slim=slim,
            prices=prices or {},
            workers=workers,
            on_progress=on_progress,
        )
        results = run.write(None if out is None else Path(out), resume=resume, overwrite=overwrite)
    for sentence in run.absent:
        warnings.warn(sentence, DataWarning, stacklevel=2)
    for caution, rows in results.about["cautions"].items():
        warnings.warn(f"{caution} (rows: {rows:,})", DataWarning, stacklevel=2)
    return results


def requests(
    grader: Grader,
    pool: DryPool,
    data: DataSource,
    *,
    limit: int | None = None,
    item_field: str | None = None,
    sample_field: str | None = None,
    id_field: str | None = None,
    group_by: Sequence[str] = (),
    cluster_by: str | None = None,
) -> Iterator[JudgeRequest]:
    """Give the distinct requests that a run would put to a judge, in row order; nobody is asked.

    `pool` is the pool of the grader; the other parameters are those of `evaluate`.

    Raises:
        DataError: the data cannot be read, are empty, or hold no sample where the grader needs one.
    """
    for text in (*group_by, *filter(None, [cluster_by])):
        group_path(text)  # what a run would refuse
    with ExitStack() as stack:
        dataset = _opened(data, stack, item_field, sample_field, id_field)
        for block in Run(grader, dataset, _path_of(data), limit).blocks():
            grader.begin(block.batch)
            yield from pool.collected()


def _opened(data: DataSource, stack: ExitStack, *fields: str | None) -> Dataset:
    return open_dataset(located(data, stack), RowMapping(*map(field_path, fields)))


def _path_of(data: DataSource) -> str | None:
    return str(data) if isinstance(data, str | os.PathLike) else None


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
    mapping = RowMapping(**{key: field_path(text) for key, text in results.about["row_mapping"].items()})
    with ExitStack() as stack:
        dataset = open_dataset(located(about["path"], stack), mapping)
        if dataset.fingerprint() != about["sha256"]:
            raise RunError(f"{results.path}: the run is slim, and {about['path']} has changed since")
        rows = (row for block in dataset.blocks() for row in block.rows)
        for line, row in zip(results.rows(), rows, strict=False):
            yield line | {"item": row.item, "sample": row.sample}
