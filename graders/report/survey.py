"""One pass over the rows of a run, for what its summary does not hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from graders.analysis import Repeats
from graders.report.samples import Samples
from graders.report.selection import Least, Numbered, dispute_of
from graders.results import Results
from graders.stats import Description, Histogram, histogram

_CHUNK = 1000
_BARS, _SMALL_BARS = 20, 10
_KINDS, _EXAMPLES = 100, 3
"""The most kinds of errors that are told apart, and the examples of each."""


@dataclass
class ErrorKind:
    """Errors of one code and reason: how many rows have one, the first ones, and the places of their rows."""

    code: str
    reason: str
    rows: int = 0
    examples: list[Mapping[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    """Rows that are worth looking at: what they are, in words, and their places in the run."""

    name: str
    title: str
    words: str
    places: Sequence[int]


@dataclass(frozen=True)
class Survey:
    """What is to be shown of the rows: distributions, kinds of errors, and the rows to look at.

    `repeats` is there where rows have several samples and a threshold is known.
    """

    reward: Histogram
    parts: Mapping[str, Histogram]
    errors: Sequence[ErrorKind]
    choices: Sequence[Choice]
    repeats: Repeats | None = None


def survey(results: Results, n: int) -> Survey:
    """Read the rows of a run once; choose at most `n` rows of a kind."""
    summary, rows = results.summary, enumerate(results.rows())
    bars, errors, samples = _Bars(summary.reward, _BARS), _Errors(), Samples()
    parts = {key: _Bars(part, _SMALL_BARS) for key, part in summary.sub_rewards.items()}
    worst = Least(n, lambda line: line["reward"])
    best = Least(n, lambda line: None if line["reward"] is None else -line["reward"])
    dispute = None
    while chunk := list(islice(rows, _CHUNK)):
        dispute = dispute or dispute_of(summary, chunk[0][1], n)
        bars.add([line["reward"] for _, line in chunk])
        for key, part in parts.items():
            part.add([line["sub_rewards"].get(key) for _, line in chunk])
        for finder in (errors, samples, worst, best, *([dispute.finder] if dispute else [])):
            finder.add(chunk)
    choices = _by_reward(summary.scored, bars, worst.places, best.places)
    if dispute and summary.scored > n:
        words = f"These are {dispute.words}."
        choices.append(Choice("disputed", "Most disputed rows", words, dispute.finder.places))
    choices.append(Choice("failed", "Rows with errors", "One of each kind first.", errors.places(n)))
    histograms = {key: part.histogram for key, part in parts.items()}
    shown = [each for each in choices if each.places]
    return Survey(bars.histogram, histograms, errors.kinds, shown, samples.repeats)


class _Bars:
    """Counts rewards between edges that are known beforehand, and those at the ends."""

    def __init__(self, part: Description, bins: int) -> None:
        self.low, self.high = part.min, part.max
        self._edges = histogram([end for end in (part.min, part.max) if end is not None], bins).edges
        self._counts = np.zeros(bins, np.int64)
        self.at: Counter[float] = Counter()

    def add(self, rewards: Sequence[float | None]) -> None:
        known = [reward for reward in rewards if reward is not None]
        self._counts += np.histogram(known, self._edges)[0]
        self.at.update(reward for reward in known if reward in (self.low, self.high))

    @property
    def histogram(self) -> Histogram:
        return Histogram(self._edges, self._counts)


class _Errors:
    """Counts errors by code and reason, and keeps the first of each."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], ErrorKind] = {}

    def add(self, rows: Sequence[Numbered]) -> None:
        for place, line in rows:
            if line["errors"]:
                self._add(place, line)

    def _add(self, place: int, line: Mapping[str, Any]) -> None:
        first = {(error["code"], error["reason"]): error for error in reversed(line["errors"])}
        for key, error in first.items():
            if key not in self._kinds and len(self._kinds) == _KINDS:
                continue
            kind = self._kinds.setdefault(key, ErrorKind(*key))
            kind.rows += 1
            if len(kind.examples) < _EXAMPLES:
                kind.examples.append({"row": line["row"], "id": line["id"], **error})
                kind.places.append(place)

    @property
    def kinds(self) -> list[ErrorKind]:
        """The kinds, most frequent first."""
        return sorted(self._kinds.values(), key=lambda kind: -kind.rows)

    def places(self, n: int) -> list[int]:
        """Give the places of rows with errors: the first of each kind, then the second."""
        ranked = sorted((rank, place) for kind in self.kinds for rank, place in enumerate(kind.places))
        return list(dict.fromkeys(place for _, place in ranked))[:n]


def _by_reward(scored: int, bars: _Bars, worst: Sequence[int], best: Sequence[int]) -> list[Choice]:
    """Choose by reward; rows that are all shown are shown once."""
    if scored == len(worst):
        return [Choice("rows", "All scored rows", "The lowest reward comes first.", worst)]
    found = []
    for name, word, places, end in (
        ("worst", "lowest", worst, bars.low),
        ("best", "highest", best, bars.high),
    ):
        alike = 0 if end is None else bars.at[end]
        first = f"{alike:,} rows have the {word} reward; these are the first of them."
        words = first if alike > len(places) else f"The {word} reward comes first."
        shown = [place for place in places if name == "worst" or place not in worst]
        found.append(Choice(name, f"{name.capitalize()} rows", words, shown))
    return found
