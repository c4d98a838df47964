"""A grader as a plain function: completions and items in, one reward or None for each out.

Design: every trainer wants a function of its own shape, and nearly all are this one with other names for the
parameters. A failed row is None, never a number: a trainer that is told 0.0 learns from an outage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graders.batch import Batch, Item, Sample
from graders.compile import Grader, load_grader
from graders.compile.source import Source
from graders.errors import Failure
from graders.scores import Grade
from graders.strict_json import dumps, loads

Message = Mapping[str, Any]
T = TypeVar("T")
Completion = str | Sequence[Message] | Message | None
"""What a model gave: its text, the messages of its turns, or a whole sample object."""


@dataclass(frozen=True)
class Rewards:
    """A grader that is called with n completions and gives n rewards, as floats, None where a row failed.

    Example:
        >>> rewards = Rewards.of("template:exact_match")
        >>> rewards(["Paris", "Rome"], [{"answer": "Paris"}, {"answer": "Paris"}])
        [1.0, 0.0]
    """

    grader: Grader

    @classmethod
    def of(cls, grader: Grader | Source) -> "Rewards":
        """Take a grader, or make one of what `load_grader` takes.

        Raises:
            ConfigError: the document cannot be used.
        """
        return cls(grader if isinstance(grader, Grader) else load_grader(grader))

    @property
    def __name__(self) -> str:
        """What trainers call it in their logs: the grader's name."""
        return self.grader.name

    def __call__(
        self, completions: Sequence[Completion], items: Sequence[object] | None = None
    ) -> list[float | None]:
        """Grade completions; give their rewards.

        Raises:
            ValueError: there are not as many items as completions.
        """
        return [grade.reward for grade in self.grades(completions, items)]

    def grades(self, completions: Sequence[Completion], items: Sequence[object] | None = None) -> list[Grade]:
        """Grade completions in one batch; give all that is known of each.

        An item is a mapping, or the JSON text of an object; without `items` each is empty. Of messages the
        last of the assistant is graded.

        Raises:
            ValueError: there are not as many items as completions.
        """
        given = [{}] * len(completions) if items is None else list(items)
        read = [_item_of(item) for item in given]
        said = [sample_of(each) for each in completions]
        failures = {
            row: each
            for column in (said, read)
            for row, each in enumerate(column)
            if isinstance(each, Failure)
        }
        rows = Batch(_without(failures, read), _without(failures, said), failures)
        return list(self.grader.grades(self.grader.score_batch(rows)))


def _without(failures: Mapping[int, Failure], column: Sequence[T | Failure]) -> list[T | None]:
    return [None if row in failures else cast(T, each) for row, each in enumerate(column)]


def sample_of(completion: object) -> Sample | Failure:
    """Give the sample of a completion: of messages the assistant's last, empty text where it said nothing."""
    if completion is None or isinstance(completion, str | Mapping):
        return completion
    messages = _messages(completion)
    if messages is None:
        shown = type(completion).__name__
        return Failure("not_an_object", f"expected a text, an object or an array of messages; got {shown}")
    replies = [message for message in messages if message.get("role") == "assistant"]
    if not replies:
        return ""
    message = replies[-1]
    if isinstance(message.get("content"), str) and not message.get("tool_calls"):
        return str(message["content"])
    calls = [_call_of(call) for call in message.get("tool_calls") or ()]
    said = {**message, "tool_calls": calls}
    return {"choices": [{"index": 0, "message": said, "finish_reason": "tool_calls" if calls else "stop"}]}


def _messages(completion: object) -> list[Message] | None:
    if not isinstance(completion, Sequence):
        return None
    found = [each for each in completion if isinstance(each, Mapping)]
    return found if len(found) == len(completion) else None


def _call_of(call: Message) -> Message:
    """Give a tool call as OpenAI writes it, its function an object and the arguments a JSON text."""
    flat = {"name": call.get("name"), "arguments": call.get("arguments")}
    function = call.get("function", flat)
    if not isinstance(function, Mapping):
        return call
    given = function.get("arguments")
    arguments = given if isinstance(given, str) else dumps(given or {}).decode()
    return {"id": call.get("id"), "type": "function", "function": {**function, "arguments": arguments}}


def _item_of(item: object) -> Item | Failure:
    if isinstance(item, str):
        try:
            item = loads(item)
        except ValueError as error:
            return Failure("malformed_json", f"the item is not JSON: {error}")
    if isinstance(item, Mapping):
        return dict(item)
    return Failure("not_an_object", f"expected an item to be an object; got {type(item).__name__}")
