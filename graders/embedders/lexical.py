"""An embedder that knows no language: it hashes words and the letters in them.

Design: texts are near each other where they share words, pairs of words, or parts of words; a paraphrase
in other words is far away. It needs no model and no network, and gives the same bits everywhere: the hash is
fixed, roots and quotients are exact by IEEE 754 (a logarithm would not be), sums are taken in one order.
"""

import hashlib
import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graders.errors import ConfigError, Problem

_DIMENSIONS = 1024
_LENGTHS = (2, 3, 4)
_TOKEN = re.compile(r"\w+|[^\w\s]")

_Sparse = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Positions and the numbers that stand there."""


@dataclass(frozen=True)
class LexicalEmbedder:
    """Embeds a text by its words, its pairs of words and the sequences of 2 to 4 letters in each word.

    Words are compared without case (NFKC, case folding). A word counts by the root of how often it occurs,
    and as much as all its letters together; each feature has one place of 1,024 and a sign. Vectors have
    length 1.

    Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning (2009), for the signs.
    """

    identity = f"lexical:1:{_DIMENSIONS}"

    @classmethod
    def from_spec(cls, model: str | None, base_url: str | None) -> Self:
        """Make it of `lexical`.

        Raises:
            ConfigError: there is a model or an address behind the name.
        """
        if model is not None or base_url is not None:
            raise ConfigError([Problem("embedder", "expected lexical, without a model or an address")])
        return cls()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vector of each text, float32 `(n, 1024)`; none is zero."""
        seen: dict[str, _Sparse] = {}
        vectors = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _vector(text, seen)
        return vectors


def _vector(text: str, seen: dict[str, _Sparse]) -> NDArray[np.float64]:
    words = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    pairs = (f"{one} {other}" for one, other in itertools.pairwise(words))
    vector = np.zeros(_DIMENSIONS)
    parts = [(_features(term, seen), math.sqrt(count)) for term, count in Counter([*words, *pairs]).items()]
    if parts:
        places = np.concatenate([sparse[0] for sparse, _ in parts])
        numbers = np.concatenate([sparse[1] * weight for sparse, weight in parts])
        vector = np.bincount(places, numbers, _DIMENSIONS).astype(np.float64, copy=False)
    length = math.sqrt(math.fsum((vector * vector).tolist()))
    if length == 0.0:  # white space only, or signs that cancel out
        place, sign = _hashed("t", text)
        vector[place] = sign
        return vector
    return vector / length


def _features(term: str, seen: dict[str, _Sparse]) -> _Sparse:
    """Give what a word, or a pair of words, adds to a text; pairs hold a space."""
    if term not in seen:
        letters = [] if " " in term else list(_letters(term))
        hashed = [_hashed("w", term), *(_hashed("c", part) for part in letters)]
        weights = [1.0, *[1.0 / math.sqrt(len(letters)) for _ in letters]]
        numbers = [sign * weight for (_, sign), weight in zip(hashed, weights, strict=True)]
        seen[term] = np.array([place for place, _ in hashed], np.intp), np.array(numbers)
    return seen[term]


def _letters(word: str) -> Iterator[str]:
    marked = f"<{word}>"
    return (marked[at : at + n] for n in _LENGTHS for at in range(len(marked) - n + 1))


def _hashed(kind: str, feature: str) -> tuple[int, float]:
    """Give the place and the sign of a feature."""
    digest = hashlib.blake2b(f"{kind}{feature}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    return number % _DIMENSIONS, 1.0 if number >> 63 else -1.0
