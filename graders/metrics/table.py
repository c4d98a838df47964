"""The table of metrics."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graders.metrics.bleu import bleu
from graders.metrics.cosine import cosine
from graders.metrics.fuzzy import fuzzy_match
from graders.metrics.gleu import gleu
from graders.metrics.meteor import meteor
from graders.metrics.metric import Metric, Variant
from graders.metrics.rouge import rouge_1, rouge_2, rouge_3, rouge_4, rouge_5, rouge_l
from graders.metrics.tokens import TOKENIZER

ROUGE = "rouge"
HOSTED_TOKENS = "hosted_tokens"


def _rouge(name: str, function: Callable[..., NDArray[np.float64]], identity_length: int) -> Metric:
    definition = "tok:ascii-alnum|stemmer:none|score:f1"
    stemmer = Variant("tok:ascii-alnum|stemmer:porter|score:f1", True, identity_length, "nltk")
    return Metric(
        name,
        function,
        True,
        identity_length,
        definition,
        family=ROUGE,
        variants={"stemmer": stemmer},
    )


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("fuzzy_match", fuzzy_match, True, 0, "scorer:ratio|processor:none", "rapidfuzz"),
            Metric(
                "bleu",
                bleu,
                False,
                4,
                f"tok:{TOKENIZER}|smooth:method4|orders:4",
                family=HOSTED_TOKENS,
                variants={
                    "sacrebleu": Variant("tok:13a|case:mixed|smooth:exp|orders:4|effective:yes", False, 1)
                },
            ),
            Metric("gleu", gleu, True, 1, f"tok:{TOKENIZER}|orders:4", family=HOSTED_TOKENS),
            Metric(
                "meteor",
                meteor,
                False,
                None,
                f"tok:{TOKENIZER}|stemmer:porter|wordnet:3.0|alpha:0.9|beta:3|gamma:0.5",
                "nltk",
                family=HOSTED_TOKENS,
            ),
            _rouge("rouge_1", rouge_1, 1),
            _rouge("rouge_2", rouge_2, 2),
            _rouge("rouge_3", rouge_3, 3),
            _rouge("rouge_4", rouge_4, 4),
            _rouge("rouge_5", rouge_5, 5),
            _rouge("rouge_l", rouge_l, 1),
            Metric("cosine", cosine, True, 0, "clip:0..1|empty:1-both,0-one", needs_embedder=True),
        )
    }
)
"""Published name → metric, in the published order but for cosine, which stands last; read-only."""
