"""Lengths of the longest common subsequences of the tokens of many pairs."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from graders.metrics.ngrams import CommonNgrams

_SURROGATES = 0xD800, 0x800
"""The first code point that no string may hold, and how many follow."""
_CHARACTERS = 0x110000 - _SURROGATES[1]


def subsequence_lengths(
    common: CommonNgrams, hypothesis_begins: NDArray[np.int64], reference_begins: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the lengths, `(pairs,)`; `common` is of order 1, and the texts of a side begin at these places.

    Tokens that are on one side only cannot be part of a common subsequence, so the others suffice.
    """
    hypotheses = _sequences(
        common.hypothesis_ids, common.hypothesis_places, hypothesis_begins, hypothesis_begins
    )
    references = _sequences(
        common.reference_ids, common.reference_places, reference_begins, hypothesis_begins
    )
    # The default dtype, int32, would do, but the type of the other counts is int64.
    lengths = process.cpdist(hypotheses, references, scorer=LCSseq.similarity, dtype=np.int64)
    return np.asarray(lengths, dtype=np.int64)


def _sequences(
    ids: NDArray[np.int64], places: NDArray[np.int64], begins: NDArray[np.int64], origins: NDArray[np.int64]
) -> list[bytes] | list[str] | list[list[int]]:
    """Return the ids of each text, counted from where its pair begins, as rapidfuzz likes it best."""
    borders = np.append(np.searchsorted(places, begins), len(places))
    numbers = ids - np.repeat(origins, np.diff(borders))
    spans = list(pairwise(borders.tolist()))
    largest = numbers.max(initial=0)
    if largest < 256:
        single = numbers.astype(np.uint8).tobytes()
        return [single[start:end] for start, end in spans]
    if largest < _CHARACTERS:
        numbers[numbers >= _SURROGATES[0]] += _SURROGATES[1]
        text = numbers.astype("<u4").tobytes().decode("utf-32-le")
        return [text[start:end] for start, end in spans]
    many = numbers.tolist()
    return [many[start:end] for start, end in spans]
