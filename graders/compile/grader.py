"""The grader: one class round a bound implementation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from graders.batch import Batch, Item, Sample, ending_of
from graders.compile.describing import facts_of
from graders.config import GraderConfig
from graders.errors import Code, Failure, Problem
from graders.facts import as_lines, as_table
from graders.judges.pool import JudgePool
from graders.sandbox.confinement import Confinement
from graders.scores import Grade, Scores
from graders.scoring import Scorer, begin, cancel
from graders.tables import Tabular, listed

OnError = Literal["null", "zero"]


@dataclass(frozen=True)
class Options:
    """How a document is read, beyond what it says itself.

    `on_error`: what a failed row is worth: `null` (no score) or `zero` (0.0 with flags, as hosted; a
    failed sub-grader counts 0.0 in the formula). `pass_threshold` goes before the document's own.
    `legacy` takes old forms for today's: `neq`, `contains`, a list of graders in a multi. `metrics` names
    variants of metrics, `{"bleu": "sacrebleu", "rouge": "stemmer"}`; `rouge` stands for all of them.
    `media_root` is the folder below which pictures and sounds are read that a prompt names by a path.

    Example:
        >>> from graders import load_grader
        >>> hosted = load_grader("template:exact_match", options=Options(on_error="zero"))
        >>> hosted.grade(item={}, sample="Paris").reward
        0.0

    Raises:
        ValueError: `on_error` is neither, or `pass_threshold` is not finite.
    """

    on_error: OnError = "null"
    pass_threshold: float | None = None
    legacy: bool = False
    metrics: Mapping[str, str] = field(default_factory=dict)
    media_root: Path | None = None

    def __post_init__(self) -> None:
        if self.on_error not in get_args(OnError):
            raise ValueError(f"expected on_error of {', '.join(get_args(OnError))}; got {self.on_error!r}")
        if self.pass_threshold is not None and not math.isfinite(self.pass_threshold):
            raise ValueError(f"expected a finite pass_threshold; got {self.pass_threshold!r}")


@dataclass(frozen=True)
class Grader:
    """A grader that is ready to score; `load_grader` makes it.

    Example:
        >>> from graders import load_grader
        >>> grader = load_grader(
        ...     {"type": "string_check", "name": "capital", "operation": "eq",
        ...      "input": "{{sample.output_text}}", "reference": "{{item.answer}}"})
        >>> grader.grade(item={"answer": "Paris"}, sample="Paris").reward
        1.0
        >>> grader.score([{"answer": "Paris"}, {"answer": "Rome"}], ["Paris", "Paris"]).values
        array([1., 0.])
    """

    document: Any
    """The document, a JSON value, as it was read."""
    scorer: Scorer
    type: str
    """The document's type; `several` for several graders."""
    config: GraderConfig | None
    """The document's config; None for several graders."""
    pass_threshold: float | None = None
    """The least reward that passes; None where nobody named one."""
    options: Options = field(default_factory=Options)
    warnings: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()
    """Why none of the hosted services would take the document, and what sources may meet there and here."""
    judge: Mapping[str, Any] | None = None
    """Identity and model of the judge; None where none is asked."""
    embedder: Mapping[str, Any] | None = None
    """Identity of the embedder; None where none is asked."""
    pool: JudgePool | None = field(default=None, repr=False)
    """Through which the judge is asked; None where none is."""
    confinement: Confinement | None = None
    """Where sources run; None where there are none."""

    @property
    def name(self) -> str:
        """The document's name, or its type where it has none."""
        return self.scorer.name

    @property
    def uses_sample(self) -> bool:
        """Whether it reads anything of the sample."""
        return any(path.head == "sample" for path in self.scorer.paths)

    @property
    def signatures(self) -> Mapping[str, str]:
        """Metric name to signature, for each metric that it computes."""
        return self.scorer.signatures

    def grade(self, item: Item | None = None, sample: Sample = None) -> Grade:
        """Grade one row: `item` is its object, `sample` the model's output or a whole sample object."""
        scores = self.score([item or {}], [sample])
        return replace(next(self.grades(scores)), truncated=ending_of(sample) == "length")

    def score(
        self, items: Sequence[Item] | Tabular, samples: Sequence[Sample] | Tabular | None = None
    ) -> Scores:
        """Score n rows; without `samples` no row has one.

        `items` may be a table, whose rows are the items, and `samples` a column of one: frames and series of
        pandas and Polars, and whatever else speaks the Arrow protocol.

        Raises:
            DataError: a table cannot be read.
            MissingExtraError: there is a table, and pyarrow is not installed.
            ValueError: items and samples differ in length.
            TypeError: an item is not a mapping, or a sample neither text nor a mapping.
        """
        given, unfit = listed(items)
        answers, unfit_samples = listed([None] * len(given) if samples is None else samples)
        failures = unfit_samples | unfit
        for row, item in enumerate(given):
            if not isinstance(item, Mapping) and row not in failures:
                raise TypeError(f"expected an item to be a mapping; got {type(item).__name__}")
        for sample in answers:
            if not isinstance(sample, str | Mapping | None):
                raise TypeError(f"expected a sample to be text or a mapping; got {type(sample).__name__}")
        rows = [None if row in failures else dict(item) for row, item in enumerate(given)]
        return self.score_batch(Batch(rows, _without(answers, failures), failures))

    def __repr__(self) -> str:
        return as_lines(f"Grader({self.name!r})", facts_of(self))

    def _repr_html_(self) -> str:
        return as_table([("grader", self.name), *facts_of(self)])

    def begin(self, batch: Batch) -> None:
        """Start what a batch that is scored soon waits for: replies of a judge, rows in a sandbox."""
        begin(self.scorer, batch)

    def cancel(self) -> None:
        """Give up the batches that were begun and will not be scored."""
        cancel(self.scorer)

    def score_batch(self, batch: Batch) -> Scores:
        """Score every row of a batch."""
        return self.scorer.score_batch(batch)

    def grades(self, scores: Scores) -> Iterator[Grade]:
        """Give the scores row by row, in the form that files and the wire are made of."""
        rewards = self._rewards(scores)
        passed = self._passed(scores, rewards)
        sub_rewards = self._sub_rewards(scores)
        failed = scores.failed_rows().tolist()
        traces = scores.all_traces()
        name = self.name
        for row, columns in enumerate(zip(rewards, passed, sub_rewards, strict=True)):
            errors = tuple(scores.row_errors(row)) if failed[row] else ()
            yield Grade(name, self.type, *columns, errors, traces.get(row, ()))

    def _sub_rewards(self, scores: Scores) -> list[dict[str, float | None]]:
        if not scores.parts:
            return [{} for _ in range(len(scores))]
        columns = [self._rewards(part) for part in scores.parts.values()]
        return [dict(zip(scores.parts, values, strict=True)) for values in zip(*columns, strict=True)]

    def _rewards(self, scores: Scores) -> list[float | None]:
        """Give the values with what stands for "no score" in the place of NaN."""
        values: list[float | None] = scores.values.tolist()
        codes = scores.error_codes.tolist()
        if not any(codes):
            return values
        absent = 0.0 if self.options.on_error == "zero" else None
        stand_ins = {code: absent for code in Code if code != Code.ok} | {Code.unscored: None}
        return [stand_ins[code] if code else value for value, code in zip(values, codes, strict=True)]

    def _passed(self, scores: Scores, rewards: Sequence[float | None]) -> list[bool | None]:
        threshold = self.pass_threshold
        if threshold is None:
            return [None] * len(rewards)
        pairs = zip(rewards, scores.error_codes.tolist(), strict=True)
        return [None if reward is None else not code and reward >= threshold for reward, code in pairs]


def _without(samples: Sequence[Sample], failures: Mapping[int, Failure]) -> Sequence[Sample]:
    if not failures:
        return samples
    return [None if row in failures else sample for row, sample in enumerate(samples)]
