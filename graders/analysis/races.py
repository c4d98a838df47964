"""Our metrics and template strings beside the libraries that people use for them.

Every other library is called in the way that suits it best; tokens that two metrics share are made once, and
all data are opened before the clock starts. Cold is a process that has seen no word yet, warm one that has
seen them all; NLTK remembers nothing, so its side is the same.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from graders.analysis.corpora import Corpus
from graders.analysis.measure import Race
from graders.batch import Batch
from graders.dataset import BLOCK_ROWS
from graders.metrics import bleu, fuzzy_match, meteor, score_family
from graders.metrics.meteor import forget_words
from graders.metrics.tokens import forget_tokens, hosted_tokens
from graders.metrics.wordnet import load_wordnet
from graders.render import parse_template

ROUGES = tuple(f"rouge_{kind}" for kind in (1, 2, 3, 4, 5, "l"))
ROUGE_TYPES = [f"rouge{kind}" for kind in (1, 2, 3, 4, 5, "L")]
NO_DATA = "nltk is given our tokens, which costs it nothing: the data of its tokenisers are not installed"
OUR_WORDNET = "nltk reads the WordNet of this package"

Split = Callable[[str], list[str]]


def metric_races(corpus: Corpus) -> Iterator[Race]:
    """Compare every metric with the library that it equals."""
    for compared in (rouge, sacrebleu, hosted, fuzzy):
        yield from compared(corpus)


def rouge(corpus: Corpus) -> Iterator[Race]:
    """Compare the six ROUGE metrics with rouge-score, without and with the stemmer."""
    from rouge_score.rouge_scorer import RougeScorer

    for variant, goal in ((None, 80), ("stemmer", 50)):
        scorer = RougeScorer(ROUGE_TYPES, use_stemmer=variant is not None)

        def theirs(scorer: Any = scorer) -> object:
            return [scorer.score(reference, hypothesis) for hypothesis, reference in corpus.pairs]

        suffix = f", {variant}, warm" if variant else ""
        subject = f"rouge-score / rouge_1..5, l{suffix}, {corpus.name}"
        yield Race(subject, our_rouge(corpus, variant), theirs, goal)


def our_rouge(corpus: Corpus, variant: str | None) -> Callable[[], object]:
    """Give what computes the six ROUGE metrics of a corpus."""
    requests = [(name, variant) for name in ROUGES]
    return lambda: score_family(requests, corpus.hypotheses, corpus.references)


def sacrebleu(corpus: Corpus) -> Iterator[Race]:
    """Compare bleu as sacrebleu computes it."""
    from sacrebleu.metrics.bleu import BLEU

    def theirs() -> object:
        metric = BLEU(effective_order=True)
        # It remembers the tokens of texts, and the references of GSM8K come four times each: as in a run.
        metric.tokenizer.__call__.cache_clear()
        metric.tokenizer._post_tokenizer.__call__.cache_clear()
        return [metric.sentence_score(hypothesis, [reference]) for hypothesis, reference in corpus.pairs]

    yield Race(f"sacrebleu / bleu=sacrebleu, {corpus.name}", our_sacrebleu(corpus), theirs, 20)


def our_sacrebleu(corpus: Corpus) -> Callable[[], object]:
    """Give what computes sacrebleu's BLEU of a corpus."""
    return lambda: bleu(corpus.hypotheses, corpus.references, variant="sacrebleu")


def fuzzy(corpus: Corpus) -> Iterator[Race]:
    """Compare fuzzy_match with a loop over rapidfuzz."""
    from rapidfuzz import fuzz

    def theirs() -> object:
        return [fuzz.ratio(*pair) / 100 for pair in corpus.pairs]

    def ours() -> object:
        return fuzzy_match(corpus.hypotheses, corpus.references)

    yield Race(f"rapidfuzz loop / fuzzy_match, {corpus.name}", ours, theirs, 1)


def hosted(corpus: Corpus) -> Iterator[Race]:
    """Compare bleu with gleu, then meteor, with NLTK on hosted tokens."""
    split = nltk_split()
    given = _Given(corpus, split)
    yield from _bleu_and_gleu(corpus, given)
    yield from _meteor(corpus, given)


def nltk_split() -> Split | None:
    """Give NLTK's tokenisers behind the hosted switch; None where their data are not installed."""
    from nltk import word_tokenize

    try:
        from nltk.tokenize.nist import NISTTokenizer  # reads its data

        nist = NISTTokenizer()
        word_tokenize("Is it there? Yes.")
        nist.international_tokenize("Yes.")
    except LookupError:
        return None
    beyond_latin = re.compile("[^\x20-\x7e\xa0-\xff]")

    def split(text: str) -> list[str]:
        return list((nist.international_tokenize if beyond_latin.search(text) else word_tokenize)(text))

    return split


class _Given:
    """The pairs as NLTK gets them: texts to split, or our tokens where its own data are not there."""

    def __init__(self, corpus: Corpus, split: Split | None) -> None:
        self.split, self.note = split, "" if split else NO_DATA
        self._pairs = corpus.pairs
        self._tokens = [] if split else [tuple(map(hosted_tokens, pair)) for pair in corpus.pairs]

    def __iter__(self) -> Iterator[tuple[list[str], ...]]:
        split = self.split
        return (tuple(map(split, pair)) for pair in self._pairs) if split else iter(self._tokens)


def _bleu_and_gleu(corpus: Corpus, given: _Given) -> Iterator[Race]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from nltk.translate.gleu_score import sentence_gleu

    smoothing = SmoothingFunction().method4

    def theirs() -> None:
        for hypothesis, reference in given:
            sentence_bleu([reference], hypothesis, smoothing_function=smoothing)
            sentence_gleu([reference], hypothesis)

    def warm() -> object:
        return score_family([("bleu", None), ("gleu", None)], corpus.hypotheses, corpus.references)

    def cold() -> object:
        forget_tokens()
        return warm()

    goals = (None, None) if given.note else (15, 22) if corpus.name == "one line" else (30, 60)
    for how, ours, goal in zip(("cold", "warm"), (cold, warm), goals, strict=True):
        yield Race(f"nltk / bleu, gleu, {how}, {corpus.name}", ours, theirs, goal, note=given.note)


def _meteor(corpus: Corpus, given: _Given) -> Iterator[Race]:
    from nltk.translate.meteor_score import meteor_score

    wordnet, note = _nltk_wordnet()
    meteor_score([["car"]], ["auto"], wordnet=wordnet)

    def theirs() -> object:
        return [meteor_score([reference], hypothesis, wordnet=wordnet) for hypothesis, reference in given]

    def warm() -> object:
        return meteor(corpus.hypotheses, corpus.references)

    def cold() -> object:
        forget_tokens()
        forget_words()
        return warm()

    note = "; ".join(filter(None, (given.note, note)))
    for how, ours, goal in (("cold", cold, 5), ("warm", warm, 12)):
        subject = f"nltk / meteor, {how}, {corpus.name}"
        yield Race(subject, ours, theirs, None if note else goal, note=note)


def _nltk_wordnet() -> tuple[Any, str]:
    from nltk.corpus import wordnet

    try:
        wordnet.ensure_loaded()
    except LookupError:
        return load_wordnet(), OUR_WORDNET
    return wordnet, ""


def rendering(rows: int) -> Iterator[Race]:
    """Compare template strings of one and of two plain paths with jinja2, in the blocks of a run."""
    import jinja2

    items = [{"answer": f"answer {n}", "facts": {"x": str(n)}} for n in range(rows)]
    samples = [f"output {n}" for n in range(rows)]
    starts = range(0, rows, BLOCK_ROWS)
    batches = [(items[start : start + BLOCK_ROWS], samples[start : start + BLOCK_ROWS]) for start in starts]
    for text in ("{{item.answer}}", "Q: {{item.facts.x}} A: {{sample.output_text}}"):
        parsed, template = parse_template(text), jinja2.Template(text)

        def ours(parsed: Any = parsed) -> object:
            return [text for columns in batches for text in parsed.render(Batch(*columns)).texts]

        def theirs(template: Any = template) -> object:
            pairs = zip(items, samples, strict=True)
            return [template.render(item=item, sample={"output_text": sample}) for item, sample in pairs]

        yield Race(f"jinja2 / rendering, {text}", ours, theirs, 25)
