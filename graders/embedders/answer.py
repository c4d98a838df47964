"""The body that `/v1/embeddings` answers with, read without good faith."""

import base64
import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.embedders import checked
from graders.errors import EmbeddingError
from graders.strict_json import loads

_LONGEST_MESSAGE = 300


def vectors_of(body: bytes, n: int) -> NDArray[np.float32]:
    """Give the vectors of an answer in the order of the texts, float32 `(n, d)`.

    A vector is a list of numbers, or base64 of float32 in little-endian order. The `index` of each says
    whose it is.

    Raises:
        EmbeddingError: the answer is no such thing; holds more or fewer vectors than texts were sent, two
            of one index, vectors of different lengths, NaN or an infinity.
    """
    try:
        entries = loads(body)["data"]
        placed = {_index(entry, n): entry["embedding"] for entry in entries}
        if len(entries) != n or len(placed) != n:
            raise ValueError(f"expected {n} vectors with an index each; got {len(entries)}")
        vectors = [_vector(placed[index]) for index in range(n)]
        if len({len(vector) for vector in vectors}) > 1:
            raise ValueError("the vectors differ in length")
        return checked(np.array(vectors), n)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        why = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise EmbeddingError(f"the endpoint's answer cannot be used: {why[:_LONGEST_MESSAGE]}") from None


def _index(entry: Any, n: int) -> int:
    index = entry["index"]
    if type(index) is not int or not 0 <= index < n:
        raise ValueError(f"expected an index below {n}; got {index!r}")
    return index


def _vector(value: object) -> NDArray[np.float32]:
    if isinstance(value, str):
        try:
            return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4")
        except binascii.Error:
            raise ValueError("a vector is no base64") from None
    if not isinstance(value, list) or not all(type(number) in (int, float) for number in value):
        raise TypeError(f"expected a vector of numbers; got {type(value).__name__}")
    with np.errstate(over="ignore"):
        return np.array(value, dtype=np.float64).astype(np.float32)
