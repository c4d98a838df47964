"""Two columns of rewards, joined by the id of a row or by a value of it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graders.analysis.columns import RunColumns
from graders.batch import Path
from graders.errors import DataError
from graders.results import Results
from graders.stats import numbered, ratios
from graders.strict_json import dumps

Key = Hashable


@dataclass(frozen=True)
class Units:
    """The rows of a side, one unit (u,) for each key, in the order of their first rows.

    `places` are those of the first rows. A reward is the mean of those that the rows have, NaN where none has
    one. A verdict is 1 (passed), 0 or -1 (there is none, or the unit has several rows); of `sizes` rows,
    `passed` have passed.
    """

    numbers: Mapping[Key, int]
    places: NDArray[np.int64]
    rewards: NDArray[np.float64]
    verdicts: NDArray[np.int8]
    sizes: NDArray[np.int64]
    passed: NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """What is compared: the rows (n,) of a run, or those of one of its groups, under a name.

    `keys` joins them with those of other sides, None where a row has nothing to be joined by.
    """

    name: str
    results: Results
    columns: RunColumns
    places: NDArray[np.int64]
    keys: Sequence[Key | None]
    clusters: Sequence[str | int | None] | None = None

    @cached_property
    def rewards(self) -> NDArray[np.float64]:
        """The rewards of the rows, (n,); NaN where there is none."""
        return self.columns.rewards[self.places]

    @cached_property
    def verdicts(self) -> NDArray[np.int8]:
        """Which rows passed, or score 1 where there is no threshold, (n,): 1, 0, or -1 where nobody knows."""
        passed = [self.columns.passed[place] for place in self.places.tolist()]
        scores = np.where(self.rewards == 1.0, 1, np.where(self.rewards == 0.0, 0, -1))
        known = np.array([-1 if each is None else each for each in passed], dtype=np.int8)
        return np.where(known >= 0, known, scores).astype(np.int8)

    @cached_property
    def units(self) -> Units:
        """The rows of each key together, in the order of the first ones; rows without a key are left out."""
        numbers: dict[Key, int] = {}
        of_row = np.array(
            [-1 if key is None else numbers.setdefault(key, len(numbers)) for key in self.keys],
            dtype=np.int64,
        )
        rows, u = np.flatnonzero(of_row >= 0), len(numbers)
        units, firsts = of_row[rows], np.unique(of_row[rows], return_index=True)[1]
        rewards = self.rewards[rows]
        scored = ~np.isnan(rewards)
        sums, counts = (
            np.bincount(units[scored], each, u) for each in (rewards[scored], np.ones(scored.sum()))
        )
        means = ratios(sums.astype(np.float64), counts.astype(np.float64))
        sizes = np.bincount(units, minlength=u)
        passed = np.bincount(units[self.verdicts[rows] == 1], minlength=u)
        verdicts = np.where(sizes == 1, self.verdicts[rows][firsts], -1).astype(np.int8)
        return Units(numbers, self.places[rows][firsts], means, verdicts, sizes, passed)

    @cached_property
    def samples(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many samples each item has (m,), and how many of them passed (m,).

        An item is a unit; where no unit has several rows, it is a row that may have several samples.
        """
        if (self.units.sizes > 1).any():
            return self.units.sizes, self.units.passed
        rows = numbered(self.columns.rows[place] for place in self.places.tolist())
        return np.bincount(rows), np.bincount(rows[self.verdicts == 1], minlength=len(np.unique(rows)))


def row_keys(columns: RunColumns) -> list[Key | None]:
    """Give what a row is known by: its id, and the number of its sample."""
    return list(zip(map(dumps, columns.ids), columns.sample_indices, strict=True))


def refuse_repeated_ids(side: Side) -> None:
    """Refuse to join by ids of which one stands twice on a side.

    Raises:
        DataError: one does.
    """
    known: dict[Key, int] = {}
    for place, key in zip(side.places.tolist(), side.keys, strict=True):
        first = known.setdefault(key, place)
        if first != place:
            rows = f"rows {side.columns.rows[first]} and {side.columns.rows[place]}"
            raise DataError(
                f"{side.name}: {rows} have the id {side.columns.ids[place]!r}; "
                "--on PATH joins rows by another value, and averages its rows"
            )


def value_keys(columns: RunColumns, path: Path) -> list[Key | None]:
    """Give the text at a path, None where a row has none."""
    return list(columns.texts(path))


def refuse_other_items(sides: Sequence[Side]) -> None:
    """Refuse to join by row numbers what does not stand in one file.

    Raises:
        DataError: rows of one number hold different items.
    """
    first = sides[0]
    known = dict(zip(first.keys, first.columns.items, strict=True))
    for other in sides[1:]:
        for number, key, item in zip(other.columns.rows, other.keys, other.columns.items, strict=True):
            if known.get(key, item) != item:
                raise DataError(
                    f"{first.name} and {other.name} were made from different data: row {number} is another "
                    "item in each; --on PATH names the value that joins them, such as item.id"
                )


def joins_by_row_number(runs: Sequence[Results]) -> bool:
    """Tell whether runs over different data have nothing to be joined by but the numbers of their rows."""
    if len({run.about["data"]["sha256"] for run in runs}) == 1:
        return False
    return any(run.about["row_mapping"].get("id_field") is None for run in runs)
