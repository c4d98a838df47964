"""text_similarity: a metric over two columns of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Path
from graders.config import GraderConfig, TextSimilarityGrader
from graders.errors import ConfigError, Failure, Problem
from graders.metrics import Metric
from graders.render import TemplateString, parse_template
from graders.scores import Scores
from graders.scoring import Binding


@dataclass(frozen=True)
class TextSimilarity:
    """Scores how alike input (the hypothesis) and reference are."""

    Config: ClassVar[type[GraderConfig]] = TextSimilarityGrader

    name: str
    input: TemplateString
    reference: TemplateString
    metric: Metric

    @classmethod
    def bind(cls, config: TextSimilarityGrader, binding: Binding) -> Self:
        """Parse the template strings and find the metric.

        Raises:
            ConfigError: the metric needs an embedder, and there is none.
        """
        metric = binding.metric(config.evaluation_metric)
        if metric.needs_embedder:
            message = f"{metric.name!r} compares embeddings and needs an embedder; none is available here"
            raise ConfigError([Problem(f"{binding.path}.evaluation_metric", message)])
        return cls(binding.name, parse_template(config.input), parse_template(config.reference), metric)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of both template strings."""
        return self.input.paths + self.reference.paths

    @property
    def signatures(self) -> Mapping[str, str]:
        """The metric's signature, with the versions that it computes with."""
        return {self.metric.name: self.metric.signature}

    def score_batch(self, batch: Batch) -> Scores:
        """Compare column by column."""
        inputs, references = self.input.render(batch), self.reference.render(batch)
        values, failures = _measure(self.metric, inputs.texts, references.texts)
        return Scores.of(self.name, values, failures | references.failures | inputs.failures)


def _measure(
    metric: Metric, hypotheses: list[str], references: list[str]
) -> tuple[NDArray[np.float64], dict[int, Failure]]:
    """Compute a metric. Where a library fails on a text, that row fails and the others are computed."""
    try:
        return metric.function(hypotheses, references), {}
    except Exception as error:  # the metric, or the library behind it, is somebody else's code
        if len(hypotheses) == 1:
            detail = f"{metric.name} failed: {type(error).__name__}: {error}"
            return np.full(1, np.nan), {0: Failure("metric_failed", detail)}
    values = np.empty(len(hypotheses))
    failures: dict[int, Failure] = {}
    for row, pair in enumerate(zip(hypotheses, references, strict=True)):
        values[row : row + 1], failed = _measure(metric, [pair[0]], [pair[1]])
        if failed:
            failures[row] = failed[0]
    return values, failures
