"""A run that is read back."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from graders.batch import Path
from graders.errors import MissingExtraError, RunError
from graders.facts import as_lines, as_table
from graders.results.columns import Columns, writable
from graders.results.directory import ROWS, read_about, read_lines
from graders.results.export import arrow_batches, arrow_schema
from graders.results.prices import Price
from graders.results.summary import Summary
from graders.results.tally import Tally
from graders.tables import load_pyarrow

if TYPE_CHECKING:
    import pandas
    import pyarrow

_CHUNK = 1000


@dataclass(frozen=True)
class Results:
    """The rows of a run and what they amount to; `evaluate` and `Results.open` make it.

    `about` is what `run.json` says: version, grader, metric signatures, options, data, status, timings.
    """

    path: FilePath
    about: Mapping[str, Any]
    counted: Summary | None = field(default=None, repr=False, compare=False)
    """The summary, where the rows were counted while they were written."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Results":
        """Open a run directory.

        Raises:
            RunError: it is none.
        """
        return cls(FilePath(path), read_about(FilePath(path)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Read the rows, one dict a line of `results.jsonl`, without holding them.

        Raises:
            RunError: a line cannot be read.
        """
        try:
            with (self.path / ROWS).open("rb") as file:
                yield from read_lines(file, self.path / ROWS)
        except FileNotFoundError:
            raise RunError(f"{self.path}: there is no {ROWS}") from None

    @cached_property
    def summary(self) -> Summary:
        """What the rows amount to; those of a run that is opened are counted when it is first asked for."""
        if self.counted is not None:
            return self.counted
        options = self.about["options"]
        prices = {model: Price(**price) for model, price in self.about.get("prices", {}).items()}
        groups, cluster = [Path.parse(text) for text in options["group_by"]], options.get("cluster_by")
        clusters = None if cluster is None else Path.parse(cluster)
        tally = Tally(options["pass_threshold"], groups, prices, clusters)
        rows = self.rows()
        while chunk := list(islice(rows, _CHUNK)):
            tally.add(chunk)
        return tally.summary()

    def to_pandas(self) -> "pandas.DataFrame":
        """Give the rows as a DataFrame: sub-rewards as columns `sub_rewards.<key>`, the rest as it is.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise MissingExtraError("Results.to_pandas", "frames") from None
        rows = [_flat(row) for row in self.rows()]
        try:
            return pandas.DataFrame(rows)
        except UnicodeEncodeError:  # a lone surrogate, where pandas keeps its texts in Arrow
            return pandas.DataFrame([_writable(row) for row in rows])

    def to_arrow(self) -> "pyarrow.Table":
        """Give the rows as an Arrow table, its columns those of an export; in a slim run item is null.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        pyarrow = load_pyarrow("Results.to_arrow", "frames")
        columns = Columns.of(self.rows())
        batches = list(arrow_batches(self.rows(), columns))
        return pyarrow.Table.from_batches(batches, arrow_schema(columns))

    def __repr__(self) -> str:
        return as_lines(f"Results({str(self.path)!r})", self._facts())

    def _repr_html_(self) -> str:
        return as_table([("run", str(self.path)), *self._facts()])

    def _facts(self) -> Iterator[tuple[str, str]]:
        summary = self.summary
        yield "grader", f"{self.about['grader']['name']} ({self.about['grader']['type']})"
        yield "rows", f"{summary.rows:,}, {summary.scored:,} scored"
        yield "mean", _with_interval(summary.reward.mean, summary.reward.low, summary.reward.high)
        if summary.passed is not None:
            rate = _with_interval(summary.passed.rate, summary.passed.low, summary.passed.high)
            yield "pass rate", f"{rate} at {summary.passed.threshold:g}"
        for key, part in summary.sub_rewards.items():
            yield f"mean of {key}", _with_interval(part.mean, part.low, part.high)
        for code, count in summary.errors.items():
            yield code, f"{count:,} rows"


def _with_interval(mean: float | None, low: float | None, high: float | None) -> str:
    if mean is None:
        return "-"
    return f"{mean:.4f}" if low is None or high is None else f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in row.items() if key != "sub_rewards"}
    return flat | {f"sub_rewards.{key}": value for key, value in row["sub_rewards"].items()}


def _writable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: writable(value) if isinstance(value, str) else value for key, value in row.items()}
