"""Rewards as they come, in little room: in no order, or in row order with the clusters of their rows.

Design: the cluster of a row is kept as 64 bits, of a hash where a text names it, so that a million clusters
need eight megabytes, and what two processes have counted is joined without a dictionary of texts. Sums within
a cluster follow the order of the rows, so they do not depend on the blocks that rows were counted in.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_COUNTED = _AT_ONCE = 1 << 13
"""How many different numbers are counted, and how many numbers wait to be counted together."""


class Numbers:
    """Rewards, in as little room as they need.

    Many are equal as a rule, so they are counted for as long as few of them differ; those that come later
    are kept one by one. Those that come with clusters are kept in their order.
    """

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        self._others = array("d")
        self._clustered, self._clusters = array("d"), array("q")
        self._size = 0
        self._sum = 0.0

    def __len__(self) -> int:
        return self._size

    @property
    def running_mean(self) -> float | None:
        """About their mean, for who watches them come; None of nothing."""
        return self._sum / self._size if self._size else None

    def extend(self, numbers: Sequence[float], clusters: Sequence[int] = ()) -> None:
        """Add some: independent ones, or each with its cluster (at least 0, where others come without)."""
        self._size += len(numbers)
        self._sum += sum(numbers)
        if clusters:
            self._clustered.extend(numbers)
            self._clusters.extend(clusters)
        else:
            self._others.extend(numbers)
            self._count()

    def repeat(self, number: float, times: int) -> None:
        """Add an independent one so many times."""
        self._size += times
        self._sum += number * times
        self._counts[number] += times

    def merge(self, other: "Numbers") -> None:
        """Add those of another, of rows behind these."""
        self._size += len(other)
        self._sum += other._sum
        self._others.extend(other._counts.elements())
        self._others.extend(other._others)
        self._clustered.extend(other._clustered)
        self._clusters.extend(other._clusters)
        self._count()

    def _count(self) -> None:
        if len(self._others) >= _AT_ONCE and len(self._counts) < _COUNTED:
            self._counts.update(self._others)
            del self._others[:]

    @property
    def values(self) -> NDArray[np.float64]:
        """All of them, `(n,)`; those in clusters last."""
        different = np.fromiter(self._counts, np.float64, len(self._counts))
        times = np.fromiter(self._counts.values(), np.int64, len(self._counts))
        return np.concatenate([np.repeat(different, times), self._others, self._clustered])

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """The cluster of each, `(n,)`, a negative one for each that came without; None where all did."""
        if not self._clusters:
            return None
        alone = np.arange(len(self._clusters) - self._size, 0)
        return np.append(alone, np.array(self._clusters, dtype=np.int64))


def cluster_of(text: str) -> int:
    """Give the number of the cluster that a text names: 64 bits of its hash."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
