"""What each sub-grader does to the total: the share of the total's variance that goes with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.compile import Grader
from graders.fine_tuning.grading import Graded
from graders.scoring.multi import Multi

_CONSTANT = 1e-12
"""Variance up to which a total is the same for all samples."""


@dataclass(frozen=True)
class PartSignal:
    """What a sub-grader does to the total.

    `moves` is the standard deviation of what it adds to the total beyond its mean. `contribution` is the
    share of the total's variance that goes with that: the shares of a sum add up to 1, and one that works
    against the others is negative.
    """

    mean: float
    std: float
    moves: float
    contribution: float | None


def part_signals(grader: Grader, graded: Graded, kept: NDArray[np.intp]) -> dict[str, PartSignal]:
    """Say what becomes of the total where a sub-grader always gives its mean."""
    if not isinstance(grader.scorer, Multi):
        return {}
    columns = {key: values[kept] for key, values in graded.parts.items()}
    totals = graded.rewards[kept]
    variance = float(totals.var())
    found: dict[str, PartSignal] = {}
    for key, values in columns.items():
        held = {**columns, key: np.full(len(values), values.mean())}
        without, failed = grader.scorer.formula.evaluate(held, len(values))
        added = totals - np.where(failed, 0.0, without)
        share = float(((added - added.mean()) * (totals - totals.mean())).mean())
        found[key] = PartSignal(
            float(values.mean()),
            float(values.std()),
            float(added.std()),
            None if variance <= _CONSTANT else share / variance,
        )
    return found
