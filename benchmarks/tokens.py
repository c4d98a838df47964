"""The hosted tokeniser against NLTK's two, behind the same switch."""

import sys
from collections.abc import Iterator

from benchmarks.nltk_data import use_nltk_data
from graders.analysis.corpora import Corpus, gsm8k, one_line
from graders.analysis.measure import Race, Ratio
from graders.analysis.races import nltk_split
from graders.metrics.tokens import forget_tokens, hosted_tokens

PAIRS = 1000


def ratios() -> Iterator[Ratio]:
    """Compare on both corpora, cold and warm."""
    use_nltk_data()
    split = nltk_split()
    if split is None:
        print("left out: nltk has no data; sh tools/oracles.sh makes them", file=sys.stderr)
        return
    for corpus in (one_line(PAIRS), gsm8k(PAIRS)):
        texts = [*corpus.hypotheses, *corpus.references]

        def warm(texts: list[str] = texts) -> object:
            return hosted_tokens(texts)

        def cold(texts: list[str] = texts) -> object:
            forget_tokens()
            return hosted_tokens(texts)

        def theirs(texts: list[str] = texts) -> object:
            return [split(text) for text in texts]

        warm()
        for how, ours in (("cold", cold), ("warm", warm)):
            yield Race(_subject(how, corpus), ours, theirs).measured()


def _subject(how: str, corpus: Corpus) -> str:
    return f"nltk / hosted tokens, {how}, {corpus.name}"
