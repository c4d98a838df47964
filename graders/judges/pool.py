"""Ask a judge many requests: several at a time, equal ones once, answers in order.

Design: this is the one place where a judge is called, and so the boundary round other people's code.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from graders.judges import Judge, JudgeReply, JudgeRequest

THREADS = 8
"""Most requests on their way at once, where the judge names no other number."""

_LONGEST_MESSAGE = 2000


def ask_all(judge: Judge, requests: Sequence[JudgeRequest]) -> list[JudgeReply]:
    """Give the reply to each request, in their order.

    Equal requests are asked once and share the reply. What the judge raises becomes a reply with the
    reason `judge_failed`.
    """
    keys = [request.fingerprint() for request in requests]
    distinct = dict(zip(keys, requests, strict=True))
    replies = dict(zip(distinct, _ask_each(judge, list(distinct.values())), strict=True))
    return [replies[key] for key in keys]


def _ask_each(judge: Judge, requests: Sequence[JudgeRequest]) -> list[JudgeReply]:
    threads = min(getattr(judge, "concurrency", THREADS), len(requests))
    if threads <= 1:
        return [_ask(judge, request) for request in requests]
    with ThreadPoolExecutor(threads, thread_name_prefix="judge") as executor:
        return list(executor.map(lambda request: _ask(judge, request), requests))


def _ask(judge: Judge, request: JudgeRequest) -> JudgeReply:
    try:
        reply = judge.ask(request)
    except Exception as error:  # the judge is somebody else's code
        return JudgeReply.failed("judge_failed", f"the judge failed: {_name(error)}")
    if isinstance(reply, JudgeReply):
        return reply
    return JudgeReply.failed("judge_failed", f"expected a JudgeReply; got {type(reply).__name__}")


def _name(error: Exception) -> str:
    try:
        message = str(error)
    except Exception:  # so is the exception
        message = "its message cannot be read"
    return f"{type(error).__name__}: {message}"[:_LONGEST_MESSAGE]
