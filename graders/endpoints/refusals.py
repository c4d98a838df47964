"""What an endpoint's answer means for whoever asked: what is read out of it, or a failure with its name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from graders.endpoints import without_credentials
from graders.endpoints.client import Answer, NoAnswerError, OutOfTimeError
from graders.endpoints.contents import WrongShapeError
from graders.endpoints.limits import LONGEST_PAUSE
from graders.endpoints.waiting import asked_wait
from graders.errors import Failure
from graders.strict_json import loads

Read = TypeVar("Read")
Hush = Callable[[str], str]
"""Cuts secrets out of what is said."""

_PASSING = (408, 409, 425)
_ECHOES = frozenset({"input", "ctx", "body", "failed_generation", "innererror", "inner_error"})
"""What error bodies repeat of the request or of the model: not what is wrong."""
_DEEPEST = 6


class Refusal(NamedTuple):
    """Why there is no answer, and after how many seconds the endpoint wants to be asked again."""

    failure: Failure
    retry_after: float | None = None


def read_success(answer: Answer, read: Callable[[Mapping[str, Any]], Read], hush: Hush) -> Read | Failure:
    """Read the JSON of an answer that is a success; `read` raises WrongShapeError where it is none."""
    try:
        value = loads(answer.body)
    except ValueError:
        return Failure("no_answer", "the endpoint's answer is not JSON")
    try:
        if not isinstance(value, Mapping) or value.get("error"):
            raise WrongShapeError(": ".join(("an error", *said(value))))
        return read(value)
    except WrongShapeError as error:
        return Failure("no_answer", hush(f"the endpoint's answer is none: {error}"))


def silence_of(error: NoAnswerError, seconds: float, hush: Hush) -> Failure:
    """Say why there was no answer to a call that had so many seconds."""
    if isinstance(error, OutOfTimeError):
        return Failure("timeout", f"no whole answer within {seconds:g} s")
    return Failure("no_answer", hush(f"no answer: {error}"))


def too_long(pause: float | None) -> Failure | None:
    """Say of a pause that nobody waits for so long; None where somebody does."""
    if pause is None or pause <= LONGEST_PAUSE:
        return None
    return Failure("budget", f"the endpoint asks for a pause of {pause:.0f} s")


def refusal_of(answer: Answer, hush: Hush) -> Refusal:
    """Read an answer that is no success."""
    status, value = answer.status, error_value(answer.body)
    message = hush(message_of(value))
    behind = f" (HTTP {status})" + (f": {message}" if message else "")
    code = code_of(value)
    if status in (401, 403):  # what it says may hold a part of the key
        return _refusal("unauthorized", f"the endpoint refuses the key (HTTP {status})")
    if status == 429 and code == "insufficient_quota":
        return _refusal("budget", f"the quota at the endpoint is used up{behind}")
    if status == 429:
        return _refusal("rate_limited", f"the endpoint wants fewer requests{behind}", answer)
    if status >= 500 or status < 200 or status in _PASSING:
        return _refusal("server_error", f"the endpoint failed{behind}", answer)
    if status < 400:
        return _refusal("request_refused", _redirection(answer, hush))
    if code == "content_filter":
        return _refusal("content_filter", f"a content filter refuses the prompt{behind}")
    return _refusal("request_refused", f"the endpoint refuses the request{behind}")


def _refusal(reason: str, detail: str, waiting: Answer | None = None) -> Refusal:
    return Refusal(Failure(reason, detail), None if waiting is None else asked_wait(waiting.headers))


def _redirection(answer: Answer, hush: Hush) -> str:
    target = hush(without_credentials(answer.headers.get("location", "elsewhere")))
    return f"the endpoint redirects to {target!r} (HTTP {answer.status}); is the base URL right?"


def refusal_text(body: bytes) -> str:
    """Give all that an error body says about the request, for `Abilities.without`."""
    return " ".join(said(error_value(body)))


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


def error_value(body: bytes) -> Any:
    """Read an error body: JSON, or a plain text."""
    try:
        return loads(body)
    except ValueError:
        text = body.decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text


def error_of(value: object) -> Mapping[str, Any]:
    """Give the error in an error body, empty where there is none."""
    error = value.get("error") if isinstance(value, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def code_of(value: object) -> object:
    """Give the code of the error in an error body, or None."""
    return error_of(value).get("code")
