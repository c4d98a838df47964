"""The rows of a run as columns: rewards, verdicts, and the values at a few paths."""

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.batch import Batch, Path
from graders.engine import whole_rows
from graders.errors import DataError, Failure
from graders.results import MISSING_GROUP, Results, group_text
from graders.strict_json import dumps

_CHUNK = 1000
RunSource = Results | str | os.PathLike[str]


@dataclass
class RunColumns:
    """What was read of a run, a value a row.

    `rewards` holds NaN where a row has none, `passed` None where no threshold is known; `values` maps the
    text of a path to its column, with None where a row has nothing there; `items` holds digests of the items.
    """

    rewards: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    passed: list[bool | None] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    ids: list[Any] = field(default_factory=list)
    sample_indices: list[int | None] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    items: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows have a reward, (n,)."""
        return ~np.isnan(self.rewards)

    def texts(self, path: Path) -> list[str | None]:
        """Give the values at a path as the texts that groups are named by."""
        return [None if value is None else group_text(value) for value in self.values[path.text]]

    def clusters(self, path: Path | None) -> Sequence[str | int | None] | None:
        """Give what rows (n,) that are not independent have in common.

        That is the value at a path or, without one, the row that several samples belong to; None where no row
        has several.
        """
        if path is not None:
            return self.texts(path)
        return self.rows if any(index is not None for index in self.sample_indices) else None


def opened(run: RunSource) -> Results:
    """Open a run that is named by its directory.

    Raises:
        RunError: it is none.
    """
    return run if isinstance(run, Results) else Results.open(run)


def read_columns(
    results: Results, paths: Sequence[Path] = (), *, sub_reward: str | None = None, digests: bool = False
) -> RunColumns:
    """Read the rewards, or those of one sub-grader, and the values at some paths.

    `digests` asks for those of the items, the field of a flat row that holds the sample left out.

    Raises:
        DataError: no row has such a sub-reward, or a value at one of the paths.
        RunError: a line cannot be read; or the run is slim, and its data are gone or have changed.
    """
    found = RunColumns(values={path.text: [] for path in paths})
    rewards: list[float] = []
    names: dict[str, None] = {}
    lines = _lines(results, paths, digests)
    left_out = _sample_key(results) if digests else None
    while chunk := list(islice(lines, _CHUNK)):
        for line in chunk:
            names |= dict.fromkeys(line["sub_rewards"])
        rewards += _rewards(chunk, sub_reward)
        found.passed += [None if sub_reward else line["passed"] for line in chunk]
        found.rows += [line["row"] for line in chunk]
        found.ids += [line["id"] for line in chunk]
        found.sample_indices += [line.get("sample_index") for line in chunk]
        _add_values(found, chunk, paths)
        if digests:
            found.items += [_digest(line["item"], left_out) for line in chunk]
    if sub_reward is not None and sub_reward not in names:
        known = f"expected one of {', '.join(names)}" if names else "it has none"
        raise DataError(f"{results.path}: no sub-reward {sub_reward!r}; {known}")
    for path in paths:
        if all(value is None for value in found.values[path.text]):
            raise DataError(f"{results.path}: no row has a value at {path.text}")
    found.rewards = np.array(rewards, dtype=np.float64)
    return found


def _lines(results: Results, paths: Sequence[Path], digests: bool) -> Iterator[dict[str, Any]]:
    """Read the rows; those of a slim run without its data, where its lines hold what is asked for."""
    options = results.about["options"]
    kept = {*options["group_by"], options.get("cluster_by")} if options["slim"] else set()
    if not digests and kept and all(path.text in kept for path in paths):
        return results.rows()
    return whole_rows(results) if paths or digests else results.rows()


def _rewards(lines: Sequence[Mapping[str, Any]], sub_reward: str | None) -> list[float]:
    if sub_reward is None:
        found = [line["reward"] for line in lines]
    else:
        found = [line["sub_rewards"].get(sub_reward) for line in lines]
    return [math.nan if reward is None else reward for reward in found]


def _add_values(found: RunColumns, lines: Sequence[Mapping[str, Any]], paths: Sequence[Path]) -> None:
    if not paths:
        return
    if "item" not in lines[0]:
        for path in paths:
            texts = [line["groups"][path.text] for line in lines]
            found.values[path.text] += [None if text == MISSING_GROUP else text for text in texts]
        return
    batch = Batch([line["item"] or {} for line in lines], [line["sample"] for line in lines])
    for path in paths:
        column = batch.column(path)
        found.values[path.text] += [None if isinstance(value, Failure) else value for value in column]


def _sample_key(results: Results) -> str | None:
    text = results.about["row_mapping"].get("sample_field")
    return None if text is None else str(text).partition(".")[0]


def _digest(item: Any, left_out: str | None) -> bytes:
    if isinstance(item, dict) and left_out in item:
        item = {key: value for key, value in item.items() if key != left_out}
    return hashlib.blake2b(dumps(item), digest_size=16).digest()
