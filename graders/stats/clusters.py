"""Rows that belong together: answers to one question, questions about one text."""

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from graders.stats.moments import Floats

Clusters = Sequence[int] | NDArray[np.int64]
"""The cluster of each row, (n,); which integers they are means nothing."""


def numbered(labels: Iterable[Hashable]) -> NDArray[np.int64]:
    """Give each label (n,) a number from 0, in the order in which they first come."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def places(clusters: Clusters, n: int) -> tuple[NDArray[np.intp], int]:
    """Give the place (n,) of each row's cluster, 0 to the number of clusters, and that number.

    Raises `ValueError` unless there is one cluster a row.
    """
    array = np.asarray(clusters, dtype=np.int64)
    if array.shape != (n,):
        raise ValueError(f"clusters must have shape ({n},), one a value, got {array.shape}")
    found, inverse = np.unique(array, return_inverse=True)
    return inverse.reshape(n), len(found)


def clustered_variance(values: Floats, mean: float, inverse: NDArray[np.intp], number: int) -> float:
    """Give the variance of the mean of values (n,) in `number` clusters, at least 2.

    Where every row is its own cluster this is the variance over n of the textbooks.

    Source: Liang and Zeger (1986) with the correction G/(G - 1), CR1 in Cameron and Miller (2015), section
    VI.B; equals `statsmodels` OLS on a constant with `cov_type="cluster"`.
    """
    sums = np.bincount(inverse, values - mean, number)
    return number / (number - 1) * math.fsum((sums**2).tolist()) / len(values) ** 2
