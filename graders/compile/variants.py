"""Which variants of metrics are chosen, and which metrics of a document share their tokens."""

from collections.abc import Iterator, Mapping, Sequence

from graders.config import GraderConfig, MultiGrader, TextSimilarityGrader
from graders.errors import ConfigError, Problem
from graders.metrics import METRICS
from graders.metrics.families import Request

ROUGE = "rouge"
"""Stands for every ROUGE."""

Texts = tuple[str, str]
"""The template strings of input and reference."""


def chosen_variants(metrics: Mapping[str, str]) -> dict[str, str]:
    """Give metric → variant of what the user chose; a metric's own name goes before `rouge`.

    Raises:
        ConfigError: there is no such metric, or it has no such variant; lists every problem.
    """
    rouges = [name for name in METRICS if name.startswith(f"{ROUGE}_")]
    chosen = dict.fromkeys(rouges, metrics[ROUGE]) if ROUGE in metrics else {}
    chosen |= {name: variant for name, variant in metrics.items() if name != ROUGE}
    problems = list(dict.fromkeys(_problems(chosen)))
    if problems:
        raise ConfigError(problems)
    return chosen


def _problems(chosen: Mapping[str, str]) -> Iterator[Problem]:
    for name, variant in chosen.items():
        if name not in METRICS:
            known = ", ".join([ROUGE, *METRICS])
            yield Problem("metrics", f"expected one of {known}; got {name!r}")
            continue
        try:
            METRICS[name].with_variant(variant)
        except ValueError as error:
            yield Problem("metrics", str(error))


def shared_requests(
    configs: Sequence[GraderConfig], variants: Mapping[str, str]
) -> dict[Texts, tuple[Request, ...]]:
    """Give, for each pair of texts that several metrics compare, all of these metrics."""
    found: dict[Texts, dict[Request, None]] = {}
    for config in _similarities(configs):
        name = config.evaluation_metric
        if name in METRICS and not METRICS[name].needs_embedder:
            request = (name, variants.get(name))
            found.setdefault((config.input, config.reference), {})[request] = None
    return {texts: tuple(requests) for texts, requests in found.items() if len(requests) > 1}


def _similarities(configs: Sequence[GraderConfig]) -> Iterator[TextSimilarityGrader]:
    for config in configs:
        if isinstance(config, MultiGrader):
            yield from _similarities(list(config.graders.values()))
        elif isinstance(config, TextSimilarityGrader):
            yield config
