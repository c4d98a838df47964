"""Several metrics over the same two columns, and texts that a metric cannot see."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.metrics import mteval_tokens
from graders.metrics.ascii_tokens import without_words
from graders.metrics.columns import check_columns
from graders.metrics.metric import Metric
from graders.metrics.rouge import rouge_scores
from graders.metrics.table import HOSTED_TOKENS, METRICS, ROUGE
from graders.metrics.token_scores import hosted_scores
from graders.metrics.tokens import hosted_tokens

Request = tuple[str, str | None]
"""The name of a metric, and of a variant or None."""


def score_family(
    requests: Sequence[Request], hypotheses: Sequence[str], references: Sequence[str]
) -> list[NDArray[np.float64]]:
    """Return the scores of each request, `(n,)`: what each function gives alone, at less cost together.

    Requests need not be of one family. Metrics that need an embedder cannot be asked for here.

    Raises `ValueError` for a name or variant that there is not, and what the functions raise.
    """
    metrics = [_metric(name).with_variant(variant) for name, variant in requests]
    shared: dict[Request, NDArray[np.float64]] = {}
    for variant in dict.fromkeys(metric.variant for metric in metrics if metric.family == ROUGE):
        names = _names(metrics, ROUGE, variant)
        columns = rouge_scores(hypotheses, references, names, stemmer=variant == "stemmer")
        shared.update({(name, variant): column for name, column in columns.items()})
    if names := _names(metrics, HOSTED_TOKENS, None):
        columns = hosted_scores(hypotheses, references, names)
        shared.update({(name, None): column for name, column in columns.items()})
    for metric in metrics:
        if (metric.name, metric.variant) not in shared:
            shared[metric.name, metric.variant] = metric.function(hypotheses, references)
    return [shared[metric.name, metric.variant] for metric in metrics]


def dropped_text(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.bool_]:
    """Return the rows with a text that is not blank, but has no tokens for this metric: `(n,)`.

    So it is with text in other scripts under ROUGE: the score is 0 whatever the text says.

    Raises `TypeError` and `ValueError` as the metric's function does.
    """
    check_columns(hypotheses, references)
    if metric.family == ROUGE:
        return without_words(hypotheses) | without_words(references)
    if metric.variant == "sacrebleu":
        return mteval_tokens.without_tokens(hypotheses) | mteval_tokens.without_tokens(references)
    if metric.family == HOSTED_TOKENS:
        return _without_hosted_tokens(hypotheses) | _without_hosted_tokens(references)
    return np.zeros(len(hypotheses), dtype=np.bool_)


def _metric(name: str) -> Metric:
    metric = METRICS.get(name)
    if metric is None or metric.needs_embedder:
        names = ", ".join(name for name, metric in METRICS.items() if not metric.needs_embedder)
        raise ValueError(f"requests: expected a metric of {names}; got {name!r}")
    return metric


def _names(metrics: Sequence[Metric], family: str, variant: str | None) -> list[str]:
    chosen = (metric.name for metric in metrics if (metric.family, metric.variant) == (family, variant))
    return list(dict.fromkeys(chosen))


def _without_hosted_tokens(texts: Sequence[str]) -> NDArray[np.bool_]:
    # Nothing but this mark is ever removed from a text.
    if "<skipped>" not in "".join(texts):
        return np.zeros(len(texts), dtype=np.bool_)
    flags = ("<skipped>" in text and not hosted_tokens(str(text)) for text in texts)
    return np.fromiter(flags, dtype=np.bool_, count=len(texts))
