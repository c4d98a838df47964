"""Whether a grader gives the same reward twice."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graders.batch import Item, Sample
from graders.compile import Grader
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import grade, repeated

_SAME = 1e-9


@dataclass(frozen=True)
class Repeatability:
    """Two gradings of the same samples: the share that differ, and by how much."""

    samples: int
    differing: float
    mean_difference: float
    most: float

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return asdict(self)


def measure_repeats(
    grader: Grader, items: Sequence[Item], samples: Sequence[Sample], found: Collected
) -> Repeatability | None:
    """Grade twice; no reply of the first time answers the second."""
    once, again = grade(grader, items, samples), grade(repeated(grader), items, samples)
    counted = once.counted & again.counted
    if not counted.any():
        return None
    gaps = np.abs(once.rewards - again.rewards)[counted]
    result = Repeatability(
        int(counted.sum()), float((gaps > _SAME).mean()), float(gaps.mean()), float(gaps.max())
    )
    if result.differing > 0:
        message = (
            f"graded twice, {result.differing:.0%} of {result.samples:,} rewards differ, "
            f"by {result.mean_difference:.3f} on average and {result.most:.3f} at most"
        )
        found.say("unrepeatable", message)
    return result
