"""A grader in verifiers: as a Rubric, and as the reward of a task of its second stack.

Design: verifiers has two stacks. `Rubric` belongs to the first, which versions before 0.4 have; there a
reward is a number whatever happens, so what cannot be graded counts 0.0, is logged as an error and shows as
`NAME_failed`. Tasks of `verifiers.v1` know rewards that are missing: there a failed row is an error of the
task, and its reward stays unscored. Rows come one by one, at the same time: each is graded in a thread, and
where a judge is asked, its limits hold for all of them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graders.batch import Batch
from graders.compile import Grader
from graders.compile.source import Source
from graders.errors import DataError, MissingExtraError
from graders.integrations.rewards import Rewards
from graders.scores import Grade

if TYPE_CHECKING:
    import verifiers

_FIELDS = ("prompt", "answer", "info", "task", "example_id")


def rubric(
    grader: Grader | Source, *, item_from: str | None = None, weight: float = 1.0
) -> "verifiers.Rubric":
    """Make a `verifiers.Rubric` of a grader, or of what `load_grader` takes.

    The fields of the item are those of the dataset's row (`prompt`, `answer`, `info`, …); `item_from` names
    the one that holds the item instead: `"info"`. The sample is the assistant's last message. Sub-rewards and
    failures are metrics, `NAME_KEY` and `NAME_failed`.

    Raises:
        ConfigError: the document cannot be used.
        MissingExtraError: no verifiers before 0.4 is installed.
    """
    try:
        from verifiers import Rubric
    except ImportError:
        raise MissingExtraError("a Rubric of verifiers", "verifiers") from None
    reward = _RolloutReward(Rewards.of(grader), item_from)
    made = Rubric(funcs=[reward], weights=[weight])
    keys = reward.rewards.grader.score_batch(Batch([], [])).parts
    for name in (*keys, "failed"):
        made.add_metric(_RolloutMetric(reward, name))
    return made


@dataclass(frozen=True)
class _RolloutReward:
    """Grades a rollout, once, and keeps the grade in its state for the metrics that come after."""

    rewards: Rewards
    item_from: str | None

    @property
    def __name__(self) -> str:
        return self.rewards.__name__

    async def __call__(self, state: dict[str, Any]) -> float:
        row = dict(state.get("input") or {})
        row |= {name: state[name] for name in _FIELDS if name not in row and state.get(name) is not None}
        item = row if self.item_from is None else row.get(self.item_from)
        grade = await _graded(self.rewards, state.get("completion"), item)
        state[self.key] = {**grade.sub_rewards, "failed": float(bool(grade.errors))}
        return _reward_of(grade)

    @property
    def key(self) -> str:
        """Where the state keeps what the metrics show."""
        return f"graders_{self.__name__}"


@dataclass(frozen=True)
class _RolloutMetric:
    """Shows one number of a rollout that its reward was graded with."""

    reward: _RolloutReward
    name: str

    @property
    def __name__(self) -> str:
        return f"{self.reward.__name__}_{self.name}"

    async def __call__(self, state: dict[str, Any]) -> float:
        value = state[self.reward.key][self.name]
        return 0.0 if value is None else float(value)


def reward(grader: Grader | Source, *, item_from: str | None = None, weight: float = 1.0) -> "TaskReward":
    """Make the reward of a task of `verifiers.v1` of a grader, or of what `load_grader` takes.

    An attribute of a task's class is one of its rewards, and so is what the task's config plugs in by an
    import path. The fields of the item are those of the task's data; `item_from` names the one that holds
    the item instead. The sample is the assistant's last message. Sub-rewards are recorded as metrics,
    `NAME/KEY`.

    Raises:
        ConfigError: the document cannot be used.
    """
    return TaskReward(Rewards.of(grader), item_from, weight)


class TaskReward:
    """What `reward` gives; it carries the marks by which a task finds its rewards."""

    reward = True
    reward_priority = 0

    def __init__(self, rewards: Rewards, item_from: str | None, weight: float) -> None:
        self.rewards = rewards
        self.item_from = item_from
        self._vf_weight = weight

    @property
    def __name__(self) -> str:
        """The grader's name."""
        return self.rewards.__name__

    async def __call__(self, task: Any, trace: Any) -> float:
        """Grade a rollout.

        Raises:
            DataError: it could not be graded; the task's reward stays unscored.
        """
        data: Mapping[str, Any] = task.model_dump(mode="json")
        item = data if self.item_from is None else data.get(self.item_from)
        messages = [message.model_dump(mode="json") for message in trace.assistant_messages]
        grade = await _graded(self.rewards, messages, item)
        for key, value in grade.sub_rewards.items():
            if value is not None:
                trace.record_metric(f"{self.__name__}/{key}", value)
        return _reward_of(grade)


async def _graded(rewards: Rewards, completion: Any, item: object) -> Grade:
    messages = [_plain(message) for message in completion] if isinstance(completion, list) else completion
    grades = await asyncio.to_thread(rewards.grades, [messages], [item])
    return grades[0]


def _plain(message: Any) -> Any:
    """Give a message as a mapping, whether it is one or an object of verifiers."""
    return message if isinstance(message, Mapping) else message.model_dump(mode="json")


def _reward_of(grade: Grade) -> float:
    if grade.reward is None:
        raise DataError("; ".join(f"{each.grader}: {each.detail}" for each in grade.errors))
    return grade.reward
