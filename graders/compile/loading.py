"""The way from a document to its grader: read, check, bind."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from graders.cache import Cache
from graders.compile.backends import Backends
from graders.compile.check import Findings, check_document
from graders.compile.grader import Grader, Options
from graders.compile.legacy import modernise
from graders.compile.several import name_of
from graders.compile.source import Source, read_source
from graders.compile.variants import Texts, chosen_variants, shared_requests
from graders.config import GraderConfig, MultiGrader, TextSimilarityGrader, join
from graders.embedders import Embedder
from graders.errors import ConfigError, ConfigWarning, Problem
from graders.judges import Judge
from graders.judges.asking import Asking
from graders.metrics import METRICS, Metric
from graders.metrics.families import Request
from graders.registry import Registry, default_registry
from graders.sandbox.confinement import Confinement
from graders.scoring import Binding, GraderType, Scorer
from graders.scoring.several import Several


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

    Example:
        >>> load_grader("template:exact_match").grade(item={"answer": "Paris"}, sample="Rome").reward
        0.0

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
    # A config keeps fields that its type does not have, and those say nothing.
    named = getattr(config, "pass_threshold", None) if "pass_threshold" in type(config).model_fields else None
    if named is not None:
        return float(named)
    if config.type in ("string_check", "label_model"):
        return 1.0
    if config.type == "score_model":
        low, high = getattr(config, "range", None) or (0.0, 1.0)
        return low / 2 + high / 2  # the sum of two large numbers may be none
    return 0.5 if config.type == "python" else None
