"""text_similarity: a metric over two columns of text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Path
from graders.config import GraderConfig, TextSimilarityGrader
from graders.embedders import Embedder
from graders.errors import Failure
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
    embedder: Embedder | None = None

    @classmethod
    def bind(cls, config: TextSimilarityGrader, binding: Binding) -> Self:
        """Parse the template strings and find the metric.

        Raises:
            ConfigError: the metric needs an embedder, and there is none.
        """
        metric = binding.metric(config.evaluation_metric)
        embedder = binding.embedder() if metric.needs_embedder else None
        texts = parse_template(config.input), parse_template(config.reference)
        return cls(binding.name, *texts, metric, embedder)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of both template strings."""
        return self.input.paths + self.reference.paths

    @property
    def signatures(self) -> Mapping[str, str]:
        """The metric's signature, with the versions that it computes with and with who embeds."""
        whose = f"|embedder:{self.embedder.identity}" if self.embedder else ""
        return {self.metric.name: self.metric.signature + whose}

    def score_batch(self, batch: Batch) -> Scores:
        """Compare column by column."""
        inputs, references = self.input.render(batch), self.reference.render(batch)
        metric = self.metric
        if self.embedder:
            metric = replace(metric, function=partial(metric.function, embed=self.embedder.embed))
        unrendered = references.failures | inputs.failures
        texts = (_without(unrendered, rendered.texts) for rendered in (inputs, references))
        values, failures = _measure(metric, *texts)
        return Scores.of(self.name, values, failures | unrendered)


def _without(failures: Mapping[int, Failure], texts: list[str]) -> list[str]:
    """Empty the texts of failed rows, so that nobody is asked about them."""
    return ["" if row in failures else text for row, text in enumerate(texts)] if failures else texts


def _measure(
    metric: Metric, hypotheses: list[str], references: list[str]
) -> tuple[NDArray[np.float64], dict[int, Failure]]:
    """Compute a metric. Where a library fails on a text, that row fails and the others are computed."""
    try:
        return metric.function(hypotheses, references), {}
    except Exception as error:  # the metric, the library behind it or the embedder is somebody else's code
        if len(hypotheses) == 1:
            reason = "embedding_failed" if metric.needs_embedder else "metric_failed"
            detail = f"{metric.name} failed: {type(error).__name__}: {error}"
            return np.full(1, np.nan), {0: Failure(reason, detail)}
    values = np.empty(len(hypotheses))
    failures: dict[int, Failure] = {}
    for row, pair in enumerate(zip(hypotheses, references, strict=True)):
        values[row : row + 1], failed = _measure(metric, [pair[0]], [pair[1]])
        if failed:
            failures[row] = failed[0]
    return values, failures
