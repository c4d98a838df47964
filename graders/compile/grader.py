"""The grader: one class round a bound implementation."""

import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

from graders.batch import Batch, Item, Sample
from graders.cache import Cache
from graders.compile.backends import Backends
from graders.compile.check import Findings, check_document
from graders.compile.describing import facts_of
from graders.compile.legacy import modernise
from graders.compile.several import name_of
from graders.compile.source import Source, read_source
from graders.compile.variants import Texts, chosen_variants, shared_requests
from graders.config import GraderConfig, MultiGrader, TextSimilarityGrader, join
from graders.embedders import Embedder
from graders.errors import Code, ConfigError, ConfigWarning, Failure, Problem
from graders.facts import as_lines, as_table
from graders.judges import Judge
from graders.judges.asking import Asking
from graders.judges.pool import JudgePool
from graders.metrics import METRICS, Metric
from graders.metrics.families import Request
from graders.registry import Registry, default_registry
from graders.sandbox.confinement import Confinement
from graders.scores import Grade, Scores
from graders.scoring import Binding, GraderType, Scorer, begin, cancel
from graders.scoring.several import Several
from graders.tables import Tabular, listed


@dataclass(frozen=True)
class Options:
    """How a document is read, beyond what it says itself.

    `on_error`: what a failed row is worth: `null` (no score) or `zero` (0.0 with flags, as hosted; a
    failed sub-grader counts 0.0 in the formula). `pass_threshold` goes before the document's own.
    `legacy` takes old forms for today's: `neq`, `contains`, a list of graders in a multi. `metrics` names
    variants of metrics, `{"bleu": "sacrebleu", "rouge": "stemmer"}`; `rouge` stands for all of them.
    `media_root` is the folder below which pictures and sounds are read that a prompt names by a path.
    """

    on_error: Literal["null", "zero"] = "null"
    pass_threshold: float | None = None
    legacy: bool = False
    metrics: Mapping[str, str] = field(default_factory=dict)
    media_root: Path | None = None

    def __post_init__(self) -> None:
        if self.pass_threshold is not None and not math.isfinite(self.pass_threshold):
            raise ValueError(f"expected a finite pass_threshold; got {self.pass_threshold!r}")


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
        return next(self.grades(scores))

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


def load_grader(
    source: Source,
    *,
    judge: Judge | str | None = None,
    embedder: Embedder | str | None = None,
    cache: Cache | str | os.PathLike[str] | None = None,
    asking: Asking | None = None,
    confinement: Confinement | None = None,
    options: Options | None = None,
) -> Grader:
    """Make a grader of a document, or of several.

    `source` is a path, JSON text, `template:NAME`, a dict, a config, or an object of the official client.
    Several graders (a list, a map from names to graders, the body of an eval with `testing_criteria`)
    share one pass over the rows: each is a column of `sub_rewards`, and a row passes where all do.
    `judge` answers for score_model and label_model, `embedder` embeds for cosine; each is an object or
    the words of the command line, `NAME[:MODEL][@BASE_URL]`. Without an embedder, cosine takes the endpoint
    that GRADERS_EMBEDDINGS_URL names, else wordllama; thresholds do not carry over between embedders.
    `cache` keeps what was embedded and what judges replied, a `graders.cache.Cache` or its folder; without it
    nothing is kept beyond the grader. `asking` limits what a judge is asked, `confinement` says where sources
    of python graders run. What is odd about the document without making it wrong is warned about
    (`ConfigWarning`).

    Raises:
        ConfigError: the document cannot be used; lists every problem with its path.
    """
    grader = compile_document(
        read_source(source),
        judge=judge,
        embedder=embedder,
        cache=Cache(cache) if isinstance(cache, str | os.PathLike) else cache,
        asking=asking,
        confinement=confinement,
        options=options,
    )
    for warning in grader.warnings:
        warnings.warn(str(warning), ConfigWarning, stacklevel=2)
    return grader


def compile_document(
    document: object,
    *,
    judge: Judge | str | None = None,
    embedder: Embedder | str | None = None,
    cache: Cache | None = None,
    asking: Asking | None = None,
    confinement: Confinement | None = None,
    options: Options | None = None,
    registry: Registry | None = None,
) -> Grader:
    """Make a grader of a document that is already a JSON value; its warnings stand in `Grader.warnings`.

    Raises:
        ConfigError: the document cannot be used; lists every problem with its path.
    """
    registry = registry or default_registry()
    options = options or Options()
    if options.legacy:
        document = modernise(document)
    findings = check_document(document, registry)
    if findings.problems:
        raise ConfigError(findings.problems)
    configs = {member.key: config for member, config in findings.graders if config is not None}
    backends = Backends.of(judge, embedder, registry, cache, asking, confinement)
    variants = chosen_variants(options.metrics)
    shared = shared_requests(list(configs.values()), variants)
    scorers = _bind_all(findings, _Binder(registry, options, backends, variants, shared))
    own = options.pass_threshold
    thresholds = {key: threshold_of(config) if own is None else own for key, config in configs.items()}
    hints = (*findings.refused_everywhere, *backends.hints)
    found = (options, findings.warnings, hints, *backends.used())
    if not findings.several:
        (config,), (scorer,), (threshold,) = configs.values(), scorers.values(), thresholds.values()
        return Grader(document, scorer, config.type, config, threshold, *found)
    several = Several(name_of(document), scorers, thresholds, options.on_error == "zero")
    threshold = None if None in thresholds.values() else 1.0
    return Grader(document, several, "several", None, threshold, *found)


def _bind_all(findings: Findings, binder: "_Binder") -> dict[str, Scorer]:
    scorers: dict[str, Scorer] = {}
    problems: list[Problem] = []
    for member, config in findings.graders:
        if config is None:
            continue
        try:
            name = member.key or config.name or config.type
            scorers[member.key] = binder.bind(config, name, member.path)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return scorers


@dataclass(frozen=True)
class _Binder:
    registry: Registry
    options: Options
    backends: Backends
    variants: Mapping[str, str]
    shared: Mapping[Texts, tuple[Request, ...]]

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
        binding = Binding(
            name,
            path,
            self._metric,
            parts,
            self.options.on_error == "zero",
            self._together(config),
            partial(self.backends.judge_of, config, path),
            partial(self.backends.embedder_of, config, path),
            self.backends.models,
            self.options.media_root,
            partial(self.backends.sandbox_of, path),
        )
        implementation = cast(GraderType, self.registry.get("types", config.type))
        return implementation.bind(config, binding)

    def _metric(self, name: str) -> Metric:
        known = METRICS.get(name) or cast(Metric, self.registry.get("metrics", name))
        return known.with_variant(self.variants.get(name))

    def _together(self, config: GraderConfig) -> tuple[Request, ...]:
        texts = (config.input, config.reference) if isinstance(config, TextSimilarityGrader) else ("", "")
        return self.shared.get(texts, ())


def threshold_of(config: GraderConfig) -> float | None:
    """Find the least passing reward that a document names or its type implies; None where neither does."""
    named = getattr(config, "pass_threshold", None)
    if named is not None:
        return float(named)
    if config.type in ("string_check", "label_model"):
        return 1.0
    if config.type == "score_model":
        low, high = getattr(config, "range", None) or (0.0, 1.0)
        return (low + high) / 2
    return 0.5 if config.type == "python" else None


__all__ = ["Grader", "Options", "compile_document", "load_grader", "threshold_of"]
