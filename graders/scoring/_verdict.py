"""What score_model and label_model share: ask a judge about every row, and read its verdicts strictly.

Design: a verdict counts only where it is exactly what was asked for, a JSON object of `steps` and `result`.
Everything else is a failure with a reason; no failure ever becomes a grade.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from graders.batch import Batch, Path
from graders.config import LabelModelGrader, ScoreModelGrader
from graders.errors import Failure
from graders.judges import JudgeReply, JudgeRequest
from graders.judges.pool import JudgePool, Replies
from graders.scores import Scores, Trace
from graders.scoring import Binding
from graders.scoring.prompt import Prompt
from graders.strict_json import loads_unique

LONGEST_RAW = 2**16
"""Most characters of a judge's text that a trace keeps."""

_LONGEST_DETAIL = 2000
_STEP = {"description", "conclusion"}


class Verdict(NamedTuple):
    """What a judge said: its steps, and a result that is still any JSON value."""

    steps: list[dict[str, str]] | None
    result: Any


class _Asked(NamedTuple):
    """The rows of a batch that were asked about, the replies to come, and why other rows were not."""

    rows: list[int]
    replies: Replies
    failures: dict[int, Failure]


@dataclass(frozen=True)
class Inquiry:
    """A judge, and what it is asked about each row; `request` is the request of a row without messages.

    `grade` turns a result into a score.
    """

    pool: JudgePool
    prompt: Prompt
    request: JudgeRequest
    grade: Callable[[Any], float | Failure]

    @classmethod
    def of(
        cls,
        binding: Binding,
        config: ScoreModelGrader | LabelModelGrader,
        schema: Mapping[str, Any],
        grade: Callable[[Any], float | Failure],
    ) -> Self:
        """Bind a prompt; what the document does not say about sampling has the hosted default.

        Raises:
            ConfigError: there is no judge.
        """
        pool, sampling = binding.judge(), config.sampling_params
        given = {
            "temperature": sampling and sampling.temperature,
            "top_p": sampling and sampling.top_p,
            "max_tokens": sampling and sampling.max_completions_tokens,
            "seed": sampling and sampling.seed,
            "reasoning_effort": sampling and sampling.reasoning_effort,
        }
        said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        request = JudgeRequest(binding.asked_model(config.model), (), schema, **said)
        return cls(pool, Prompt.of(config.input, binding.media_root), request, grade)

    def begin(self, batch: Batch) -> None:
        """Ask about every row that can be rendered, without waiting for replies."""
        self._asked(batch)

    def score(self, name: str, batch: Batch) -> Scores:
        """Ask about every row that can be rendered, unless that has begun; wait, and read the verdicts."""
        rows, asked, failures = self._asked(batch)
        replies = asked.wait()
        verdicts = [read_verdict(reply) for reply in replies]
        graded = [self._graded(verdict) for verdict in verdicts]
        traces = [
            (trace(name, self.request.model, reply, verdict),)
            for reply, verdict in zip(replies, verdicts, strict=True)
        ]
        values = np.full(len(batch), np.nan)
        values[rows] = [np.nan if isinstance(each, Failure) else each for each in graded]
        failed = {row: each for row, each in zip(rows, graded, strict=True) if isinstance(each, Failure)}
        return replace(
            Scores.of(name, values, failures | failed), traces=dict(zip(rows, traces, strict=True))
        )

    def _asked(self, batch: Batch) -> _Asked:
        key = (Inquiry, id(self))
        if key not in batch.memo:
            messages, failures = self.prompt.render(batch)
            requests = [
                replace(self.request, messages=each, row=batch.number(row)) for row, each in messages.items()
            ]
            asked = _Asked(list(messages), self.pool.ask(requests, self._failure), failures)
            batch.memo[key] = (self, asked)  # with self, lest its id be given to another one
        found: _Asked = batch.memo[key][1]
        return found

    def _failure(self, reply: JudgeReply) -> Failure | None:
        graded = self._graded(read_verdict(reply))
        return graded if isinstance(graded, Failure) else None

    def _graded(self, verdict: Verdict | Failure) -> float | Failure:
        return verdict if isinstance(verdict, Failure) else self.grade(verdict.result)


@dataclass(frozen=True)
class Judged:
    """Scores what a judge says."""

    name: str
    inquiry: Inquiry
    signatures: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of the prompt."""
        return self.inquiry.prompt.paths

    def begin(self, batch: Batch) -> None:
        """Ask about every row, without waiting for replies."""
        self.inquiry.begin(batch)

    def cancel(self) -> None:
        """Ask nothing of what waits to be asked."""
        self.inquiry.pool.cancel()

    def score_batch(self, batch: Batch) -> Scores:
        """Ask about every row that was not asked about yet, and score the replies."""
        return self.inquiry.score(self.name, batch)


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
