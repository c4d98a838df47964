"""Mean and deviation, to the last digit, of values of any size.

Design: sums are `math.fsum`, which rounds once: a mean depends neither on the order of the rows nor on the
blocks that they were scored in.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGE, _SCALE = 2.0**400, 2.0**600
"""Sums of squares of values beyond the first may overflow; they are divided by the second before."""
_AT_ONCE = 1 << 14


def moments(values: Floats) -> tuple[float | None, float | None]:
    """Return mean and standard deviation (n - 1); None where there are too few values."""
    n = len(values)
    if n == 0:
        return None, None
    mean = math.fsum(_numbers(values)) / n
    # The division rounds a second time: without this step three times 0.1 would have a mean below 0.1.
    mean += math.fsum(chain(_numbers(values), repeat(-mean, n))) / n
    if n == 1:
        return mean, None
    squares = chain.from_iterable(((part - mean) ** 2).tolist() for part in _parts(values))
    return mean, math.sqrt(math.fsum(squares) / (n - 1))


def _numbers(values: Floats) -> Iterator[float]:
    """Give the values one after the other; a list of all would take four times the room of the array."""
    return chain.from_iterable(part.tolist() for part in _parts(values))


def _parts(values: Floats) -> Iterator[Floats]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def scaled(values: Sequence[float] | Floats) -> tuple[Floats, float]:
    """Check values (n,); return them divided by a power of two that keeps their squares finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"values must have one dimension, got shape {array.shape}")
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(f"values must be finite, but {bad} of {array.size} are not")
    if max(array.max(initial=0.0), -array.min(initial=0.0)) > _LARGE:
        return array / _SCALE, _SCALE
    return array, 1.0


def unscaled(value: float | None, scale: float) -> float | None:
    """Undo the division of `scaled`; None for what is too large for a float."""
    if value is None or not math.isfinite(value * scale):
        return None
    return value * scale
