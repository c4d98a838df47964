"""Rank correlation of two columns, ties included."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.stats.moments import Floats, scaled


def average_ranks(values: Sequence[float] | Floats) -> Floats:
    """Rank values (n,) from 1; equal ones share the mean of their ranks.

    Raises `ValueError` if a value is not finite.
    Source: equals `scipy.stats.rankdata`.
    """
    numbers, _ = scaled(values)
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]


def spearman(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float | None:
    """Correlate the ranks of two columns (n,), -1 to 1; None where one of them is constant or n below 2.

    Raises `ValueError` if a value is not finite or the columns differ in length.
    Source: Spearman (1904); equals `scipy.stats.spearmanr`.
    """
    x, y = (each - (len(each) + 1) / 2.0 for each in map(average_ranks, _paired(first, second)))
    spread = np.sqrt((x @ x) * (y @ y))
    return float(np.clip((x @ y) / spread, -1.0, 1.0)) if spread > 0 else None


def kendall(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float | None:
    """Give Kendall's tau-b of two columns (n,), -1 to 1; None where one of them is constant or n below 2.

    Raises `ValueError` if a value is not finite or the columns differ in length.
    Source: Kendall (1945), counted as by Knight (1966); equals `scipy.stats.kendalltau`.
    """
    x, y = (np.unique(each, return_inverse=True)[1] for each in _paired(first, second))
    n = len(x)
    together = np.unique(x * (n + 1) + y, return_counts=True)[1]
    pairs, same_x, same_y = n * (n - 1) // 2, _tied(np.bincount(x)), _tied(np.bincount(y))
    if pairs in (same_x, same_y):
        return None
    discordant = _inversions(y[np.lexsort((y, x))])
    difference = pairs - same_x - same_y + _tied(together) - 2 * discordant
    tau = difference / float(np.sqrt(float(pairs - same_x)) * np.sqrt(float(pairs - same_y)))
    return min(1.0, max(-1.0, tau))


def _paired(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    (x, _), (y, _) = scaled(first), scaled(second)
    if x.shape != y.shape:
        raise ValueError(f"the columns must have one length, got {len(x)} and {len(y)}")
    return x, y


def _tied(counts: NDArray[np.int64]) -> int:
    return int((counts * (counts - 1) // 2).sum())


def _inversions(values: NDArray[np.intp]) -> int:
    """Count the pairs in which an earlier value is greater, by merging sorted blocks of 1, 2, 4 and so on."""
    width, found = 1, 0
    size = 1 << max(0, len(values) - 1).bit_length()
    blocks = np.append(values, np.full(size - len(values), size, np.int64))
    while width < size:
        order = np.argsort(blocks.reshape(-1, 2 * width), axis=1, kind="stable")
        behind = order >= width
        # A value of the right half jumps over those of the left half that are still to come.
        left = np.cumsum(~behind, axis=1)
        found += int((width - left)[behind].sum())
        blocks = np.take_along_axis(blocks.reshape(-1, 2 * width), order, axis=1).ravel()
        width *= 2
    return found
