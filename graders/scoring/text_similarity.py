"""text_similarity: a metric over two columns of text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Path
from graders.config import GraderConfig, TextSimilarityGrader
from graders.embedders import Embedder
from graders.embedders.memory import Memory
from graders.errors import Failure
from graders.metrics import Metric, dropped_text, score_family
from graders.metrics.families import Request
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
    together: tuple[Request, ...] = ()

    @classmethod
    def bind(cls, config: TextSimilarityGrader, binding: Binding) -> Self:
        """Parse the template strings and find the metric.

        Raises:
            ConfigError: the metric needs an embedder, and there is none.
        """
        metric = binding.metric(config.evaluation_metric)
        embedder = binding.embedder() if metric.needs_embedder else None
        texts = parse_template(config.input), parse_template(config.reference)
        return cls(binding.name, *texts, metric, embedder, binding.together)

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
        unrendered = references.failures | inputs.failures
        texts = [_without(unrendered, rendered.texts) for rendered in (inputs, references)]
        values, failures = self._shared(batch, *texts) or _measure(self._bound_metric(), *texts)
        scores = Scores.of(self.name, values, failures | unrendered)
        unseen = int(dropped_text(self.metric, *texts).sum())
        return replace(scores, cautions={self._caution(): unseen}) if unseen else scores

    def _bound_metric(self) -> Metric:
        if self.embedder is None:
            return self.metric
        embed = Memory(self.embedder).embed
        return replace(self.metric, function=partial(self.metric.function, embed=embed))

    def _shared(
        self, batch: Batch, hypotheses: list[str], references: list[str]
    ) -> tuple[NDArray[np.float64], dict[int, Failure]] | None:
        """Take the values from those of all metrics over these texts, which the first to come computes."""
        if not self.together:
            return None
        key = (self.input.text, self.reference.text, self.together)
        if key not in batch.memo:
            with _library_failures():
                columns = score_family(self.together, hypotheses, references)
                batch.memo[key] = dict(zip(self.together, columns, strict=True))
        found = batch.memo.get(key, {}).get((self.metric.name, self.metric.variant))
        return None if found is None else (found, {})

    def _caution(self) -> str:
        return f"{self.metric.name} sees no text at all on one side, so the score says nothing"


@contextmanager
def _library_failures() -> Iterator[None]:
    """Let a metric that fails on some row be computed by itself, row by row where need be."""
    try:
        yield
    except Exception:  # the libraries behind the metrics are somebody else's code
        return


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
