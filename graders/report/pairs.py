"""A comparison, laid out for a page: a forest plot, who wins how often, the rows that flipped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from graders.analysis import Comparison, Flip, Pair, Standing
from graders.report.charts import Axis, Span, span
from graders.report.numbers import number
from graders.report.text import plain
from graders.strict_json import dumps

_MOST_PAIRS, _MOST_FLIPS = 200, 300
"""The most pairs that a page shows and, of each kind, the most flipped rows of all of them together."""

_TICKS = 4


@dataclass(frozen=True)
class Segment:
    """A part of a bar: `wins`, `ties` or `losses`, its place and width in per cent."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class FlipRow:
    """A row whose verdict changed."""

    place: str
    before: str
    after: str
    gained: bool


@dataclass(frozen=True)
class PairRow:
    """A pair, laid out; the names of its sides cut to a bounded length."""

    pair: Pair
    first: str
    second: str
    sentence: str
    span: Span | None
    segments: Sequence[Segment]
    left_out: str
    flips: Sequence[FlipRow]


@dataclass(frozen=True)
class StandingRow:
    """A side, laid out."""

    side: Standing
    name: str
    span: Span | None


@dataclass(frozen=True)
class Compared:
    """What a page shows of a comparison: sides on one axis, differences on another round zero."""

    found: Comparison
    head: str
    sides: Sequence[StandingRow]
    sides_axis: Axis
    pairs: Sequence[PairRow]
    axis: Axis

    @classmethod
    def of(cls, found: Comparison, rows: int) -> "Compared":
        """Lay out a comparison, with at most `rows` rows of each pair that pass no more, or pass now."""
        shown = found.pairs[:_MOST_PAIRS]
        flips = min(rows, max(1, _MOST_FLIPS // len(shown)))
        axis = Axis.round_about([0.0, *_ends(pair.difference for pair in shown)], _TICKS)
        sides_axis = Axis.round_about(_ends(side.reward for side in found.sides), _TICKS)
        sides = [
            StandingRow(each, plain(each.name, 80), span(each.reward, sides_axis)) for each in found.sides
        ]
        pairs = [_pair_row(pair, axis, flips) for pair in shown]
        return cls(found, head_of(found), sides, sides_axis, pairs, axis)


def head_of(found: Comparison) -> str:
    """Say how rows were joined, and what intervals and p-values are."""
    joined = f"joined on {plain(found.on, 80)}" if found.on else "joined by their ids"
    clustered = f", clustered by {plain(found.cluster_by, 80)}" if found.cluster_by else ""
    kind = "" if found.bootstrap is None else f", by {found.bootstrap:,} resamples"
    several = f", adjusted for {len(found.pairs):,} pairs (Holm)" if len(found.pairs) > 1 else ""
    what = "" if found.sub_reward is None else f" of {plain(found.sub_reward, 80)}"
    return (
        f"Rewards{what}; rows {joined}{clustered}; 95 % intervals{kind}; "
        f"p: paired permutation test; McNemar: its exact p{several}"
    )


def _ends(estimates: Any) -> list[float | None]:
    return [end for each in estimates for end in (each.low, each.mean, each.high)]


def _pair_row(pair: Pair, axis: Axis, flips: int) -> PairRow:
    lost, gained = ([flip for flip in pair.flips if flip.gained is now][:flips] for now in (False, True))
    first, second = plain(pair.first, 80), plain(pair.second, 80)
    return PairRow(
        pair,
        first,
        second,
        replace(pair, first=first, second=second).sentence,
        span(pair.difference, axis, "difference"),
        _segments(pair),
        pair.lacking,
        [_flip_row(flip) for flip in (*lost, *gained)],
    )


def _segments(pair: Pair) -> list[Segment]:
    counts = vars(pair.outcomes)
    total, x, found = max(1, sum(counts.values())), 0.0, []
    for kind, count in counts.items():
        width = 100.0 * count / total
        if count:
            found.append(Segment(kind, round(x, 2), round(width, 2)))
        x += width
    return found


def _flip_row(flip: Flip) -> FlipRow:
    name = flip.id if isinstance(flip.id, str) else dumps(flip.id).decode()
    place = f"{plain(name, 60)} ({flip.rows})" if flip.has_name else flip.rows
    return FlipRow(place, number(flip.first_reward), number(flip.second_reward), flip.gained)
