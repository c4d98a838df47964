"""What score_model and label_model share: ask a judge about every row, and read its verdicts strictly.

Design: a verdict counts only where it is exactly what was asked for, a JSON object of `steps` and `result`.
Everything else is a failure with a reason; no failure ever becomes a grade.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from graders.batch import Batch, Path
from graders.config import GraderMessage, SamplingParams
from graders.errors import Failure
from graders.judges import Judge, JudgeReply, JudgeRequest
from graders.judges.pool import ask_all
from graders.scores import Scores, Trace
from graders.scoring._prompt import Prompt
from graders.strict_json import loads_unique

LONGEST_RAW = 2**16
"""Most characters of a judge's text that a trace keeps."""

_LONGEST_DETAIL = 2000
_STEP = {"description", "conclusion"}


class Verdict(NamedTuple):
    """What a judge said: its steps, and a result that is still any JSON value."""

    steps: list[dict[str, str]] | None
    result: Any


@dataclass(frozen=True)
class Inquiry:
    """A judge, and what it is asked about each row; `request` is the request of a row without messages."""

    judge: Judge
    prompt: Prompt
    request: JudgeRequest

    @classmethod
    def of(
        cls,
        judge: Judge,
        model: str,
        messages: Sequence[GraderMessage],
        sampling: SamplingParams | None,
        schema: Mapping[str, Any],
    ) -> Self:
        """Bind a prompt; what the document does not say about sampling has the hosted default."""
        given = {
            "temperature": sampling and sampling.temperature,
            "top_p": sampling and sampling.top_p,
            "max_tokens": sampling and sampling.max_completions_tokens,
            "seed": sampling and sampling.seed,
            "reasoning_effort": sampling and sampling.reasoning_effort,
        }
        said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        asked_for = getattr(judge, "model", None) or model
        return cls(judge, Prompt.of(messages), JudgeRequest(asked_for, (), schema, **said))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of the prompt."""
        return self.prompt.paths

    def score(self, name: str, batch: Batch, grade: Callable[[Any], float | Failure]) -> Scores:
        """Ask about every row that can be rendered; `grade` turns a result into a score."""
        messages, failures = self.prompt.render(batch)
        replies = ask_all(self.judge, [replace(self.request, messages=each) for each in messages.values()])
        verdicts = [read_verdict(reply) for reply in replies]
        graded = [each if isinstance(each, Failure) else grade(each.result) for each in verdicts]
        outcomes = dict(zip(messages, graded, strict=True))
        traces = [
            (trace(name, self.request.model, reply, verdict),)
            for reply, verdict in zip(replies, verdicts, strict=True)
        ]
        values = np.full(len(batch), np.nan)
        values[list(messages)] = [np.nan if isinstance(each, Failure) else each for each in graded]
        failures |= {row: each for row, each in outcomes.items() if isinstance(each, Failure)}
        return replace(Scores.of(name, values, failures), traces=dict(zip(messages, traces, strict=True)))


def response_schema(name: str, description: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Give the `json_schema` of a strict response format: steps, then a result of the given schema."""
    return {
        "name": name,
        "description": description,
        "strict": True,
        "schema": _object(
            {
                "steps": {
                    "type": "array",
                    "items": _object({"description": {"type": "string"}, "conclusion": {"type": "string"}}),
                },
                "result": dict(result),
            }
        ),
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read_verdict(reply: JudgeReply) -> Verdict | Failure:
    """Read what a judge answered, or say why it is no verdict."""
    if reply.failure is not None:
        return Failure(reply.failure.reason, reply.failure.detail[:_LONGEST_DETAIL])
    if reply.refusal:
        return Failure("refusal", reply.refusal[:_LONGEST_DETAIL])
    if reply.finish_reason == "length":
        return Failure("token_limit", "the judge was cut off at its token limit")
    if reply.finish_reason == "content_filter":
        return Failure("content_filter", "a content filter stopped the judge")
    if reply.text is None:
        return Failure("not_json", "the judge gave no text")
    try:
        return _verdict(loads_unique(reply.text))
    except ValueError as error:
        return Failure("not_json", f"the judge's text is not JSON: {error}"[:_LONGEST_DETAIL])


def _verdict(value: Any) -> Verdict | Failure:
    if not isinstance(value, dict) or value.keys() != {"steps", "result"}:
        return Failure("wrong_reply_shape", "expected an object with steps and result and nothing else")
    steps = value["steps"]
    if not (isinstance(steps, list) and all(map(_is_step, steps))):
        return Failure("wrong_reply_shape", "expected each of the steps with description and conclusion")
    return Verdict(steps, value["result"])


def _is_step(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == _STEP
        and all(isinstance(each, str) for each in value.values())
    )


def trace(grader: str, model: str, reply: JudgeReply, verdict: Verdict | Failure) -> Trace:
    """Say what a judge answered, bounded in size: of a text longer than `LONGEST_RAW` no steps are kept.

    `steps` and `result` are None where there is no verdict; a result that is no scalar stands in `raw` only.
    """
    raw = reply.text or reply.refusal
    said = verdict if isinstance(verdict, Verdict) and len(raw or "") <= LONGEST_RAW else Verdict(None, None)
    return {
        "grader": grader,
        "model": reply.model or model,
        "steps": said.steps,
        "result": None if isinstance(said.result, dict | list) else said.result,
        "usage": reply.usage,
        "raw": None if raw is None else raw[:LONGEST_RAW],
    }
