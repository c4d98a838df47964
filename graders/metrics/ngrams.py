"""The n-grams that the two texts of a pair have in common, for many pairs at once.

Design: no n-gram is ever built as a tuple. The id of an n-gram is the place of an equal one in the hypothesis
of its pair, and it is told apart by the ids of the two shorter ones that overlap in it, so two integers are
exact for every order. Only n-grams whose two parts occur on both sides can occur on both sides themselves, so
the arrays shrink with the order. Where equal keys are found by a hash, it only picks a slot and every match
is compared on the whole key: hostile texts can cost time but cannot change a count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Keys = Sequence[NDArray[np.uint64]]
"""Columns that together tell tokens apart."""

NO_KEY = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""Stands behind the last row of the first column, and nowhere else in it."""
_ROOM = 4
"""Slots for each key that is looked for: with fewer, more rounds are needed; with more, more memory."""
_MULTIPLIERS = np.array(
    [
        0x9E37_79B9_7F4A_7C15,
        0xD6E8_FEB8_6659_FD93,
        0xC2B2_AE3D_27D4_EB4F,
        0xA076_1D64_78BD_642F,
        0xFF51_AFD7_ED55_8CCD,
        0x1656_67B1_9E37_79F9,
        0xC4CE_B9FE_1A85_EC53,
        0xE703_7ED1_A0B4_28DB,
    ],
    dtype=np.uint64,
)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class CommonNgrams:
    """The n-grams of one order that occur in both texts of their pair.

    Places count the tokens of all texts of one side, and one more after each text, so that places of one text
    alone follow each other.
    """

    hypothesis_places: NDArray[np.int64]
    """Where they begin, ascending."""
    hypothesis_ids: NDArray[np.int64]
    """The place of one n-gram of the same hypothesis that is equal."""
    reference_places: NDArray[np.int64]
    reference_ids: NDArray[np.int64]
    """The place of the equal n-gram in the hypothesis."""
    counts: NDArray[np.int64]
    """How many n-grams the pair has in common, each as often as the side with fewer has it; `(pairs,)`."""


def common_ngrams(keys: Keys, offsets: NDArray[np.int64]) -> Iterator[CommonNgrams]:
    """Give the common n-grams of order 1, 2, 3 and so on without end.

    `keys` are those of the tokens of all hypotheses, then of all references, then `NO_KEY`; text `i` has the
    tokens `offsets[i]` to `offsets[i + 1]`, shape `(2 * pairs + 1,)`, at least one pair.
    """
    pairs = len(offsets) // 2
    total = int(offsets[pairs])
    lengths = np.diff(offsets)
    sides = lengths[:pairs], lengths[pairs:]
    room = _ROOM * sides[0] + 1  # never 0: the slots of an empty hypothesis must be nobody else's
    slots = [_Slots(np.repeat(np.cumsum(room) - room, side), np.repeat(room, side)) for side in sides]
    ids, found = equal_keys(keys, total, slots[0], slots[1], int(room.sum()))
    places, others = (np.arange(side.sum()) + np.repeat(np.arange(pairs), side) for side in sides)
    begins = offsets[:pairs] + np.arange(pairs)
    matched = np.flatnonzero(found >= 0)
    common = _common(places, places[ids], others[matched], places[found[matched]], begins, total + pairs)
    while True:
        yield common
        common = _next_order(common, begins, total + pairs)


def ngram_totals(lengths: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    """Return how many n-grams texts of so many tokens have; same shape."""
    return np.maximum(lengths - (order - 1), 0)


def _next_order(common: CommonNgrams, begins: NDArray[np.int64], end: int) -> CommonNgrams:
    """Put neighbours together.

    An equal n-gram is mostly found where the equal one of its first part is. Only the rest, whose first part
    comes more than once and goes on in different ways, is hashed.
    """
    id_at = np.full(end + 1, -1)
    id_at[common.hypothesis_places] = common.hypothesis_ids
    left, left_first, left_second = _neighbours(common.hypothesis_places, common.hypothesis_ids)
    right, right_first, right_second = _neighbours(common.reference_places, common.reference_ids)
    left_rest = np.flatnonzero(id_at[left_first + 1] != left_second)
    right_rest = np.flatnonzero(id_at[right_first + 1] != right_second)
    if len(left_rest):
        rests = [
            (left_first[left_rest], left_second[left_rest]),
            (right_first[right_rest], right_second[right_rest]),
        ]
        first, second = (np.concatenate([*parts, [-1]]) for parts in zip(*rests, strict=True))
        keys = (first << 32 | second).view(np.uint64)  # the last one is `NO_KEY`
        room = _ROOM * len(left_rest)
        slots = _Slots(np.int64(0), np.int64(room))
        ids, found = equal_keys([keys], len(left_rest), slots, slots, room)
        left_first[left_rest] = left[left_rest[ids]]
        right_first[right_rest] = np.append(left[left_rest], -1)[found]
    else:
        right_first[right_rest] = -1
    matched = np.flatnonzero(right_first >= 0)
    return _common(left, left_first, right[matched], right_first[matched], begins, end)


def _neighbours(
    places: NDArray[np.int64], ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the places that are followed by the next place, and the ids at both."""
    at = np.flatnonzero(places[1:] - places[:-1] == 1)
    return places[at], ids[at], ids[at + 1]


def _common(
    left: NDArray[np.int64],
    left_ids: NDArray[np.int64],
    right: NDArray[np.int64],
    right_ids: NDArray[np.int64],
    begins: NDArray[np.int64],
    end: int,
) -> CommonNgrams:
    """Count, and drop the n-grams of the hypotheses that no reference has."""
    available = np.bincount(right_ids, minlength=end)
    counts = np.add.reduceat(np.minimum(np.bincount(left_ids, minlength=end), available), begins)
    kept = np.flatnonzero(available[left_ids])
    return CommonNgrams(left[kept], left_ids[kept], right, right_ids, counts)


@dataclass(frozen=True, slots=True)
class _Slots:
    """The slots that each key may take: `size` ones from `first` on, arrays or one number for all."""

    first: NDArray[np.int64] | np.int64
    size: NDArray[np.int64] | np.int64

    def pick(self, keys: Keys, round_: int) -> NDArray[np.int64]:
        """Return the slot of every key in this round."""
        mixed = keys[0] * _MULTIPLIERS[round_]
        for at, column in enumerate(keys[1:] if round_ else (), 1):  # one column tells most keys apart
            mixed += column * _MULTIPLIERS[(round_ + at) % len(_MULTIPLIERS)]
        mixed >>= _HALF
        slots: NDArray[np.int64] = mixed.view(np.int64)
        slots *= self.size
        slots >>= 32
        slots += self.first
        return slots

    def at(self, rows: NDArray[np.int64]) -> "_Slots":
        """Return the slots of some of the keys."""
        if isinstance(self.first, np.ndarray) and isinstance(self.size, np.ndarray):
            return _Slots(self.first[rows], self.size[rows])
        return self


def equal_keys(
    keys: Keys, total: int, left_slots: _Slots, right_slots: _Slots, room: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each key the row of one equal key among the first `total`, -1 where there is none.

    The first `total` keys are the left side; the others up to `NO_KEY` are the right side. Keys of both have
    either the same slots or none in common, all below `room`. In each round a left key writes its row into a
    slot, reads what stands there then, and is done if that row has an equal key.
    """
    left, right = [column[:total] for column in keys], [column[total:-1] for column in keys]
    table = np.full(room, -1)  # row -1 is `NO_KEY`, which equals nothing
    slots = left_slots.pick(left, 0)
    table[slots] = np.arange(total)
    ids = table[slots]
    wrong = np.flatnonzero(_differ(keys, ids, left))
    found = table[right_slots.pick(right, 0)]
    missed = np.flatnonzero(_differ(keys, found, right))
    unclear = missed[found[missed] >= 0]  # nobody wrote into an empty slot, so there is no equal key
    found[missed] = -1
    for round_ in range(1, len(_MULTIPLIERS)):
        if not len(wrong):
            return ids, found
        rows = [column[wrong] for column in left]
        slots = left_slots.at(wrong).pick(rows, round_)
        table[slots] = wrong  # what stands there from earlier rounds is harmless: it is compared too
        ids[wrong] = chosen = table[slots]
        wrong = wrong[_differ(keys, chosen, rows)]
        rows = [column[unclear] for column in right]
        chosen = table[right_slots.at(unclear).pick(rows, round_)]
        differ = _differ(keys, chosen, rows)
        found[unclear] = np.where(differ, -1, chosen)
        unclear = unclear[differ & (chosen >= 0)]
    ids[wrong], found[unclear] = _equal_keys_by_sorting(
        [column[wrong] for column in left],
        [column[unclear] for column in right],
        left_slots.at(wrong),
        right_slots.at(unclear),
        wrong,
    )
    return ids, found


def _differ(keys: Keys, rows: NDArray[np.int64], wanted: Keys) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = keys[0][rows] != wanted[0]
    for column, others in zip(keys[1:], wanted[1:], strict=True):
        differ |= column[rows] != others
    return differ


def _equal_keys_by_sorting(
    left: Keys, right: Keys, left_slots: _Slots, right_slots: _Slots, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what `equal_keys` does, for the few keys that no hash set apart; `rows` are those of `left`."""
    columns = [np.concatenate(pair) for pair in zip(left, right, strict=True)]
    if isinstance(left_slots.first, np.ndarray) and isinstance(right_slots.first, np.ndarray):
        columns.append(np.concatenate([left_slots.first, right_slots.first]).view(np.uint64))
    order = np.lexsort(columns)
    news = np.zeros(len(order), dtype=np.bool_)
    for column in columns:
        news[1:] |= column[order[1:]] != column[order[:-1]]
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.cumsum(news)
    chosen = np.full(len(order), -1)
    chosen[groups[: len(rows)]] = rows
    return chosen[groups[: len(rows)]], chosen[groups[len(rows) :]]
