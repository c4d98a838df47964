"""What a pair costs in many blocks, against what it costs in one: it must not grow with their number."""

from collections.abc import Iterator

from graders.analysis.corpora import Corpus, one_line
from graders.analysis.measure import Ratio, Run, interleaved
from graders.analysis.races import our_rouge, our_sacrebleu
from graders.metrics import score_family
from graders.metrics.blocks import PAIRS

BLOCKS = 40


def ratios() -> Iterator[Ratio]:
    """Compare 40 blocks scored at once with one block scored 40 times, all texts known."""
    one = one_line(PAIRS)
    many = Corpus(one.name, one.hypotheses * BLOCKS, one.references * BLOCKS)
    for name, few, all_at_once in (
        ("rouge_1..5, l", our_rouge(one, None), our_rouge(many, None)),
        ("bleu=sacrebleu", our_sacrebleu(one), our_sacrebleu(many)),
        ("bleu, gleu", _hosted(one), _hosted(many)),
    ):

        def one_by_one(few: Run = few) -> None:
            for _ in range(BLOCKS):
                few()

        one_by_one()
        ratio = interleaved(one_by_one, all_at_once)
        yield Ratio(f"a pair of {BLOCKS} blocks / a pair of one, {name}", ratio, 1.25, at_most=True)


def _hosted(corpus: Corpus) -> Run:
    requests = [("bleu", None), ("gleu", None)]
    return lambda: score_family(requests, corpus.hypotheses, corpus.references)
