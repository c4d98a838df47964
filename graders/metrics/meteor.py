"""meteor: words matched by form, by stem and by synonym, with a penalty for scattered matches."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from graders.metrics.blocks import blocks
from graders.metrics.columns import check_columns
from graders.metrics.token_columns import TokenColumns
from graders.metrics.tokens import hosted_tokens
from graders.metrics.word_matches import Vocabulary, count_matches
from graders.metrics.wordnet import WordNet, load_wordnet

_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5
_LONG_RUN = re.compile("y{18,}")


def meteor(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return METEOR of every row: float64 `(n,)` in 0..1.

    Identical texts score below 1 (one token 0.5, ten tokens 0.9995), as every text has at least one chunk.
    Words left over after the stem stage are looked up in WordNet by their *stems*, so `car` does not match
    `automobile`. Where either text has no tokens the score is 0; an empty batch gives shape `(0,)`.

    Raises `TypeError` for a text that is not a string, `ValueError` for columns of different lengths.

    Source: Lavie and Agarwal 2007, as NLTK's `meteor_score` with alpha 0.9, beta 3, gamma 0.5, Porter's
    stemmer and WordNet 3.0, on hosted tokens.
    """
    check_columns(hypotheses, references)
    scores = np.zeros(len(hypotheses))
    for rows in blocks(hypotheses, references):
        scores[rows] = meteor_of_tokens(hosted_tokens([*hypotheses[rows], *references[rows]]))
    return scores


def meteor_of_tokens(tokens: TokenColumns) -> NDArray[np.float64]:
    """Return METEOR, `(n,)`, of the tokens of n hypotheses, followed by those of their n references."""
    vocabulary = _vocabulary(load_wordnet())
    words = list(_rows_in_small_letters(tokens))
    size = len(words) // 2
    pairs = zip(words[:size], words[size:], strict=True)
    return np.array([_score(hypothesis, reference, vocabulary) for hypothesis, reference in pairs])


def _rows_in_small_letters(tokens: TokenColumns) -> Iterator[list[str]]:
    small = np.empty(len(tokens.words), dtype=object)
    used = np.bincount(tokens.ids, minlength=len(small)).nonzero()[0]
    small[used] = [tokens.words[word].lower() for word in used.tolist()]
    words = small[tokens.ids].tolist()
    for start, stop in pairwise(tokens.offsets.tolist()):
        yield words[start:stop]


def _score(hypothesis: Sequence[str], reference: Sequence[str], vocabulary: Vocabulary) -> float:
    matches, chunks = count_matches(hypothesis, reference, vocabulary)
    if not matches:
        return 0.0
    precision, recall = matches / len(hypothesis), matches / len(reference)
    mean = (precision * recall) / (_ALPHA * precision + (1 - _ALPHA) * recall)
    return float((1 - _GAMMA * (chunks / matches) ** _BETA) * mean)


def stem_of(word: str, stem: Callable[[str], str]) -> str:
    """Return `stem(word)` for Porter's stemmer of any NLTK, however long a run of `y` the word holds.

    NLTK before 3.10 raises RecursionError at about a thousand. The rules only ask whether the length of a run
    is odd, and a suffix takes two `y` of it at most, so a shorter run leads to the same stem.
    """
    runs = list(_LONG_RUN.finditer(word))
    if not runs:
        return stem(word)
    short = _LONG_RUN.sub(lambda run: "y" * (16 + len(run[0]) % 2), word)
    kept = runs[-1].end() - 8
    return word[:kept] + stem(short)[kept - len(word) + len(short) :]


def forget_words() -> None:
    """Forget the stems and synonyms of all words so far, as measurements of a fresh process want it."""
    _vocabulary.cache_clear()


@lru_cache(maxsize=1)
def _vocabulary(wordnet: WordNet) -> Vocabulary:
    from nltk.stem.porter import PorterStemmer  # slow to import

    stem = PorterStemmer().stem
    return Vocabulary(lambda word: stem_of(word, stem), wordnet.synonyms)
