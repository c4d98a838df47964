"""Who answers for score_model and label_model: the protocol of a judge, its requests and its replies.

A judge is any class with `identity` and `ask`; ten lines are enough:

    class Strict:
        identity = "strict"

        def ask(self, request: JudgeRequest) -> JudgeReply:
            return JudgeReply('{"steps": [], "result": 0}')

Design: one request, one reply. How many are on their way at once, and that identical requests are asked
once, is `pool`'s business. What may go wrong comes back as a reply, so that one row's failure is no other
row's; what a third party's judge raises all the same, `pool` makes into such a reply.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

from graders.errors import REASONS, Failure
from graders.strict_json import dumps

__all__ = ["JUDGE_REASONS", "USAGE", "Judge", "JudgeReply", "JudgeRequest", "fingerprint_of"]

USAGE = ("prompt_tokens", "total_tokens", "completion_tokens", "cached_tokens")
"""What is counted of a reply, in the order of the hosted service."""

JUDGE_REASONS = frozenset(reason for reason, code in REASONS.items() if code.name.startswith("model_grader_"))
"""The reasons that a judge may give for a failure."""


@dataclass(frozen=True, eq=False)
class JudgeRequest:
    """What a judge is asked; two requests are equal where every part of them is.

    A message is `{"role", "content"}`, its content a text or a list of blocks as they stand in grader
    documents. `response_schema` is the `json_schema` of a strict response format: name, description,
    strict, schema. `repetition` tells apart requests that are to be asked anew although they are equal.
    `row` is the number of the row that is asked about, no part of the request.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    response_schema: Mapping[str, Any]
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 4096
    seed: int | None = None
    reasoning_effort: str | None = None
    repetition: int = 0
    row: int | None = None

    def key(self) -> bytes:
        """Give the whole request as JSON."""
        return dumps({name: value for name, value in vars(self).items() if name != "row"})

    def fingerprint(self) -> str:
        """Give the SHA-256 of the key, 64 hexadecimal digits."""
        return fingerprint_of(self.key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JudgeRequest) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())


def fingerprint_of(key: bytes) -> str:
    """Give the fingerprint of the request that has this key."""
    return hashlib.sha256(key).hexdigest()


@dataclass(frozen=True)
class JudgeReply:
    """What a judge answered, or why it did not.

    `text` is the answer; `refusal` what the model says instead; `model` the snapshot that answered, where
    it is known; `usage` its tokens by the names in `USAGE`; `failure` says why there is no answer, and
    `retry_after` how many seconds the endpoint wants to be left alone.

    Raises:
        TypeError: a field is of another type.
        ValueError: the reason is not one that a judge may give, or a count is negative.
    """

    text: str | None = None
    refusal: str | None = None
    finish_reason: str | None = None
    model: str | None = None
    usage: Mapping[str, int] | None = None
    failure: Failure | None = None
    retry_after: float | None = None

    def __post_init__(self) -> None:
        for name in ("text", "refusal", "finish_reason", "model"):
            if not isinstance(getattr(self, name), str | None):
                raise TypeError(f"{name}: expected a text or None; got {type(getattr(self, name)).__name__}")
        if self.failure is not None:
            _check_failure(self.failure)
        if self.retry_after is not None and not 0 <= self.retry_after < float("inf"):
            raise ValueError(f"retry_after: expected seconds of at least 0; got {self.retry_after!r}")
        if self.usage is not None:
            object.__setattr__(self, "usage", _counts(self.usage))

    @classmethod
    def failed(cls, reason: str, detail: str) -> Self:
        """Make the reply of a judge that has no answer."""
        return cls(failure=Failure(reason, detail))

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Make a reply of what `to_dict` gives; absent keys are None.

        Raises:
            TypeError, ValueError: it is no such thing.
        """
        unknown = value.keys() - set(_SAID)
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r} in a reply")
        failure = value.get("failure")
        if failure is not None:
            if not isinstance(failure, Mapping) or failure.keys() != {"reason", "detail"}:
                raise ValueError("failure: expected an object with reason and detail")
            failure = Failure(failure["reason"], str(failure["detail"]))
        return cls(**{**value, "failure": failure})

    def to_dict(self) -> dict[str, Any]:
        """Give the reply as a JSON value."""
        failure = self.failure and {"reason": self.failure.reason, "detail": self.failure.detail}
        return {name: getattr(self, name) for name in _SAID} | {"failure": failure}


_SAID = tuple(each.name for each in fields(JudgeReply) if each.name != "retry_after")


class Judge(Protocol):
    """Answers requests, one at a time, from several threads at once.

    A judge may also have
    - `model: str`, which goes before the document's model in every request;
    - `concurrency: int`, the most requests that it wants to be asked at the same time;
    - `final = True`, if its replies are neither worth keeping nor, as failures, worth asking for again;
    - `repairs = True`, if a reply that is no verdict is to be asked for once more, with what is wrong;
    - `ask_many(requests: Sequence[JudgeRequest]) -> Sequence[JudgeReply]`, if it is better asked several
      requests in one call, of which there are 32 at most;
    - `limited(seconds: float) -> Judge`, which gives a judge that gives a call up after so long. A judge
      without it is left to itself when its time is over: its row fails, its thread goes on.
    """

    @property
    def identity(self) -> str:
        """What answers, for `run.json`: equal identities give interchangeable replies."""

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Answer one request; a failure is a reply, not an exception."""


def _check_failure(failure: object) -> None:
    if not isinstance(failure, Failure) or not isinstance(failure.detail, str):
        raise TypeError(f"failure: expected a Failure with a text; got {failure!r}")
    if failure.reason not in JUDGE_REASONS:
        reasons = ", ".join(sorted(JUDGE_REASONS))
        raise ValueError(f"failure: expected one of {reasons}; got {failure.reason!r}")


def _counts(usage: object) -> dict[str, int]:
    """Give all of `USAGE`, 0 where nothing was counted; other counts are dropped."""
    if not isinstance(usage, Mapping):
        raise TypeError(f"usage: expected a mapping; got {type(usage).__name__}")
    counts = {name: usage.get(name) for name in USAGE}
    for name, count in counts.items():
        if count is not None and type(count) is not int:
            raise TypeError(f"usage: expected a whole number of {name}; got {type(count).__name__}")
        if count is not None and count < 0:
            raise ValueError(f"usage: expected {name} of at least 0; got {count}")
    known = {name: count or 0 for name, count in counts.items()}
    if counts["total_tokens"] is None:
        known["total_tokens"] = known["prompt_tokens"] + known["completion_tokens"]
    return known
