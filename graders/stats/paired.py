"""Two scores of each row: how far apart they are, and whether chance alone could do that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.stats.clusters import Clusters, places
from graders.stats.moments import Floats, scaled

_EXACT_UNITS = 20
_FEW = 64
_MOST_SIGNS = 10**9
_TIE = 1e-12
"""What is below this, relative to the largest difference or to the sum of all, is a rounding error."""


@dataclass(frozen=True)
class Outcomes:
    """How many rows the second score wins, ties and loses."""

    wins: int
    ties: int
    losses: int


def outcomes(differences: Sequence[float] | Floats) -> Outcomes:
    """Count differences (n,), second less first, by their sign; rounding errors count as ties.

    Raises `ValueError` if a difference is not finite.
    """
    signs = np.sign(_without_noise(scaled(differences)[0]))
    wins, losses = int(np.count_nonzero(signs > 0)), int(np.count_nonzero(signs < 0))
    return Outcomes(wins, len(signs) - wins - losses, losses)


def sign_flip_test(
    differences: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> float:
    """Give the two-sided p of the mean of differences (n,), had chance alone dealt out their signs.

    The signs of a cluster are dealt out together. Exact where at most 20 differences are not zero, or all
    that are not have one size (rewards of 0 and 1); else of `resamples` draws, fewer beyond 100,000
    differences. Nothing, or nothing but zeros: 1.

    Raises `ValueError` if a difference is not finite or there is not one cluster a difference.
    Source: Fisher (1935), section 21; the p of draws by Phipson and Smyth (2010).
    """
    units, _ = scaled(differences)
    if clusters is not None:
        inverse, number = places(clusters, len(units))
        units = np.asarray(np.bincount(inverse, units, number), dtype=np.float64)
    units = _without_noise(units)
    units = units[units != 0]
    sizes = np.sort(np.abs(units))
    if len(units) == 0:
        return 1.0
    if sizes[-1] - sizes[0] <= _TIE * sizes[-1]:
        gained = int(np.count_nonzero(units > 0))
        return mcnemar_test(gained, len(units) - gained)
    least = abs(math.fsum(units.tolist())) - _TIE * math.fsum(sizes.tolist())
    if len(units) <= _EXACT_UNITS:
        return float(np.mean(np.abs(_all_sums(sizes)) >= least))
    draws = max(min(resamples, _MOST_SIGNS // len(units)), 1000)
    extreme = np.count_nonzero(np.abs(_drawn_sums(sizes, draws, seed)) >= least)
    return (1 + int(extreme)) / (1 + draws)


def mcnemar_test(gained: int, lost: int) -> float:
    """Give the two-sided exact p of verdicts that changed: `gained` to a pass, `lost` to a failure.

    No change: 1.

    Raises `ValueError` if a count is below 0.
    Source: McNemar (1947), the exact binomial form; equals `scipy.stats.binomtest(gained, gained + lost)`.
    """
    if min(gained, lost) < 0:
        raise ValueError(f"counts must be at least 0, got {gained!r} and {lost!r}")
    n, fewer = gained + lost, min(gained, lost)
    if gained == lost:
        return 1.0
    steps = np.arange(1, fewer + 1, dtype=np.float64)
    logs = np.append(0.0, np.cumsum(np.log((n - steps + 1) / steps))) - n * math.log(2)
    return min(1.0, 2.0 * math.fsum(np.exp(logs).tolist()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values (m,) for there being m of them; in their order.

    Source: Holm (1979); equals `statsmodels.stats.multitest.multipletests(p_values, method="holm")`.
    """
    array = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    stepped = np.maximum.accumulate(array[order] * np.arange(len(array), 0, -1))
    adjusted = np.empty_like(array)
    adjusted[order] = np.minimum(stepped, 1.0)
    return list(map(float, adjusted))


def _without_noise(differences: Floats) -> Floats:
    largest = np.abs(differences).max(initial=0.0)
    return np.where(np.abs(differences) <= _TIE * largest, 0.0, differences)


def _all_sums(sizes: Floats) -> Floats:
    """Give the sum for every way to deal out signs, but one of each two that mirror each other."""
    sums = sizes[:1]
    for size in sizes[1:].tolist():
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _drawn_sums(sizes: Floats, draws: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    different, counts = np.unique(sizes, return_counts=True)
    if len(different) <= _FEW:
        positive: NDArray[np.int64] = random.binomial(counts, 0.5, (draws, len(counts)))
        return np.asarray((2 * positive - counts) @ different)
    signs = (random.integers(0, 2, (1, len(sizes)), np.int8) for _ in range(draws))
    return np.concatenate([(2.0 * each - 1.0) @ sizes for each in signs])
