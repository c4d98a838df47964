"""Text metrics: pure functions over two columns of strings, and the table of them.

    >>> from graders.metrics import METRICS, fuzzy_match
    >>> fuzzy_match(["kitten", "Paris"], ["sitting", "Paris"]).tolist()
    [0.6153846153846154, 1.0]
    >>> METRICS["fuzzy_match"].symmetric
    True

Every metric takes hypotheses (the graded texts) and references of one length and returns float64 `(n,)` in
0..1, a score for each row that depends on that row alone. `cosine` also needs the keyword `embed`.

Design: a leaf that imports nothing else of this project. The table declares what holds for a metric, and
tests check every declaration. The reference libraries are imported on the first score that needs them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graders.metrics.bleu import bleu
from graders.metrics.cosine import cosine
from graders.metrics.fuzzy import fuzzy_match
from graders.metrics.gleu import gleu
from graders.metrics.meteor import meteor
from graders.metrics.rouge import rouge_1, rouge_2, rouge_3, rouge_4, rouge_5, rouge_l
from graders.metrics.tokens import TOKENIZER

__all__ = [
    "METRICS",
    "Metric",
    "bleu",
    "cosine",
    "fuzzy_match",
    "gleu",
    "meteor",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
]


@dataclass(frozen=True)
class Metric:
    """A metric and what holds for it; can be pickled."""

    name: str
    """The published name."""
    function: Callable[..., NDArray[np.float64]]
    """`function(hypotheses, references)` → float64 `(n,)`; see `needs_embedder`."""
    symmetric: bool
    """Whether exchanging hypothesis and reference leaves every score as it is, to the last bit."""
    identity_length: int | None
    """Identical texts of at least so many words score exactly 1; 0 includes empty texts; None: never."""
    definition: str
    """What a score depends on besides the texts and the library, as `key:value` between `|`."""
    library: str = ""
    """The distribution whose version belongs to the signature; empty where there is none."""
    needs_embedder: bool = False
    """Whether `function` also needs the keyword `embed`."""

    @property
    def signature(self) -> str:
        """What makes a score reproducible, with the version of the installed library.

        The embedder's identity, where one is needed, is the caller's to add.
        """
        parts = [self.name, self.definition]
        if self.library:
            from importlib.metadata import version

            parts.append(f"{self.library}:{version(self.library)}")
        return "|".join(parts)


def _rouge(name: str, function: Callable[..., NDArray[np.float64]], identity_length: int) -> Metric:
    definition = "tok:ascii-alnum|stemmer:none|score:f1"
    return Metric(name, function, True, identity_length, definition, "rouge-score")


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("fuzzy_match", fuzzy_match, True, 0, "scorer:ratio|processor:none", "rapidfuzz"),
            Metric("bleu", bleu, False, 4, f"tok:{TOKENIZER}|smooth:method4|orders:4", "nltk"),
            Metric("gleu", gleu, True, 1, f"tok:{TOKENIZER}|orders:4", "nltk"),
            Metric(
                "meteor",
                meteor,
                False,
                None,
                f"tok:{TOKENIZER}|stemmer:porter|wordnet:3.0|alpha:0.9|beta:3|gamma:0.5",
                "nltk",
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
