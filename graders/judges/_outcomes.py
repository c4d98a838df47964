"""What an endpoint's answer means for the row that was asked about: a reply, or a failure with its name."""

from graders.endpoints.client import Answer
from graders.endpoints.refusals import Hush, code_of, error_of, error_value, read_success, refusal_of
from graders.errors import Failure
from graders.judges import JudgeReply
from graders.judges._wire import Style


def reply_of(answer: Answer, style: Style, hush: Hush) -> JudgeReply:
    """Read an answer of any status."""
    if not 200 <= answer.status < 300:
        return _refusal(answer, hush)
    found = read_success(answer, style.reply, hush)
    return JudgeReply(failure=found) if isinstance(found, Failure) else found


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
