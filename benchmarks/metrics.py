"""The text metrics against their reference libraries and the fastest others, on one core."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.nltk_data import use_nltk_data
from graders.analysis.corpora import Corpus, gsm8k, one_line
from graders.analysis.measure import Race, Ratio
from graders.analysis.races import (
    ROUGE_TYPES,
    metric_races,
    our_rouge,
    our_sacrebleu,
)

PAIRS = 2000


def ratios() -> Iterator[Ratio]:
    """Compare on texts of one line, then on the GSM8K rows."""
    use_nltk_data()
    for corpus in (one_line(PAIRS), gsm8k(PAIRS)):
        for compared in (metric_races, _rust_rouge, _rust_bleu):
            for race in compared(corpus):
                race.ours()
                yield race.measured()


def _rust_rouge(corpus: Corpus) -> Iterator[Race]:
    if library := _peer("rouge_score_rs", "rouge-score-rs"):
        for variant in (None, "stemmer"):
            scorer = library.RougeScorer(ROUGE_TYPES, use_stemmer=variant is not None)

            def theirs(scorer: Any = scorer) -> object:
                return scorer.score_batch(corpus.references, corpus.hypotheses)

            suffix = f", {variant}, warm" if variant else ""
            subject = f"rouge-score-rs / rouge_1..5, l{suffix}, {corpus.name}"
            yield Race(subject, our_rouge(corpus, variant), theirs, 1)


def _rust_bleu(corpus: Corpus) -> Iterator[Race]:
    if library := _peer("bleuscore", "bleuscore"):
        pairs = [pair for pair in corpus.pairs if all(pair)]  # it fails on empty texts

        def theirs() -> object:
            return [
                library.compute([[reference]], [hypothesis], smooth=True) for hypothesis, reference in pairs
            ]

        subject = f"bleuscore / bleu=sacrebleu, {corpus.name}"
        yield Race(subject, our_sacrebleu(corpus), theirs, 3.5)


def _peer(module: str, distribution: str) -> Any:
    """Import a library to compare with; say so and return None where it is not installed."""
    if find_spec(module) is None:
        print(f"left out: {distribution} is not installed", file=sys.stderr)
        return None
    return import_module(module)
