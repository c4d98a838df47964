"""A grader as the reward function of TRL's trainers, GRPOTrainer first.

Design: TRL calls a reward function once for each batch, so the core grades the whole batch at once. A failed
row is None, TRL's word for "no reward"; TRL leaves it out of the baseline of its group and gives it no
advantage. Nothing of TRL is imported: it calls us.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.compile import Grader
from graders.compile.source import Source
from graders.errors import DataError
from graders.integrations.rewards import Completion, Rewards
from graders.scores import Grade

ItemFrom = str | Mapping[str, str] | None
"""Where items come from: the column that holds them, or fields by the columns that hold those."""

_NO_COLUMNS = frozenset({"completion_ids", "trainer_state", "log_extra", "log_metric", "environments"})
"""What TRL hands over beside the columns of the dataset."""


def reward_function(grader: Grader | Source, *, item_from: ItemFrom = None) -> "RewardFunction":
    """Make a reward function of a grader, or of what `load_grader` takes.

    The columns of the dataset are the fields of the item, `prompt` included (`{{item.answer}}` is the column
    `answer`). `item_from` names the column that holds the items instead, objects or their JSON text, or says
    which column each field comes from: `{"answer": "solution"}`.

    TRL logs the rewards under the grader's name; mean sub-rewards stand beside them as `NAME/KEY`, the share
    of failed rows as `NAME/failed`, and the table of completions has the sub-rewards and errors of each row.

    Raises:
        ConfigError: the document cannot be used.
    """
    return RewardFunction(Rewards.of(grader), item_from)


@dataclass(frozen=True)
class RewardFunction:
    """What `reward_function` gives; the `reward_funcs` of a trainer take it. It can be pickled."""

    rewards: Rewards
    item_from: ItemFrom = None

    @property
    def __name__(self) -> str:
        """The grader's name."""
        return self.rewards.__name__

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Completion],
        *,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Grade a batch of n completions; give n rewards, None where a row failed.

        Raises:
            DataError: a column that is named, or that the grader reads, is not there.
        """
        own = {name: values for name, values in columns.items() if name not in _NO_COLUMNS}
        items = self._items({"prompt": prompts, **own}, len(completions))
        grades = self.rewards.grades(completions, items)
        if grades and log_metric is not None:
            _log_means(self.__name__, grades, log_metric)
        if grades and log_extra is not None:
            _log_rows(self.__name__, grades, log_extra)
        return [grade.reward for grade in grades]

    def _items(self, columns: Mapping[str, Sequence[Any]], n: int) -> Sequence[object]:
        if isinstance(self.item_from, str):
            return _column(columns, self.item_from)
        fields = dict(columns) if self.item_from is None else self._fields(columns)
        self._require(fields)
        return [{name: values[row] for name, values in fields.items()} for row in range(n)]

    def _fields(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        sources = self.item_from if isinstance(self.item_from, Mapping) else {}
        return {name: _column(columns, source) for name, source in sources.items()}

    def _require(self, fields: Mapping[str, object]) -> None:
        """Stop where a field that the grader reads is in no row: every row of the training would fail."""
        paths = [path for path in self.rewards.grader.scorer.paths if path.head == "item" and path.segments]
        absent = sorted({path.text for path in paths if path.segments[0] not in fields})
        if absent:
            raise DataError(f"the grader reads {', '.join(absent)}; the item has {_listed(fields)}")


def _column(columns: Mapping[str, Sequence[Any]], name: str) -> Sequence[Any]:
    if name not in columns:
        raise DataError(f"the dataset has no column {name!r}; it has {_listed(columns)}")
    return columns[name]


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _log_means(name: str, grades: Sequence[Grade], log_metric: Callable[[str, float], None]) -> None:
    for key in grades[0].sub_rewards:
        scored = [reward for grade in grades if (reward := grade.sub_rewards[key]) is not None]
        if scored:
            log_metric(f"{name}/{key}", sum(scored) / len(scored))
    failed = sum(bool(grade.errors) for grade in grades)
    log_metric(f"{name}/failed", failed / len(grades))


def _log_rows(name: str, grades: Sequence[Grade], log_extra: Callable[[str, list[Any]], None]) -> None:
    for key in grades[0].sub_rewards:
        log_extra(f"{name}/{key}", [grade.sub_rewards[key] for grade in grades])
    errors = ["; ".join(f"{error.grader}: {error.detail}" for error in grade.errors) for grade in grades]
    log_extra(f"{name}/errors", errors)
