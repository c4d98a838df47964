"""Compare runs, or the groups of one run, row by row.

Design: a difference is always the second less the first, so that what is newer and named later is better
where it is positive. Rows are joined first, and everything is computed of the differences of joined rows:
what all models find hard does not widen the interval. A difference is called shown only where its interval
leaves out 0 and the permutation test, adjusted for the number of pairs, agrees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from graders.analysis.columns import RunSource, opened, read_columns
from graders.analysis.joining import (
    Key,
    Side,
    joins_by_row_number,
    refuse_other_items,
    refuse_repeated_ids,
    row_keys,
    value_keys,
)
from graders.analysis.pairs import Comparison, Flip, Interval, Pair, Repeats, Standing, adjusted
from graders.batch import Path
from graders.engine import group_path
from graders.errors import DataError
from graders.results import ROW, Results
from graders.stats import (
    bootstrap_interval,
    mcnemar_test,
    mean_interval,
    numbered,
    outcomes,
    rate_interval,
    sign_flip_test,
)

_MOST_SIDES = 50


def compare(
    *runs: RunSource,
    by: str | None = None,
    on: str | None = None,
    cluster_by: str | None = None,
    sub_reward: str | None = None,
    bootstrap: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare runs with each other or, with `by`, the groups of one run.

    Rows are joined by their ids, or by their value at `on`; of several rows of one value the mean is taken.
    Rows of one value at `cluster_by` are not taken for independent; where it is absent, what the runs
    themselves were clustered by holds, and else samples of one row (`row`) are not. `sub_reward` compares
    that of one sub-grader. Intervals of means and of differences are Student's or, where `bootstrap` says of
    how many resamples, the bootstrap's.

    Raises:
        DataError: there is nothing to compare, or it cannot be joined: nothing in common, an id twice, other
            items under the same row numbers, no row with a value at a path.
        RunError: a directory is no run, or it is slim and its data are gone.
        ValueError: `bootstrap` is below 1.
    """
    if bootstrap is not None and bootstrap < 1:
        raise ValueError(f"expected at least 1 resample; got {bootstrap!r}")
    found = [opened(run) for run in runs]
    if by is None and len(found) < 2:
        raise DataError("expected two runs or more, or --by PATH, which compares the groups of one run")
    if by is not None and len(found) != 1:
        raise DataError(f"--by compares the groups of one run; got {len(found)} runs")
    cluster_by = cluster_by or _own_clusters(found)
    paths = {name: group_path(text) for name, text in _named(by=by, on=on, cluster_by=cluster_by)}
    sides = _sides(found, paths, sub_reward)
    if len(sides) < 2:
        raise DataError(f"{found[0].path}: every row has one value at {by}: {sides[0].name!r}")
    interval: Interval = mean_interval
    if bootstrap is not None:
        interval = partial(bootstrap_interval, resamples=bootstrap, seed=seed)
    pairs = adjusted([_pair(first, second, on, interval, seed) for first, second in combinations(sides, 2)])
    standings = [_standing(side, interval) for side in sides]
    notes = [*_notes(found, cluster_by is not None), *_missing(sides, on)]
    clustered = cluster_by or (ROW if any(side.clusters is not None for side in sides) else None)
    return Comparison(standings, pairs, by, on, clustered, sub_reward, bootstrap, notes)


def _named(**given: str | None) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in given.items() if text is not None)


def _own_clusters(runs: Sequence[Results]) -> str | None:
    paths = {run.about["options"].get("cluster_by") for run in runs}
    return paths.pop() if len(paths) == 1 else None


def _sides(runs: Sequence[Results], paths: dict[str, Path], sub_reward: str | None) -> list[Side]:
    digests = "on" not in paths and joins_by_row_number(runs)
    whole: list[Side] = []
    for run, name in zip(runs, _names(runs), strict=True):
        wanted = list({path.text: path for path in paths.values()}.values())
        columns = read_columns(run, wanted, sub_reward=sub_reward, digests=digests)
        keys = value_keys(columns, paths["on"]) if "on" in paths else row_keys(columns)
        clusters = columns.clusters(paths.get("cluster_by"))
        whole.append(Side(name, run, columns, np.arange(len(columns)), keys, clusters))
    if digests:
        refuse_other_items(whole)
    sides = list(_groups(whole[0], paths["by"])) if "by" in paths else whole
    for side in sides if "on" not in paths else ():
        refuse_repeated_ids(side)
    return sides


def _names(runs: Sequence[Results]) -> list[str]:
    """Name runs by their directories, as briefly as tells them apart."""
    short = [run.path.resolve().name for run in runs]
    return short if len(set(short)) == len(short) else [str(run.path) for run in runs]


def _groups(side: Side, path: Path) -> Iterator[Side]:
    groups: dict[str, list[int]] = {}
    for place, value in enumerate(side.columns.texts(path)):
        if value is not None:
            groups.setdefault(value, []).append(place)
    if len(groups) > _MOST_SIDES:
        raise DataError(
            f"{len(groups):,} values at {path.text} are too many to compare; the most are {_MOST_SIDES}"
        )
    for name, places in groups.items():
        keys = [side.keys[place] for place in places]
        yield Side(name, side.results, side.columns, np.array(places), keys, side.clusters)


def _standing(side: Side, interval: Interval) -> Standing:
    scored = np.flatnonzero(~np.isnan(side.rewards)).tolist()
    clusters = None
    if side.clusters is not None:
        clusters = numbered(side.clusters[place] for place in side.places[scored].tolist())
    elif len(side.units.places) < len(side.keys):
        clusters = numbered(side.keys[at] for at in scored)
    verdicts = side.verdicts[scored]
    rate = None if (verdicts < 0).any() else rate_interval(verdicts == 1, clusters=clusters)
    reward = interval(side.rewards[scored], clusters=clusters)
    repeats = None if (side.verdicts < 0).any() else Repeats.of(*side.samples, interval)
    return Standing(side.name, len(side.places), len(scored), reward, rate, repeats)


def _pair(first: Side, second: Side, on: str | None, interval: Interval, seed: int) -> Pair:
    joined = _Joined.of(first, second)
    if not len(joined.ours):
        what = "id" if on is None else f"value at {on}"
        other = "another value, such as item.id" if on is None else "another value"
        raise DataError(
            f"no row of {first.name} has the {what} of a row of {second.name}; --on PATH joins by {other}"
        )
    common = len(joined.ours)
    joined = joined.scored()
    differences = second.units.rewards[joined.theirs] - first.units.rewards[joined.ours]
    clusters = None
    if first.clusters is not None:
        clusters = numbered(first.clusters[place] for place in first.units.places[joined.ours].tolist())
    flips = joined.flips()
    gained = None if flips is None else sum(flip.gained for flip in flips)
    lost = None if flips is None or gained is None else len(flips) - gained
    independent = clusters is None or len(np.unique(clusters)) == len(clusters)
    known = independent and gained is not None and lost is not None
    return Pair(
        first=first.name,
        second=second.name,
        joined=len(differences),
        difference=interval(differences, clusters=clusters),
        outcomes=outcomes(differences),
        p_permutation=sign_flip_test(differences, clusters, seed=seed),
        gained=gained,
        lost=lost,
        p_mcnemar=mcnemar_test(gained or 0, lost or 0) if known else None,
        left_out={
            "only_first": len(first.units.numbers) - common,
            "only_second": len(second.units.numbers) - common,
            "unscored": common - len(differences),
        },
        flips=flips or [],
    )


@dataclass(frozen=True)
class _Joined:
    """The units (j,) of two sides that have one key, in the order of the first side."""

    first: Side
    second: Side
    keys: Sequence[Key]
    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]

    @classmethod
    def of(cls, first: Side, second: Side) -> "_Joined":
        numbers = second.units.numbers
        keys = [key for key in first.units.numbers if key in numbers]
        places = [[side.units.numbers[key] for key in keys] for side in (first, second)]
        ours, theirs = np.array(places, dtype=np.int64)
        return cls(first, second, keys, ours, theirs)

    def scored(self) -> "_Joined":
        """Leave out what has no reward on one side."""
        rewards = self.first.units.rewards[self.ours] + self.second.units.rewards[self.theirs]
        good = np.flatnonzero(~np.isnan(rewards))
        keys = [self.keys[at] for at in good.tolist()]
        return replace(self, keys=keys, ours=self.ours[good], theirs=self.theirs[good])

    def flips(self) -> list[Flip] | None:
        """Find what passes on one side only; None where not every unit has a verdict on both."""
        before, after = self.first.units.verdicts[self.ours], self.second.units.verdicts[self.theirs]
        if (before < 0).any() or (after < 0).any():
            return None
        return [self._flip(at, gained=bool(after[at])) for at in np.flatnonzero(before != after).tolist()]

    def _flip(self, at: int, *, gained: bool) -> Flip:
        key, (one, other) = self.keys[at], (self.first, self.second)
        ours, theirs = int(self.ours[at]), int(self.theirs[at])
        place, place_of_other = int(one.units.places[ours]), int(other.units.places[theirs])
        return Flip(
            key if isinstance(key, str) else one.columns.ids[place],
            one.columns.rows[place],
            other.columns.rows[place_of_other],
            float(one.units.rewards[ours]),
            float(other.units.rewards[theirs]),
            gained,
            None if isinstance(key, str) else one.columns.sample_indices[place],
        )


def _notes(runs: Sequence[Results], clustered: bool) -> Iterator[str]:
    if len({run.about["grader"]["sha256"] for run in runs}) > 1:
        yield "the runs were made with different graders"
    for key in ("metrics", "judge", "embedder"):
        if any(run.about.get(key) != runs[0].about.get(key) for run in runs):
            yield f"the runs differ in {key}"
    for run in runs:
        if run.about.get("status") != "complete":
            yield f"{run.path} is not complete: {run.about.get('status')}"
    own = {run.about["options"].get("cluster_by") for run in runs}
    if not clustered and len(own) > 1:
        yield "the runs are clustered differently; --cluster-by PATH says what holds here"


def _missing(sides: Sequence[Side], on: str | None) -> Iterator[str]:
    for side in sides:
        absent = sum(key is None for key in side.keys)
        if absent:
            yield f"{absent:,} rows of {side.name} have no value at {on}, and are left out"
