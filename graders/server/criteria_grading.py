"""Grade blocks of rows by the testing criteria of an eval, as the hosted service does.

Design: the criteria that ask a model form one group, so that its limits hold for all of them together, and
the others another: to a model's prompt a part of the sample that a row lacks is an empty text, to the others
an error.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

from graders.batch import SAMPLE_KEYS, Batch, Path
from graders.cache import Cache
from graders.compile import Grader, Options, compile_document
from graders.errors import Failure
from graders.scores import Scores, Trace
from graders.scoring.several import Several
from graders.server.judge_samples import JudgeSamples
from graders.server.rows import Row
from graders.server.settings import Settings

_JUDGED = ("score_model", "label_model")


@dataclass(frozen=True)
class Outcome:
    """How one row came out: a result for each criterion, and what judges said.

    A row whose model could not be asked has no results.
    """

    results: Sequence[dict[str, Any]]
    passed: bool
    errored: bool
    traces: Sequence[Trace] = ()


_UNSAMPLED = Outcome((), passed=False, errored=True)


def _unsampled(row: Row) -> bool:
    return row.sampling is not None and row.sampling.sampled.sample is None


@dataclass
class Begun:
    """Rows that are being graded, and the batch, for each group of criteria, of those that have a sample."""

    rows: Sequence[Row]
    batches: Sequence[Batch]


@dataclass(frozen=True)
class _Group:
    grader: Grader
    lenient: bool

    @property
    def several(self) -> Several:
        return cast(Several, self.grader.scorer)

    def batch(self, rows: Sequence[Row], numbers: Sequence[int]) -> Batch:
        kind = _Lenient if self.lenient else Batch
        return kind([row.item for row in rows], [row.sample for row in rows], {}, numbers)


class _Lenient(Batch):
    """Rows in which a part of the sample that is not there is an empty text."""

    def _read(self, path: Path) -> list[Any]:
        values = super()._read(path)
        if path.head != "sample" or (path.segments and path.segments[0] not in SAMPLE_KEYS):
            return values
        return [
            "" if isinstance(value, Failure) and (self.samples[row] is None or _lacks(value)) else value
            for row, value in enumerate(values)
        ]


def _lacks(failure: Failure) -> bool:
    return failure.reason == "missing_variable"


@dataclass(frozen=True)
class CriteriaGrader:
    """The criteria of an eval, ready to grade; `ids` are theirs in order."""

    ids: Sequence[str]
    groups: Sequence[_Group]
    waits: bool = field(default=False)

    @classmethod
    def of(cls, criteria: Sequence[Mapping[str, Any]], settings: Settings, cache: Cache) -> Self:
        """Compile the criteria.

        Raises:
            ConfigError: one of them cannot be used here, such as where there is no judge.
        """
        groups = []
        for lenient in (False, True):
            chosen = {each["id"]: each for each in criteria if (each["type"] in _JUDGED) is lenient}
            if chosen:
                groups.append(_Group(_compiled(chosen, settings, cache), lenient))
        waits = any(group.grader.pool or group.grader.confinement for group in groups)
        return cls([each["id"] for each in criteria], groups, bool(waits))

    def begin(self, rows: Sequence[Row], first: int) -> Begun:
        """Start to grade rows, of which the first has this number, without waiting."""
        asked = {number: row for number, row in enumerate(rows, first) if not _unsampled(row)}
        batches = [group.batch(list(asked.values()), list(asked)) for group in self.groups]
        for group, batch in zip(self.groups, batches, strict=True):
            group.grader.begin(batch)
        return Begun(rows, batches)

    def finish(self, begun: Begun) -> list[Outcome]:
        """Wait for the grades of rows."""
        columns: dict[str, _Column] = {}
        for group, batch in zip(self.groups, begun.batches, strict=True):
            scores = group.grader.score_batch(batch)
            for key, part in scores.parts.items():
                samples = JudgeSamples.of(group.several.parts[key], batch) if group.lenient else None
                columns[key] = _Column(key, part, group.several.thresholds[key] or 0.0, samples)
        places = itertools.count()
        return [_UNSAMPLED if _unsampled(row) else self._outcome(columns, next(places)) for row in begun.rows]

    def _outcome(self, columns: Mapping[str, "_Column"], row: int) -> Outcome:
        found = [columns[key] for key in self.ids]
        results = [column.result(row) for column in found]
        traces = [trace for column in found for trace in column.scores.traces.get(row, ())]
        passed = all(result["passed"] for result in results)
        return Outcome(results, passed, any(column.failed(row) for column in found), traces)

    def cancel(self) -> None:
        """Ask judges nothing more."""
        for group in self.groups:
            if group.grader.pool is not None:
                group.grader.pool.cancel()


@dataclass(frozen=True)
class _Column:
    """The scores of one criterion."""

    key: str
    scores: Scores
    threshold: float
    samples: JudgeSamples | None

    def failed(self, row: int) -> bool:
        return bool(self.scores.error_codes[row])

    def result(self, row: int) -> dict[str, Any]:
        score = 0.0 if self.failed(row) else float(self.scores.values[row])
        passed = not self.failed(row) and score >= self.threshold
        sample = None if self.samples is None else self.samples.sample(row, self.scores)
        result = {"name": self.key, "sample": sample, "passed": passed, "score": score}
        failure = self.scores.error_details.get(row)
        return result if failure is None else {**result, "error": _shown_failure(failure)}


def _shown_failure(failure: Failure) -> dict[str, str]:
    """Say why a criterion failed, which the hosted service leaves out."""
    return {"code": failure.code.name, "reason": failure.reason, "message": failure.detail}


def _compiled(criteria: Mapping[str, Any], settings: Settings, cache: Cache) -> Grader:
    return compile_document(
        criteria,
        judge=settings.judge,
        embedder=settings.embedder,
        cache=cache,
        asking=settings.asking,
        confinement=settings.confinement,
        options=Options("zero", media_root=settings.media_root),
    )
