"""Rewards as they come, in little room: in no order, or in row order with the clusters of their rows.

Design: the cluster of a row is kept as 64 bits of a hash of its text, so that a million clusters need eight
megabytes, and what two processes have counted is joined without a dictionary of texts. Sums within a cluster
follow the order of the rows, so they do not depend on the blocks that rows were counted in.
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
    """Rewards, in no order, in as little room as they need.

    Many are equal as a rule, so they are counted for as long as few of them differ; those that come later
    are kept one by one.
    """

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        self._others = array("d")
        self._size = 0
        self._sum = 0.0

    def __len__(self) -> int:
        return self._size

    @property
    def running_mean(self) -> float | None:
        """About their mean, for who watches them come; None of nothing."""
        return self._sum / self._size if self._size else None

    def extend(self, numbers: Sequence[float], clusters: Sequence[int] = ()) -> None:
        """Add some."""
        self._size += len(numbers)
        self._sum += sum(numbers)
        self._others.extend(numbers)
        self._count()

    def merge(self, other: "Numbers") -> None:
        """Add those of another."""
        self._size += len(other)
        self._sum += other._sum
        self._others.extend(other._counts.elements())
        self._others.extend(other._others)
        self._count()

    def _count(self) -> None:
        if len(self._others) >= _AT_ONCE and len(self._counts) < _COUNTED:
            self._counts.update(self._others)
            del self._others[:]

    @property
    def values(self) -> NDArray[np.float64]:
        """All of them, `(n,)`."""
        different = np.fromiter(self._counts, np.float64, len(self._counts))
        times = np.fromiter(self._counts.values(), np.int64, len(self._counts))
        return np.append(np.repeat(different, times), self._others)

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """The cluster of each, `(n,)`; None where nothing is known of that."""
        return None


class ClusteredNumbers(Numbers):
    """Numbers in row order, each with the cluster of its row."""

    def __init__(self) -> None:
        super().__init__()
        self._clusters = array("q")

    def extend(self, numbers: Sequence[float], clusters: Sequence[int] = ()) -> None:
        """Add some, with their clusters."""
        super().extend(numbers)
        self._clusters.extend(clusters)

    def merge(self, other: Numbers) -> None:
        """Add those of rows behind these."""
        super().merge(other)
        if isinstance(other, ClusteredNumbers):
            self._clusters.extend(other._clusters)

    def _count(self) -> None:
        """Leave them in their order."""

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """The cluster of each, `(n,)`."""
        return np.array(self._clusters, dtype=np.int64)


def cluster_of(text: str) -> int:
    """Give the number of the cluster that a text names: 64 bits of its hash."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
