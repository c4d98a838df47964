"""Text metrics: pure functions over two columns of strings, and the table of them.

    >>> from graders.metrics import METRICS, fuzzy_match
    >>> fuzzy_match(["kitten", "Paris"], ["sitting", "Paris"]).tolist()
    [0.6153846153846154, 1.0]
    >>> METRICS["fuzzy_match"].symmetric
    True

Every metric takes hypotheses (the graded texts) and references of one length and returns float64 `(n,)` in
0..1, a score for each row that depends on that row alone. `cosine` also needs the keyword `embed`.

`METRICS["bleu"].with_variant("sacrebleu")` is the same metric by another definition. `score_family` computes
several at once, and `dropped_text` finds the rows that a metric cannot see.

Design: a leaf that imports nothing else of this project. The table declares what holds for a metric, and
tests check every declaration. Scores are computed for blocks of rows at once, by integer counts that equal
those of the reference libraries; these stand in `oracles` for comparison, and nothing imports them before
they are needed.
"""

from graders.metrics.bleu import bleu
from graders.metrics.cosine import cosine
from graders.metrics.families import dropped_text, score_family
from graders.metrics.fuzzy import fuzzy_match
from graders.metrics.gleu import gleu
from graders.metrics.meteor import meteor
from graders.metrics.metric import Metric, Variant
from graders.metrics.rouge import rouge_1, rouge_2, rouge_3, rouge_4, rouge_5, rouge_l
from graders.metrics.table import METRICS

__all__ = [
    "METRICS",
    "Metric",
    "Variant",
    "bleu",
    "cosine",
    "dropped_text",
    "fuzzy_match",
    "gleu",
    "meteor",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
    "score_family",
]
