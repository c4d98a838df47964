"""What a result says of the model that gave it: what it was asked, what it answered, what it used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from graders.batch import Batch
from graders.judges import JudgeRequest
from graders.scores import Scores
from graders.scoring import Scorer
from graders.server.samplings import NO_USAGE
from graders.server.shown_messages import flat


@dataclass(frozen=True)
class JudgeSamples:
    """The prompts of some rows, and how the model sampled."""

    request: JudgeRequest
    messages: Mapping[int, Sequence[Mapping[str, Any]]]

    @classmethod
    def of(cls, scorer: Scorer, batch: Batch) -> Self:
        """Render the prompts of a model grader for a batch."""
        inquiry = cast(Any, scorer).inquiry
        messages, _ = inquiry.prompt.render(batch)
        return cls(inquiry.request, messages)

    def sample(self, row: int, scores: Scores) -> dict[str, Any] | None:
        """Give the sample of a row's result; None where nobody was asked."""
        if row not in self.messages:
            return None
        trace: Mapping[str, Any] = next(iter(scores.traces.get(row, ())), {})
        raw = trace.get("raw")
        failure = scores.error_details.get(row)
        cut = failure is not None and failure.reason == "token_limit"
        usage = trace.get("usage") or {}
        return {
            "input": [
                {"role": each["role"], "content": flat(each["content"])} for each in self.messages[row]
            ],
            "output": [] if raw is None else [{"role": "assistant", "content": raw}],
            "finish_reason": "length" if cut else "stop",
            "model": trace.get("model") or self.request.model,
            "usage": {name: usage.get(name, 0) for name in NO_USAGE},
            "error": None if failure is None else {"code": failure.code.name, "message": failure.detail},
            "seed": self.request.seed,
            "temperature": self.request.temperature,
            "top_p": self.request.top_p,
            "reasoning_effort": self.request.reasoning_effort,
            "max_completions_tokens": self.request.max_tokens,
        }
