"""The grader: one class round a bound implementation."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from graders.batch import Batch, Item, Sample
from graders.compile.check import check_document
from graders.compile.source import Source, read_source
from graders.config import GraderConfig, MultiGrader, join
from graders.errors import Code, ConfigError, ConfigWarning, Problem
from graders.metrics import METRICS, Metric
from graders.registry import Registry, default_registry
from graders.scores import Grade, Scores
from graders.scoring import Binding, GraderType, Scorer


@dataclass(frozen=True)
class Options:
    """How a document is read, beyond what it says itself.

    `on_error`: what a failed row is worth: `null` (no score) or `zero` (0.0 with flags, as hosted; a
    failed sub-grader counts 0.0 in the formula). `pass_threshold` goes before the document's own.
    """

    on_error: Literal["null", "zero"] = "null"
    pass_threshold: float | None = None


@dataclass(frozen=True)
class Grader:
    """A grader that is ready to score; `load_grader` makes it.

    Example:
        >>> grader = load_grader(
        ...     {"type": "string_check", "name": "capital", "operation": "eq",
        ...      "input": "{{sample.output_text}}", "reference": "{{item.answer}}"})
        >>> grader.grade(item={"answer": "Paris"}, sample="Paris").reward
        1.0
        >>> grader.score([{"answer": "Paris"}, {"answer": "Rome"}], ["Paris", "Paris"]).values
        array([1., 0.])
    """

    config: GraderConfig
    document: Mapping[str, Any]
    scorer: Scorer
    options: Options = field(default_factory=Options)
    warnings: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The document's name, or its type where it has none."""
        return self.scorer.name

    @property
    def type(self) -> str:
        """The document's type."""
        return self.config.type

    @property
    def pass_threshold(self) -> float | None:
        """The least reward that passes; None where nobody named one."""
        own = self.options.pass_threshold
        return _threshold(self.config) if own is None else own

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
        return next(self.grades(scores))

    def score(self, items: Sequence[Item], samples: Sequence[Sample] | None = None) -> Scores:
        """Score n rows; without `samples` no row has one.

        Raises:
            ValueError: items and samples differ in length.
            TypeError: an item is not a mapping, or a sample neither text nor a mapping.
        """
        samples = [None] * len(items) if samples is None else samples
        for item in items:
            if not isinstance(item, Mapping):
                raise TypeError(f"expected an item to be a mapping; got {type(item).__name__}")
        for sample in samples:
            if not isinstance(sample, str | Mapping | None):
                raise TypeError(f"expected a sample to be text or a mapping; got {type(sample).__name__}")
        return self.score_batch(Batch([dict(item) for item in items], samples))

    def score_batch(self, batch: Batch) -> Scores:
        """Score every row of a batch."""
        return self.scorer.score_batch(batch)

    def grades(self, scores: Scores) -> Iterator[Grade]:
        """Give the scores row by row, in the form that files and the wire are made of."""
        rewards = self._rewards(scores)
        parts = {key: self._rewards(part) for key, part in scores.parts.items()}
        failed = scores.failed_rows().tolist()
        for row, reward in enumerate(rewards):
            errors = tuple(scores.row_errors(row)) if failed[row] else ()
            yield Grade(
                self.name,
                self.type,
                reward,
                self._passed(reward, scores, row),
                {key: column[row] for key, column in parts.items()},
                errors,
                scores.traces.get(row, ()),
            )

    def _rewards(self, scores: Scores) -> list[float | None]:
        """Give the values with what stands for "no score" in the place of NaN."""
        absent = 0.0 if self.options.on_error == "zero" else None
        codes = scores.error_codes.tolist()
        return [absent if code else value for value, code in zip(scores.values.tolist(), codes, strict=True)]

    def _passed(self, reward: float | None, scores: Scores, row: int) -> bool | None:
        threshold = self.pass_threshold
        if threshold is None or reward is None:
            return None
        return bool(scores.error_codes[row] == Code.ok and reward >= threshold)


def load_grader(source: Source, *, options: Options | None = None) -> Grader:
    """Make a grader of a document.

    `source` is a path, JSON text, `template:NAME`, a dict, a config, or an object of the official client.
    What is odd about the document without making it wrong is warned about (`ConfigWarning`).

    Raises:
        ConfigError: the document cannot be used; lists every problem with its path.
    """
    grader = compile_document(read_source(source), options=options)
    for warning in grader.warnings:
        warnings.warn(str(warning), ConfigWarning, stacklevel=2)
    return grader


def compile_document(
    document: object, *, options: Options | None = None, registry: Registry | None = None
) -> Grader:
    """Make a grader of a document that is already a JSON value; its warnings stand in `Grader.warnings`.

    Raises:
        ConfigError: the document cannot be used; lists every problem with its path.
    """
    registry = registry or default_registry()
    options = options or Options()
    findings = check_document(document, registry)
    if findings.config is None:
        raise ConfigError(findings.problems)
    config = findings.config
    scorer = _Binder(registry, options).bind(config, config.name or config.type, "$")
    return Grader(config, cast(dict[str, Any], document), scorer, options, findings.warnings)


@dataclass(frozen=True)
class _Binder:
    registry: Registry
    options: Options

    def bind(self, config: GraderConfig, name: str, path: str) -> Scorer:
        parts: dict[str, Scorer] = {}
        problems: list[Problem] = []
        if isinstance(config, MultiGrader):
            for key, part in config.graders.items():
                try:
                    parts[key] = self.bind(part, key, join(f"{path}.graders", key))
                except ConfigError as error:
                    problems += error.problems
        if problems:
            raise ConfigError(problems)
        binding = Binding(name, path, self._metric, parts, self.options.on_error == "zero")
        implementation = cast(GraderType, self.registry.get("types", config.type))
        return implementation.bind(config, binding)

    def _metric(self, name: str) -> Metric:
        return METRICS[name] if name in METRICS else cast(Metric, self.registry.get("metrics", name))


def _threshold(config: GraderConfig) -> float | None:
    """Find the least passing reward that a document names or its type implies."""
    named = getattr(config, "pass_threshold", None)
    if named is not None:
        return float(named)
    if config.type in ("string_check", "label_model"):
        return 1.0
    if config.type == "score_model":
        low, high = getattr(config, "range", None) or (0.0, 1.0)
        return (low + high) / 2
    return 0.5 if config.type == "python" else None


__all__ = ["Grader", "Options", "compile_document", "load_grader"]
