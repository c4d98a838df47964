"""Ask a judge once more, with what is wrong with its answer."""

from dataclasses import replace

from graders.judges import JudgeRequest
from graders.judges._prompts import repair

_LONGEST_ANSWER = 8000
"""Characters of an unusable answer that are sent back; a model that ran away need not read it all."""


def repaired(request: JudgeRequest, text: str, problem: str) -> JudgeRequest:
    """Extend a request by the judge's answer and by what is wrong with it."""
    answer = {"role": "assistant", "content": text[:_LONGEST_ANSWER]}
    complaint = {"role": "user", "content": repair(request.response_schema, problem)}
    return replace(request, messages=(*request.messages, answer, complaint))
