"""What an endpoint's answer means for the row that was asked about: a reply, or a failure with its name."""

from collections.abc import Mapping

from graders.endpoints.client import Answer
from graders.endpoints.contents import WrongShapeError
from graders.endpoints.refusals import Hush, code_of, error_of, error_value, refusal_of, said
from graders.judges import JudgeReply
from graders.judges._wire import Style
from graders.strict_json import loads


def reply_of(answer: Answer, style: Style, hush: Hush) -> JudgeReply:
    """Read an answer of any status."""
    if not 200 <= answer.status < 300:
        return _refusal(answer, hush)
    try:
        value = loads(answer.body)
    except ValueError:
        return JudgeReply.failed("no_answer", "the endpoint's answer is not JSON")
    try:
        if not isinstance(value, Mapping) or value.get("error"):
            raise WrongShapeError(": ".join(("an error", *said(value))))
        return style.reply(value)
    except WrongShapeError as error:
        return JudgeReply.failed("no_answer", hush(f"the endpoint's answer is none: {error}"))


def _refusal(answer: Answer, hush: Hush) -> JudgeReply:
    value = error_value(answer.body)
    if 400 <= answer.status < 500 and code_of(value) == "json_validate_failed":
        return JudgeReply(_failed_generation(value), finish_reason="stop")
    failure, retry_after = refusal_of(answer, hush)
    return JudgeReply(failure=failure, retry_after=retry_after)


def _failed_generation(value: object) -> str | None:
    """Give the text that an endpoint withholds since it does not keep to the schema."""
    text = error_of(value).get("failed_generation")
    return text if isinstance(text, str) else None
