"""The reward signal: what rewards of several samples an item leave to learn from.

Design: a policy gradient sees the differences between the samples of one item. So an item whose samples all
earn the same teaches nothing, however its reward compares with others', and the share of such items decides
how many batches are paid for in vain. "Failing" is below the grader's threshold, else below the middle of
its range.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.compile import Grader
from graders.fine_tuning.answers import Answers, text_of
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import Floats, Graded
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.parts import PartSignal, part_signals
from graders.fine_tuning.ranges import Range
from graders.stats import describe, histogram, spearman

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
_SAME = 1e-12
_LEAST_AGREEMENT = 0.8
_ENOUGH = 20
"""Samples from which on a correlation with the length says something."""
_MOST_LENGTH = 0.4
_LEAST_MOVE = 0.1
"""Share of the total's deviation below which a sub-grader does not move it."""
_LEAST_ITEMS = 10
"""Items of which something can be said of all."""
LONGEST_EXAMPLE = 160
"""Characters of the end of an answer that are shown."""


@dataclass(frozen=True)
class Disagreement:
    """Samples on which reward and label differ, `too kind` or `too hard`; one of them is the example."""

    kind: str
    samples: int
    row: int
    reward: float
    example: str
    right: str | None = None
    """The right answer to that item, as far as it is known."""


@dataclass(frozen=True)
class Signal:
    """What the rewards of samples amount to; shares lie between 0 and 1, correlations between -1 and 1."""

    items: int
    samples: int
    reward: Mapping[str, float | None]
    bins: Mapping[str, list[float]]
    floor: float
    ceiling: float
    compared: int
    """Items with several samples."""
    no_gradient: float | None
    """Share of these whose samples all earn the same."""
    at_floor: float | None
    at_ceiling: float | None
    spread: float | None
    """Mean standard deviation of the rewards within an item."""
    threshold: float
    failing: float
    length: float | None
    """Rank correlation of reward and length of the answer."""
    label: float | None
    """Rank correlation of reward and label."""
    labelled: int
    by_label: Mapping[str, float | None]
    """Mean reward of the samples that the label calls `bad` (0) and `good` (1)."""
    disagreements: tuple[Disagreement, ...]
    parts: Mapping[str, PartSignal]
    errors: Mapping[str, dict[str, Any]]
    failed: int
    silent_batches: Mapping[int, float]
    """Batch size to the probability that no item of a batch has a gradient."""
    batch_size: int | None
    """The size that the job asks for, where it asks for one."""
    points: Mapping[str, list[float]]
    """Length and reward of some samples, and the spread of some items, for plots."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        said = asdict(self)
        said["silent_batches"] = {str(size): share for size, share in self.silent_batches.items()}
        return said


@np.errstate(over="ignore", invalid="ignore")
def measure(
    grader: Grader, answers: Answers, graded: Graded, reach: Range | None, batch: int | None
) -> Signal:
    """Measure the signal of the samples that were graded."""
    kept = np.flatnonzero(graded.counted)
    rewards = graded.rewards[kept]
    groups = np.array(answers.rows, dtype=np.int64)[kept]
    floor, ceiling = bounds(reach, rewards)
    lows, highs, spreads = _by_item(rewards, groups)
    constant = highs - lows <= _SAME
    n = len(constant)
    share = float(constant.mean()) if n else None
    lengths = np.array([len(text_of(answers.samples[each])) for each in kept], dtype=np.float64)
    threshold = grader.pass_threshold if grader.pass_threshold is not None else (floor + ceiling) / 2
    labels = [answers.labels[each] for each in kept]
    label, labelled = _agreement(rewards, labels)
    counts = histogram(rewards)
    sizes = sorted({*BATCH_SIZES, *([batch] if batch else [])})
    return Signal(
        items=len(set(groups.tolist())),
        samples=len(rewards),
        reward=describe(rewards, clusters=groups).to_dict(),
        bins={"edges": counts.edges.tolist(), "counts": counts.counts.tolist()},
        floor=floor,
        ceiling=ceiling,
        compared=n,
        no_gradient=share,
        at_floor=float((highs <= floor + _SAME).mean()) if n else None,
        at_ceiling=float((lows >= ceiling - _SAME).mean()) if n else None,
        spread=float(spreads.mean()) if n else None,
        threshold=threshold,
        failing=float((rewards < threshold).mean()),
        length=spearman(rewards, lengths),
        label=label,
        labelled=labelled,
        by_label={name: _mean_at(rewards, labels, value) for name, value in (("bad", 0), ("good", 1))},
        disagreements=tuple(_disagreements(answers, kept, rewards, threshold)),
        parts=part_signals(grader, graded, kept),
        errors={name: flag._asdict() for name, flag in graded.flags.items()},
        failed=graded.failed,
        silent_batches={} if share is None else {size: share**size for size in sizes},
        batch_size=batch,
        points=_points(rewards, lengths, spreads),
    )


def bounds(reach: Range | None, rewards: Floats) -> tuple[float, float]:
    """Give the lowest and highest reward: of the grader where they are known, else those that were met."""
    if reach is not None and math.isfinite(reach.low) and math.isfinite(reach.high):
        return reach.low, reach.high
    low = min(0.0, float(rewards.min(initial=0.0)))
    return low, float(rewards.max(initial=low))


def _by_item(rewards: Floats, groups: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Give lowest, highest and deviation of each item that has several samples."""
    order = np.argsort(groups, kind="stable")
    _, starts, counts = np.unique(groups[order], return_index=True, return_counts=True)
    ordered, several = rewards[order], counts > 1
    if not several.any():
        return np.empty(0), np.empty(0), np.empty(0)
    lows, highs = np.minimum.reduceat(ordered, starts), np.maximum.reduceat(ordered, starts)
    means = np.add.reduceat(ordered, starts) / counts
    squares = np.add.reduceat((ordered - np.repeat(means, counts)) ** 2, starts) / counts
    return lows[several], highs[several], np.sqrt(squares)[several]


def _agreement(rewards: Floats, labels: Sequence[float | None]) -> tuple[float | None, int]:
    known = [index for index, label in enumerate(labels) if label is not None]
    values = np.array([labels[index] for index in known], dtype=np.float64)
    return (spearman(rewards[known], values) if known else None), len(known)


def _mean_at(rewards: Floats, labels: Sequence[float | None], label: float) -> float | None:
    chosen = rewards[np.array([each == label for each in labels], dtype=np.bool_)]
    return float(chosen.mean()) if len(chosen) else None


def _disagreements(
    answers: Answers, kept: NDArray[np.intp], rewards: Floats, threshold: float
) -> Iterator[Disagreement]:
    """Say which samples pass although their label is 0, and which fail although it is 1."""
    labels = np.array([np.nan if (label := answers.labels[each]) is None else label for each in kept])
    passes = rewards >= threshold
    for kind, differ in (("too kind", passes & (labels == 0)), ("too hard", ~passes & (labels == 1))):
        found = np.flatnonzero(differ)
        if len(found):
            most = found[np.argmax(rewards[found]) if kind == "too kind" else np.argmin(rewards[found])]
            text = text_of(answers.samples[kept[most]])[-LONGEST_EXAMPLE:]
            row = answers.rows[kept[most]]
            yield Disagreement(kind, len(found), row, float(rewards[most]), text)


def _points(rewards: Floats, lengths: Floats, spreads: Floats, most: int = 2000) -> dict[str, list[float]]:
    step, every = max(1, len(rewards) // most), max(1, len(spreads) // most)
    return {
        "lengths": lengths[::step].tolist(),
        "rewards": rewards[::step].tolist(),
        "spreads": spreads[::every].tolist(),
    }


def add_signal_findings(found: Collected, signal: Signal) -> None:
    """Say what is wrong with a signal."""
    _add_spread(found, signal)
    _add_errors(found, signal)
    share = signal.failing
    if not 0.25 <= share <= 0.5:
        severity: Severity | None = "note" if 0.05 <= share <= 0.9 else None
        earned = f"earn less than {signal.threshold:g}"
        message = f"{share:.0%} of the samples fail: they {earned}; 25 to 50 % are advised"
        found.say("failure_share", message, severity)
    enough = signal.samples >= _ENOUGH
    if enough and signal.length is not None and abs(signal.length) >= _MOST_LENGTH:
        longer = "longer" if signal.length > 0 else "shorter"
        message = f"{longer} answers earn more: the rank correlation is {signal.length:.2f}"
        found.say("rewards_length", message)
    if signal.label is not None and signal.label < _LEAST_AGREEMENT:
        message = f"the rank correlation of reward and label is {signal.label:.2f}; at least 0.8 is advised"
        bad, good = signal.by_label["bad"], signal.by_label["good"]
        if bad is not None and good is not None:
            message += f": bad samples earn {bad:.3f} on average, good ones {good:.3f}"
        found.say("label_disagreement", message)
    for key, part in signal.parts.items():
        deviation = signal.reward["std"] or 0.0
        if part.contribution is not None and part.moves <= _LEAST_MOVE * deviation:
            message = f"{key!r} moves the total by {part.moves:.3g}, of a deviation of {deviation:.3g}"
            found.say("part_still", message)


def _add_spread(found: Collected, signal: Signal) -> None:
    least, most = signal.reward["min"], signal.reward["max"]
    few: Severity | None = "warning" if max(signal.compared, signal.samples // 2) < _LEAST_ITEMS else None
    if signal.samples > 1 and least is not None and most is not None and most - least <= _SAME:
        found.say("reward_constant", f"all {signal.samples:,} samples earn {least:g}", few)
    elif signal.compared >= 2 and signal.no_gradient == 1.0:
        message = f"in all {signal.compared:,} items the samples earn the same"
        found.say("reward_constant", message, "warning" if signal.compared < _LEAST_ITEMS else None)
    elif signal.no_gradient is not None and signal.no_gradient > 0.5:
        parts = f"{signal.at_floor:.0%} at the floor, {signal.at_ceiling:.0%} at the ceiling"
        found.say("no_gradient", f"{signal.no_gradient:.0%} of {signal.compared:,} items: {parts}")
    if not signal.compared:
        found.say("samples_few", "no item has more than one sample")


def _add_errors(found: Collected, signal: Signal) -> None:
    for name, flag in signal.errors.items():
        rate = flag["grades"] / max(1, signal.samples)
        severity: Severity = "error" if rate >= 0.5 else "warning" if rate >= 0.01 else "note"
        message = f"{name} in {flag['grades']:,} grades ({rate:.1%}); the first, {flag['grader']}: "
        last = (flag["detail"].strip().splitlines() or [""])[-1]
        found.say("grading_errors", message + last[:300], severity)
