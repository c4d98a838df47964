"""What an endpoint's answer means for the row that was asked about: a reply, or a failure with its name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from graders.endpoints import without_credentials
from graders.endpoints.client import Answer
from graders.endpoints.waiting import asked_wait
from graders.judges import JudgeReply
from graders.judges._wire import Style, WrongShapeError
from graders.strict_json import loads

_PASSING = (408, 409, 425)
_ECHOES = frozenset({"input", "ctx", "body", "failed_generation", "innererror", "inner_error"})
"""What error bodies repeat of the request or of the model: not what is wrong."""
_DEEPEST = 6
Hush = Callable[[str], str]


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
    status, value = answer.status, _value(answer.body)
    message = hush(message_of(value))
    behind = f" (HTTP {status})" + (f": {message}" if message else "")
    if status in (401, 403):  # what it says may hold a part of the key
        return JudgeReply.failed("unauthorized", f"the endpoint refuses the key (HTTP {status})")
    if status == 429 and _code(value) == "insufficient_quota":
        return JudgeReply.failed("budget", f"the quota at the endpoint is used up{behind}")
    if status == 429:
        reply = JudgeReply.failed("rate_limited", f"the endpoint wants fewer requests{behind}")
        return replace(reply, retry_after=asked_wait(answer.headers))
    if status >= 500 or status < 200 or status in _PASSING:
        reply = JudgeReply.failed("server_error", f"the endpoint failed{behind}")
        return replace(reply, retry_after=asked_wait(answer.headers))
    if status < 400:
        return JudgeReply.failed("request_refused", _redirection(answer, hush))
    code = _code(value)
    if code == "content_filter":
        return JudgeReply.failed("content_filter", f"a content filter refuses the prompt{behind}")
    if code == "json_validate_failed":
        return JudgeReply(_failed_generation(value), finish_reason="stop")
    return JudgeReply.failed("request_refused", f"the endpoint refuses the request{behind}")


def _redirection(answer: Answer, hush: Hush) -> str:
    target = hush(without_credentials(answer.headers.get("location", "elsewhere")))
    return f"the endpoint redirects to {target!r} (HTTP {answer.status}); is the base URL right?"


def refusal_text(body: bytes) -> str:
    """Give all that an error body says about the request, for `Abilities.without`."""
    return " ".join(said(_value(body)))


def said(value: object, depth: int = 0) -> Iterator[str]:
    """Give the texts of an error body, without what it repeats of the request."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for name in value.keys() - _ECHOES if depth else value:
            yield from said(value[name], depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for each in value:
            yield from said(each, depth + 1)


def message_of(value: object) -> str:
    """Give what an error body says to people; empty where it is a proxy's page."""
    error = value.get("error", value) if isinstance(value, Mapping) else value
    message = error.get("message") if isinstance(error, Mapping) else None
    return message if isinstance(message, str) else ": ".join(said(value))


def _value(body: bytes) -> Any:
    """Read an error body: JSON, or a plain text."""
    try:
        return loads(body)
    except ValueError:
        text = body.decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text


def _error(value: object) -> Mapping[str, Any]:
    error = value.get("error") if isinstance(value, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _code(value: object) -> object:
    return _error(value).get("code")


def _failed_generation(value: object) -> str | None:
    """Give the text that an endpoint withholds since it does not keep to the schema."""
    text = _error(value).get("failed_generation")
    return text if isinstance(text, str) else None
