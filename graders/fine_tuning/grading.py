"""Rewards as the service gives them: a failure counts 0, and is remembered."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Item, Sample
from graders.compile import Grader
from graders.errors import NOT_ASKED, RowError
from graders.scores import Scores

Floats = NDArray[np.float64]
_BLOCK = 1000


class Flag(NamedTuple):
    """How many grades failed with one code, and what the first one said."""

    grades: int
    grader: str
    detail: str

    @property
    def last_line(self) -> str:
        """What went wrong, without where: the last line of a traceback."""
        return (self.detail.strip().splitlines() or [""])[-1][:300]


@dataclass(frozen=True)
class Graded:
    """Rewards (n,), and whether they count (n,): what nobody was asked about does not."""

    rewards: Floats
    counted: NDArray[np.bool_]
    parts: Mapping[str, Floats] = field(default_factory=dict)
    flags: Mapping[str, Flag] = field(default_factory=dict)
    failed: int = 0
    unasked: Counter[str] = field(default_factory=Counter)
    """Why nobody was asked about rewards that do not count."""
    seconds: float = 0.0
    from_cache: int = 0
    """Replies of judges that took no time."""
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """The mean of the rewards that count; None of none."""
        return float(self.rewards[self.counted].mean()) if self.counted.any() else None


def grade(grader: Grader, items: Sequence[Item], samples: Sequence[Sample]) -> Graded:
    """Grade samples in blocks."""
    started, kept = time.perf_counter(), _from_cache(grader)
    blocks: list[Graded] = []
    for start in range(0, len(items), _BLOCK):
        stop = min(start + _BLOCK, len(items))
        batch = Batch(items[start:stop], samples[start:stop], numbers=range(start, stop))
        blocks.append(_of_scores(grader.score_batch(batch)))
    graded = _joined(blocks, time.perf_counter() - started)
    return replace(graded, from_cache=_from_cache(grader) - kept)


def _from_cache(grader: Grader) -> int:
    return 0 if grader.pool is None else int(grader.pool.account()["from_cache"])


def _of_scores(scores: Scores) -> Graded:
    failed = scores.failed_rows()
    counted = np.ones(len(scores), dtype=np.bool_)
    flags: dict[str, Flag] = {}
    unasked = Counter[str]()
    for row in np.flatnonzero(failed).tolist():
        for error in scores.row_errors(row):
            if error.reason in NOT_ASKED:
                counted[row] = False
                unasked[error.detail] += 1
            else:
                flags[error.code.name] = _more(flags.get(error.code.name), error)
    parts = {key: np.nan_to_num(part.values, nan=0.0) for key, part in scores.parts.items()}
    return Graded(
        np.nan_to_num(scores.values, nan=0.0),
        counted,
        parts,
        flags,
        int((failed & counted).sum()),
        unasked,
        usage=scores.usage,
    )


def _more(flag: Flag | None, error: RowError) -> Flag:
    if flag is None:
        return Flag(1, error.grader, error.detail)
    return flag._replace(grades=flag.grades + 1)


def _joined(blocks: Sequence[Graded], seconds: float) -> Graded:
    if not blocks:
        return Graded(np.empty(0), np.empty(0, np.bool_))
    flags: dict[str, Flag] = {}
    usage: dict[str, Counter[str]] = {}
    for block in blocks:
        for name, flag in block.flags.items():
            flags[name] = (
                flags[name]._replace(grades=flags[name].grades + flag.grades) if name in flags else flag
            )
        for model, counts in block.usage.items():
            usage.setdefault(model, Counter()).update(counts)
    return Graded(
        np.concatenate([block.rewards for block in blocks]),
        np.concatenate([block.counted for block in blocks]),
        {key: np.concatenate([block.parts[key] for block in blocks]) for key in blocks[0].parts},
        flags,
        sum(block.failed for block in blocks),
        sum((block.unasked for block in blocks), Counter()),
        seconds,
        usage={model: dict(counts) for model, counts in usage.items()},
    )


def repeated(grader: Grader) -> Grader:
    """Give the same grader, which asks its judges anew: no reply of the first time answers."""
    return replace(grader, scorer=_repeated(grader.scorer))


def _repeated(scorer: Any) -> Any:
    if hasattr(scorer, "parts"):
        return replace(scorer, parts={key: _repeated(part) for key, part in scorer.parts.items()})
    if hasattr(scorer, "inquiry"):
        request = replace(scorer.inquiry.request, repetition=1)
        return replace(scorer, inquiry=replace(scorer.inquiry, request=request))
    return scorer


def kinds_in(document: Mapping[str, Any]) -> set[str]:
    """Give the types of a grader and of its sub-graders."""
    parts = document.get("graders")
    below = parts.values() if isinstance(parts, Mapping) else ()
    return {str(document.get("type")), *(str(part.get("type")) for part in below)}
