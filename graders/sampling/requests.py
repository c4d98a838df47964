"""What a model is asked for a sample, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graders.errors import Failure
from graders.strict_json import dumps


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """A prompt, how it is sampled, and the number of the sample, from 0.

    What is None is not sent. `response_format` and `tools` are sent as they stand.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] | None = None
    response_format: Mapping[str, Any] | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    repetition: int = 0

    def key(self) -> bytes:
        """Give the whole request as JSON."""
        return dumps(vars(self))

    def body(self, model: str, *, limit: str, developer: str) -> dict[str, Any]:
        """Give the JSON body; `limit` names the token limit, `developer` the role of developers there."""
        said = {
            "model": model,
            "messages": [
                {**each, "role": developer} if each.get("role") == "developer" else dict(each)
                for each in self.messages
            ],
            "tools": self.tools,
            "response_format": self.response_format,
            "temperature": self.temperature,
            limit: self.max_tokens,
            "seed": self.seed,
        }
        return {name: value for name, value in said.items() if value is not None}


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
    def failed(cls, reason: str, detail: str, retry_after: float | None = None) -> "Sampled":
        """Make the outcome of a request that gave no sample."""
        return cls(failure=Failure(reason, detail), retry_after=retry_after)
