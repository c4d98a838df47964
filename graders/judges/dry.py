"""Collect what a judge would be asked, and ask nobody."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from graders.judges import Judge, JudgeReply, JudgeRequest
from graders.judges.pool import Check, JudgePool, Replies, take_any
from graders.strict_json import loads

_CHARACTERS_A_TOKEN = 4
"""A rough mean of English text; the tokenisers of most models cannot be had offline."""


class Nobody:
    """The judge of a run that names none."""

    identity = "nobody"

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Give no answer."""
        return JudgeReply.failed("budget", "nobody is asked")


class DryPool(JudgePool):
    """Collects the distinct requests that are put to it."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(Nobody())
        self.identity, self.model = judge.identity, getattr(judge, "model", None)
        self._judge_asked = judge
        self.rows = 0
        self._seen: set[str] = set()
        self._new: list[JudgeRequest] = []

    def ask(self, requests: Sequence[JudgeRequest], check: Check = take_any) -> Replies:
        """Collect the requests; no reply will be one."""
        prints = [request.fingerprint() for request in requests]
        self.rows += len(requests)
        for fingerprint, request in zip(prints, requests, strict=True):
            if fingerprint not in self._seen:
                self._seen.add(fingerprint)
                self._new.append(request)
        answer: Future[JudgeReply] = Future()
        answer.set_result(JudgeReply.failed("budget", "nobody is asked"))
        return Replies(prints, [answer] * len(requests))

    def form(self, request: JudgeRequest) -> Mapping[str, Any]:
        """Give a request as the judge would send it; as it is, where the judge does not say."""
        body = getattr(self._judge_asked, "body", None)
        form: Mapping[str, Any] = loads(request.key()) if body is None else body(request)
        return form

    def collected(self) -> Iterator[JudgeRequest]:
        """Give, once, the requests that came since the last time."""
        new, self._new = self._new, []
        yield from new


def estimated_tokens(request: JudgeRequest) -> int:
    """Estimate the tokens of a prompt, a quarter of its characters; pictures and sounds are not counted."""
    characters = len(request.response_schema.get("description", ""))
    for message in request.messages:
        content = message["content"]
        blocks = [{"text": content}] if isinstance(content, str) else content
        characters += sum(len(block.get("text", "")) for block in blocks)
    return -(-characters // _CHARACTERS_A_TOKEN)
