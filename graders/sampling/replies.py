"""What an endpoint's answer to a request for a sample means."""

from collections.abc import Callable, Mapping
from typing import Any

from graders.endpoints.client import Answer
from graders.endpoints.waiting import asked_wait
from graders.sampling.requests import Sampled
from graders.strict_json import loads

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_PASSING = (408, 409, 425)


def read_answer(answer: Answer, model: str, hush: Callable[[str], str]) -> Sampled:
    """Read an answer of any status; `hush` cuts secrets out of what is said."""
    value = _value(answer.body)
    if not 200 <= answer.status < 300:
        return _refused(answer, value, hush)
    choices = value.get("choices") if isinstance(value, Mapping) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(first, Mapping) or not isinstance(message, Mapping):
        return Sampled.failed("no_answer", "the endpoint's answer holds no message")
    named = value.get("model")
    choice = {"index": 0, "message": _message(message), "finish_reason": first.get("finish_reason") or "stop"}
    sample = {"model": named if isinstance(named, str) else model, "choices": [choice]}
    return Sampled(sample, usage=_usage(value.get("usage")))


def _value(body: bytes) -> Any:
    try:
        return loads(body)
    except ValueError:
        return None


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, list):
        texts = [each.get("text") for each in content if isinstance(each, Mapping)]
        content = "".join(text for text in texts if isinstance(text, str))
    said = {
        "role": "assistant",
        "content": content if isinstance(content, str) else "",
        "tool_calls": calls if isinstance(calls, list) else [],
    }
    refusal = message.get("refusal")
    return {**said, "refusal": refusal} if isinstance(refusal, str) else said


def _usage(usage: object) -> dict[str, int] | None:
    if not isinstance(usage, Mapping):
        return None
    counts = {name: usage.get(name) for name in _COUNTS}
    known = {name: count for name, count in counts.items() if type(count) is int and count >= 0}
    prompt, completion = known.get("prompt_tokens", 0), known.get("completion_tokens", 0)
    return {"total_tokens": prompt + completion, **known}


def _refused(answer: Answer, value: Any, hush: Callable[[str], str]) -> Sampled:
    error = value.get("error") if isinstance(value, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    status, said = answer.status, hush(str(error.get("message") or ""))
    behind = f" (HTTP {status})" + (f": {said}" if said else "")
    if status in (401, 403):  # what it says may hold a part of the key
        return Sampled.failed("unauthorized", f"the endpoint refuses the key (HTTP {status})")
    if status == 429 and error.get("code") == "insufficient_quota":
        return Sampled.failed("budget", f"the quota at the endpoint is used up{behind}")
    if status == 429:
        wait = asked_wait(answer.headers)
        return Sampled.failed("rate_limited", f"the endpoint wants fewer requests{behind}", wait)
    if status >= 500 or status in _PASSING:
        return Sampled.failed("server_error", f"the endpoint failed{behind}", asked_wait(answer.headers))
    return Sampled.failed("request_refused", f"the endpoint refuses the request{behind}")
