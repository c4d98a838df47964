"""What a model was asked about a row, and what came of it, as an output item shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders.sampling import Sampled, SampleRequest
from graders.server.shown_messages import shown_input, shown_message

NO_USAGE: Mapping[str, int] = dict.fromkeys(
    ("total_tokens", "completion_tokens", "prompt_tokens", "cached_tokens"), 0
)


@dataclass(frozen=True)
class Sampling:
    """What the model was asked about a row, and what came of it; `model` is the one that was asked for."""

    request: SampleRequest
    model: str
    sampled: Sampled

    @property
    def answered_by(self) -> str:
        """The model that answered, as the endpoint names it."""
        return str((self.sampled.sample or {}).get("model") or self.model)

    @property
    def usage(self) -> Mapping[str, int] | None:
        """What the answer cost; None where there was none."""
        return None if self.sampled.sample is None else {**NO_USAGE, **(self.sampled.usage or {})}

    def shown(self) -> dict[str, Any]:
        """Give the sample of an output item."""
        sample, failure, request = self.sampled.sample, self.sampled.failure, self.request
        choice: Mapping[str, Any] = sample["choices"][0] if sample else {"finish_reason": "error"}
        effort = {} if request.reasoning_effort is None else {"reasoning_effort": request.reasoning_effort}
        return {
            "input": [shown_input(each) for each in request.messages],
            "output": [shown_message(choice["message"])] if sample else [],
            "finish_reason": str(choice["finish_reason"]),
            "model": self.answered_by,
            "usage": {name: (self.usage or NO_USAGE)[name] for name in NO_USAGE},
            "error": None if failure is None else {"code": failure.reason, "message": failure.detail},
            "temperature": request.temperature,
            "max_completion_tokens": request.max_tokens,
            "top_p": request.top_p,
            "seed": request.seed,
            **effort,
        }
