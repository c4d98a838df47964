"""Ask a judge: the one place where judges are called, and so the boundary round other people's code."""

from collections.abc import Sequence

from graders.endpoints.refusals import too_long
from graders.judges import Judge, JudgeReply, JudgeRequest
from graders.tracing import span

_LONGEST_MESSAGE = 2000


def replies_of(judge: Judge, requests: Sequence[JudgeRequest]) -> list[JudgeReply]:
    """Ask about one request, or about several if the judge takes many; what goes wrong is a reply too."""
    about = {"gen_ai.request.model": requests[0].model, "graders.requests": len(requests)}
    with span("graders.judge", about) as found:
        replies = _replies_of(judge, requests)
        found |= _told(replies)
    return replies


def _told(replies: Sequence[JudgeReply]) -> dict[str, object]:
    usages = [reply.usage for reply in replies if reply.usage]
    failures = {reply.failure.reason for reply in replies if reply.failure}
    return {
        "gen_ai.response.model": replies[0].model,
        "gen_ai.usage.input_tokens": sum(usage["prompt_tokens"] for usage in usages),
        "gen_ai.usage.output_tokens": sum(usage["completion_tokens"] for usage in usages),
        "error.type": min(failures, default=None),
    }


def _replies_of(judge: Judge, requests: Sequence[JudgeRequest]) -> list[JudgeReply]:
    try:
        if len(requests) == 1:
            return [_checked(judge.ask(requests[0]))]
        replies = judge.ask_many(requests)  # type: ignore[attr-defined]  # whoever has it is asked so
        if not isinstance(replies, Sequence) or len(replies) != len(requests):
            raise TypeError(f"expected {len(requests)} replies; got {replies!r}"[:_LONGEST_MESSAGE])
        return [_checked(reply) for reply in replies]
    except TimeoutError as error:
        failed = JudgeReply.failed("timeout", f"the judge failed: {_name(error)}")
    except OSError as error:  # a connection, as a rule; to ask again may help
        failed = JudgeReply.failed("no_answer", f"the judge failed: {_name(error)}")
    except Exception as error:  # the judge is somebody else's code
        failed = JudgeReply.failed("judge_failed", f"the judge failed: {_name(error)}")
    return [failed] * len(requests)


def _checked(reply: object) -> JudgeReply:
    if not isinstance(reply, JudgeReply):
        return JudgeReply.failed("judge_failed", f"expected a JudgeReply; got {type(reply).__name__}")
    endless = too_long(reply.retry_after)
    return reply if endless is None else JudgeReply(failure=endless)


def _name(error: Exception) -> str:
    try:
        message = str(error)
    except Exception:  # so is the exception
        message = "its message cannot be read"
    return f"{type(error).__name__}: {message}"[:_LONGEST_MESSAGE]
