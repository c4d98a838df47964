"""Grade pulled items again, and hold the scores against the hosted ones.

Design: each criterion is a grader of its own, so that one that cannot be computed here costs no other; all
of them read the same batch. No model is asked, and none embeds: what one says is no measure of how faithful
the rest is. Scores agree where they differ by 1e-12 at most: sums taken in another order.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from graders.batch import Batch
from graders.compile import Grader, compile_document
from graders.dataset import Row, RowMapping
from graders.errors import ConfigError, MissingExtraError
from graders.hosted.archive import Archive, GradedItem
from graders.scores import Grade

TOLERANCE = 1e-12
_BLOCK = 500


@dataclass(frozen=True)
class Difference:
    """A row whose score or verdict here is another than the hosted one."""

    run: str
    id: Any
    hosted: float
    local: float
    hosted_passed: bool | None
    local_passed: bool | None


@dataclass
class CriterionReport:
    """How one criterion came out.

    Of the `compared` rows, `agree` have the hosted score; `largest` is the largest difference and
    `passed_differs` counts other verdicts. `failed` rows have a hosted score and could not be graded here
    (`first_failure` says why of the first one); `not_computed` says why the whole criterion could not be.
    """

    id: str
    name: str
    type: str
    not_computed: str | None = None
    compared: int = 0
    agree: int = 0
    largest: float = 0.0
    passed_differs: int = 0
    without_hosted: int = 0
    failed: int = 0
    first_failure: str | None = None
    differ: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass
class EvalReport:
    """How the criteria of one eval came out over all its runs."""

    id: str
    name: str
    runs: set[str] = field(default_factory=set)
    items: int = 0
    criteria: list[CriterionReport] = field(default_factory=list)


@dataclass(frozen=True)
class Regraded:
    """How everything came out; `problems` are sentences about what could not be looked at."""

    evals: Sequence[EvalReport]
    problems: Sequence[str]

    @property
    def differ(self) -> int:
        """How many scores or verdicts differ."""
        return sum(each.differ for each in self._criteria())

    @property
    def failed(self) -> int:
        """How many scores have no counterpart here, because the row could not be graded."""
        return sum(each.failed for each in self._criteria())

    @property
    def compared(self) -> int:
        """How many scores were compared."""
        return sum(each.compared for each in self._criteria())

    def _criteria(self) -> Iterator[CriterionReport]:
        return (criterion for each in self.evals for criterion in each.criteria)


def regrade(archive: Archive, *, evals: Container[str] | None = None, examples: int = 100) -> Regraded:
    """Grade the items of an archive again with the criteria of their evals.

    `evals` chooses some by id. Of the rows that differ, `examples` are kept for each criterion.

    Raises:
        DataError: a file cannot be read.
    """
    work = {
        name: _Regrading.of(name, body, examples)
        for name, body in archive.evals.items()
        if evals is None or name in evals
    }
    unknown = 0
    for name, items in groupby(archive.items(), key=lambda each: each.eval):
        if name in work:
            while block := list(islice(items, _BLOCK)):
                work[name].add(block)
        elif name not in archive.evals:
            unknown += sum(1 for _ in items)
    problems = [*archive.problems, *([f"{unknown} items belong to no eval that is here"] if unknown else [])]
    return Regraded([each.report for each in work.values()], problems)


@dataclass
class _Criterion:
    report: CriterionReport
    grader: Grader | None
    names: tuple[str, ...]
    """The names that its hosted results go by, best first."""


@dataclass
class _Regrading:
    report: EvalReport
    criteria: list[_Criterion]
    examples: int
    mapping: RowMapping = field(default_factory=RowMapping)

    @classmethod
    def of(cls, name: str, body: Mapping[str, Any], examples: int) -> "_Regrading":
        listed = [part if isinstance(part, dict) else {} for part in body["testing_criteria"]]
        criteria = [_criterion(part, index, listed) for index, part in enumerate(listed)]
        reports = [each.report for each in criteria]
        return cls(EvalReport(name, str(body.get("name") or ""), criteria=reports), criteria, examples)

    def add(self, block: Sequence[GradedItem]) -> None:
        """Grade a block of items, and compare."""
        rows = [next(self.mapping.rows(index, each.raw)) for index, each in enumerate(block)]
        batch = Batch(
            [row.item for row in rows],
            [row.sample for row in rows],
            {index: row.failure for index, row in enumerate(rows) if row.failure},
        )
        self.report.items += len(block)
        self.report.runs.update(each.run for each in block)
        hosted = [_results(each.raw) for each in block]
        for criterion in self.criteria:
            if criterion.grader is None:
                continue
            grades = criterion.grader.grades(criterion.grader.score_batch(batch))
            for item, row, results, grade in zip(block, rows, hosted, grades, strict=True):
                named = next((results[name] for name in criterion.names if name in results), None)
                self._compare(criterion.report, item.run, row, named, grade)

    def _compare(
        self, report: CriterionReport, run: str, row: Row, hosted: Mapping[str, Any] | None, grade: Grade
    ) -> None:
        score = None if hosted is None else _number(hosted.get("score"))
        if hosted is None or score is None:
            report.without_hosted += 1
            return
        if grade.reward is None:
            report.failed += 1
            if report.first_failure is None and grade.errors:
                report.first_failure = f"item {row.id}: {grade.errors[0].detail}"
            return
        verdict = hosted["passed"] if isinstance(hosted.get("passed"), bool) else None
        turned = None not in (verdict, grade.passed) and verdict != grade.passed
        distance = abs(score - grade.reward)
        report.compared += 1
        report.agree += distance <= TOLERANCE
        report.largest = max(report.largest, distance)
        report.passed_differs += turned
        if turned or distance > TOLERANCE:
            report.differ += 1
            if len(report.differences) < self.examples:
                report.differences.append(Difference(run, row.id, score, grade.reward, verdict, grade.passed))


def _criterion(document: Mapping[str, Any], index: int, listed: Sequence[Mapping[str, Any]]) -> _Criterion:
    """Compile a criterion. Its results go by its id or, where no other has that name, by its name."""
    name, kind = str(document.get("name") or index), str(document.get("type"))
    own = document.get("id")
    shared = sum(str(part.get("name")) == name for part in listed) > 1
    names = tuple(each for each in (own, None if shared else name) if isinstance(each, str))
    report = CriterionReport(own if isinstance(own, str) else name, name, kind)
    if document.get("evaluation_metric") == "cosine":
        report.not_computed = "the hosted embeddings are not to be had here, and others give other scores"
        return _Criterion(report, None, names)
    try:
        return _Criterion(report, compile_document(document), names)
    except ConfigError as error:
        first = error.problems[0]
        report.not_computed = first.message if first.path == "$" else f"{first.path}: {first.message}"
    except MissingExtraError as error:
        report.not_computed = str(error)
    return _Criterion(report, None, names)


def _results(raw: Any) -> dict[str, Mapping[str, Any]]:
    """Give the hosted results of an item by the name they carry."""
    results = raw.get("results") if isinstance(raw, dict) else None
    listed = [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
    return {each["name"]: each for each in listed if isinstance(each.get("name"), str)}


def _number(value: object) -> float | None:
    """Give a JSON number as a float; an integer beyond all floats is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
