"""Several samples of one item: would one of k pass, would all k?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graders.stats.moments import Floats

Counts = Sequence[int] | NDArray[np.int64]


def pass_at_k(samples: Counts, passed: Counts, k: int) -> Floats:
    """Estimate for each item (m,), 0 to 1, that at least one of k samples passes.

    `samples` (m,) were drawn, `passed` (m,) of them passed. The estimate is unbiased; its mean over the
    items, with `mean_interval`, is that of a benchmark.

    Raises `ValueError` if k is below 1 or an item has fewer samples, or `passed` lies outside 0 to `samples`.
    Source: Chen et al. (2021), "Evaluating Large Language Models Trained on Code", section 2.1.
    """
    n, c = _checked(samples, passed, k)
    return 1.0 - _share_of_choices(n - c, n, k)


def pass_hat_k(samples: Counts, passed: Counts, k: int) -> Floats:
    """Estimate for each item (m,), 0 to 1, that all of k samples pass (pass^k).

    Raises `ValueError` if k is below 1 or an item has fewer samples, or `passed` lies outside 0 to `samples`.
    Source: Yao et al. (2024), "τ-bench", section 3.
    """
    n, c = _checked(samples, passed, k)
    return _share_of_choices(c, n, k)


def _share_of_choices(chosen: Floats, n: Floats, k: int) -> Floats:
    """Give C(chosen, k) / C(n, k), as a product that overflows nowhere."""
    share = np.ones(len(n))
    for step in range(k):
        share *= np.maximum(chosen - step, 0.0) / (n - step)
    return share


def _checked(samples: Counts, passed: Counts, k: int) -> tuple[Floats, Floats]:
    n, c = (np.asarray(counts, dtype=np.float64) for counts in (samples, passed))
    if n.shape != c.shape or n.ndim != 1:
        raise ValueError(f"samples and passed must have one shape (m,), got {n.shape} and {c.shape}")
    if k < 1 or (n < k).any():
        least = int(n.min(initial=k))
        raise ValueError(f"k must lie between 1 and the least number of samples, {least}, got {k!r}")
    if (c < 0).any() or (c > n).any():
        raise ValueError("passed must lie between 0 and samples")
    return n, c
