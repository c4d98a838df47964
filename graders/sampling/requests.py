"""What a model is asked for a sample, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graders.errors import Failure
from graders.strict_json import dumps


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """A prompt, how it is sampled, and the number of the sample, from 0.

    What is None is not sent. `response_format` is sent as it stands, `tools` in the form that the API has of
    functions. `owner` says whose sample it is: equal requests of two owners are different ones.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] | None = None
    response_format: Mapping[str, Any] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    modalities: Sequence[str] | None = None
    repetition: int = 0
    owner: str | None = None

    def key(self) -> bytes:
        """Give the whole request as JSON."""
        return dumps(vars(self))


def repetitions(request: SampleRequest, k: int) -> list[SampleRequest]:
    """Give k different requests for samples of one prompt; a seed goes up by one each time."""
    return [
        replace(request, repetition=index, seed=None if request.seed is None else request.seed + index)
        for index in range(k)
    ]


@dataclass(frozen=True)
class Sampled:
    """A sample object with the keys that graders read, or why there is none; `usage` counts its tokens."""

    sample: Mapping[str, Any] | None = None
    failure: Failure | None = None
    usage: Mapping[str, int] | None = None
    retry_after: float | None = None

    @classmethod
    def failed(cls, reason: str, detail: str) -> "Sampled":
        """Make the outcome of a request that gave no sample."""
        return cls(failure=Failure(reason, detail))
