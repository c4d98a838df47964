"""The metrics computed by their reference libraries, row by row: slow, to compare ours with.

Each function is called as its namesake of `graders.metrics` is and gives float64 `(n,)`. The tokens of bleu,
gleu and meteor are ours, since no installed library makes hosted tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import row_scores
from graders.metrics.tokens import hosted_tokens
from graders.metrics.wordnet import load_wordnet

Oracle = Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]]


def fuzzy_match(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return rapidfuzz's `fuzz.ratio` / 100."""
    from rapidfuzz import fuzz

    return row_scores(
        lambda hypothesis, reference: fuzz.ratio(hypothesis, reference) / 100, hypotheses, references
    )


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return NLTK's `sentence_bleu` with `method4`, on hosted tokens."""
    sentence_bleu, smoothing = _nltk_bleu()

    def score(hypothesis: str, reference: str) -> float:
        tokens = hosted_tokens(reference), hosted_tokens(hypothesis)
        return float(sentence_bleu([tokens[0]], tokens[1], smoothing_function=smoothing))

    return row_scores(score, hypotheses, references)


def bleu_sacrebleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return sacrebleu's sentence BLEU with effective order / 100, at most 1."""
    sentence_score = _sacrebleu().sentence_score

    def score(hypothesis: str, reference: str) -> float:
        return min(float(sentence_score(hypothesis, [reference]).score) / 100, 1.0)

    return row_scores(score, hypotheses, references)


def gleu(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return NLTK's `sentence_gleu`, on hosted tokens."""
    from nltk.translate.gleu_score import sentence_gleu

    def score(hypothesis: str, reference: str) -> float:
        return float(sentence_gleu([hosted_tokens(reference)], hosted_tokens(hypothesis)))

    return row_scores(score, hypotheses, references)


def meteor(
    hypotheses: Sequence[str], references: Sequence[str], *, wordnet: Any = None
) -> NDArray[np.float64]:
    """Return NLTK's `meteor_score`, on hosted tokens; with the WordNet of this package or NLTK's own."""
    from nltk.translate.meteor_score import meteor_score

    source = load_wordnet() if wordnet is None else wordnet

    def score(hypothesis: str, reference: str) -> float:
        tokens = hosted_tokens(reference), hosted_tokens(hypothesis)
        return float(meteor_score([tokens[0]], tokens[1], wordnet=source, alpha=0.9, beta=3.0, gamma=0.5))

    return row_scores(score, hypotheses, references)


def rouge(rouge_type: str, *, stemmer: bool = False) -> Oracle:
    """Return the oracle that gives `fmeasure` of rouge-score for one of its types."""

    def scores(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
        scorer = _rouge_scorer(rouge_type, stemmer)

        def score(hypothesis: str, reference: str) -> float:
            return float(scorer.score(target=reference, prediction=hypothesis)[rouge_type].fmeasure)

        return row_scores(score, hypotheses, references)

    return scores


_ROUGE_TYPES = {**{f"rouge_{order}": f"rouge{order}" for order in range(1, 6)}, "rouge_l": "rougeL"}

ORACLES: Mapping[tuple[str, str | None], Oracle] = MappingProxyType(
    {
        ("fuzzy_match", None): fuzzy_match,
        ("bleu", None): bleu,
        ("bleu", "sacrebleu"): bleu_sacrebleu,
        ("gleu", None): gleu,
        ("meteor", None): meteor,
        **{(name, None): rouge(kind) for name, kind in _ROUGE_TYPES.items()},
        **{(name, "stemmer"): rouge(kind, stemmer=True) for name, kind in _ROUGE_TYPES.items()},
    }
)
"""Name and variant → the oracle; `cosine` has none."""


@cache
def _nltk_bleu() -> tuple[Any, Any]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return sentence_bleu, SmoothingFunction().method4


@cache
def _sacrebleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


@cache
def _rouge_scorer(rouge_type: str, stemmer: bool) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([rouge_type], use_stemmer=stemmer)
