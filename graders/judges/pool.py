"""Everything round a judge that is the same for all: concurrency, limits, repetition, budget, cache, account.

Design: this is the one place where a judge is called, and so the boundary round other people's code.
Questions are put without waiting, so that those of several blocks of rows can be on their way at once;
whoever needs the replies waits for them. A reply is kept when it arrives, not when its block is done, and
only where it is of use: an error is asked for again by the next run.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from graders.cache import Cache, key_of
from graders.endpoints.appraisal import FOR_ALL, MAY_PASS, Appraisal
from graders.endpoints.dispatcher import Dispatcher, NotMadeError, OverdueError
from graders.endpoints.limits import GRACE, Limits
from graders.errors import Failure
from graders.interruptible import result_of
from graders.judges import Judge, JudgeReply, JudgeRequest, fingerprint_of
from graders.judges.boundary import replies_of
from graders.judges.record import Recorder
from graders.judges.repair import repaired
from graders.strict_json import dumps, loads

Check = Callable[[JudgeReply], Failure | None]
"""Says why a reply is of no use; None where it is."""

_REPAIRED = frozenset({"not_json", "wrong_reply_shape", "not_a_number", "not_a_label"})
_MANY = 32
"""Most requests that a judge is asked in one call, where it takes many."""


def take_any(_: JudgeReply) -> None:
    """Refuse no reply."""


class _Answer(NamedTuple):
    reply: JudgeReply
    failure: Failure | None


@dataclass(eq=False)
class _Question:
    """A request of `size` bytes, and who waits for the reply; `first` is the reply that is being repaired."""

    key: bytes
    size: int
    request: JudgeRequest
    check: Check
    reply: "Future[JudgeReply]"
    first: JudgeReply | None = None


class JudgePool:
    """A judge, asked within limits; safe to use from several threads, in one process at a time.

    `cache` keeps replies; without it, or where the judge's replies are `final`, they are kept as long as the
    pool, so that equal requests are asked once. `recorder` writes down every reply that is given out. A
    pickled pool begins anew, with its whole budget.
    """

    def __init__(
        self,
        judge: Judge,
        *,
        limits: Limits | None = None,
        cache: Cache | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        limits = limits or Limits()
        self._made_of = (judge, limits, cache, recorder)
        final = getattr(judge, "final", False)
        self.identity = judge.identity
        self.model: str | None = getattr(judge, "model", None)
        self.concurrency = min(limits.concurrency, getattr(judge, "concurrency", limits.concurrency))
        self._recorder = recorder
        self._cache = Cache.forgetful() if cache is None or final else cache
        self._repairs = bool(getattr(judge, "repairs", False)) and not final
        limited = getattr(judge, "limited", None)
        self._judge: Judge = judge if limited is None else limited(limits.seconds)
        adjusted = replace(
            limits,
            concurrency=self.concurrency,
            seconds=limits.seconds + (0.0 if limited is None else GRACE),
            retries=0 if final else limits.retries,
        )
        self._group = _MANY if callable(getattr(judge, "ask_many", None)) else 1
        self._dispatcher: Dispatcher[list[_Answer]] = Dispatcher(adjusted, _appraise, name="judge")
        self._lock = threading.Lock()
        self._asked: dict[bytes, Future[JudgeReply]] = {}
        self._usage: dict[str, Counter[str]] = {}
        self._from_cache = self._waiting_bytes = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _pool, self._made_of

    def ask(self, requests: Sequence[JudgeRequest], check: Check = take_any) -> "Replies":
        """Put requests to the judge; give the replies to come.

        Equal requests are asked once and share the reply, also with those of earlier calls. What goes wrong
        is a reply with a failure. A judge that `repairs` is asked once more for a reply that `check` refuses.
        """
        encoded = [request.key() for request in requests]
        prints = [fingerprint_of(each) for each in encoded]
        keys = [key_of(self.identity, each) for each in prints]
        with self._lock:
            found = {key: self._asked[key] for key in keys if key in self._asked}
        found |= self._kept([key for key in dict.fromkeys(keys) if key not in found])
        questions: list[_Question] = []
        with self._lock:
            for key, request, each in zip(keys, requests, encoded, strict=True):
                if key not in found and key in self._asked:
                    found[key] = self._asked[key]
                if key not in found:
                    found[key] = self._asked[key] = Future()
                    questions.append(_Question(key, len(each), request, check, found[key]))
                    self._waiting_bytes += len(each)
        for start in range(0, len(questions), self._group):
            self._submit(questions[start : start + self._group])
        return Replies(prints, [found[key] for key in keys], self._recorder)

    def cancel(self) -> None:
        """Ask nothing of what waits to be asked; replies that are under way are still kept."""
        self._dispatcher.cancel()

    def drain(self) -> None:
        """Wait for the replies that are under way."""
        self._dispatcher.drain()

    @property
    def waiting_bytes(self) -> int:
        """How long all requests are that wait for a reply."""
        return self._waiting_bytes

    @property
    def spent(self) -> tuple[int, int]:
        """The calls that were made, and the tokens that they took."""
        return self._dispatcher.budget.calls, self._dispatcher.budget.tokens

    def account(self) -> dict[str, Any]:
        """Say what the judge was asked by this pool, as it stands in `run.json`.

        `calls` were made, `retried` of them again; `from_cache` distinct requests needed none. `usage` counts
        by model the tokens of all replies that came, used or not.
        """
        budget = self._dispatcher.budget
        with self._lock:
            usage = {model: dict(counts) for model, counts in self._usage.items()}
            counts = {"calls": budget.calls, "retried": budget.retried, "from_cache": self._from_cache}
        return {**counts, "usage": usage}

    def _kept(self, keys: Sequence[bytes]) -> "dict[bytes, Future[JudgeReply]]":
        kept: dict[bytes, Future[JudgeReply]] = {}
        for key, value in self._cache.get_many("judge", keys).items():
            reply = _decoded(value)
            if reply is not None:
                kept[key] = Future()
                kept[key].set_result(reply)
        with self._lock:
            self._from_cache += len(kept)
        return kept

    def _submit(self, group: Sequence[_Question]) -> None:
        future = self._dispatcher.submit(partial(self._answer, group), calls=len(group))
        future.add_done_callback(partial(self._arrived, group))

    def _answer(self, group: Sequence[_Question]) -> list[_Answer]:
        """Ask the judge, in a thread of the dispatcher; keep the replies that are of use."""
        replies = replies_of(self._judge, [question.request for question in group])
        with self._lock:
            for question, reply in zip(group, replies, strict=True):
                model = reply.model or question.request.model
                self._usage.setdefault(model, Counter()).update({"calls": 1, **(reply.usage or {})})
        answers = [self._checked(question, reply) for question, reply in zip(group, replies, strict=True)]
        pairs = zip(group, answers, strict=True)
        useful = {each.key: dumps(answer.reply.to_dict()) for each, answer in pairs if answer.failure is None}
        if useful:
            self._cache.put_many("judge", useful)
        return answers

    def _checked(self, question: _Question, reply: JudgeReply) -> _Answer:
        if reply.failure is not None:
            return _Answer(reply, reply.failure)
        if question.first is not None:
            reply = replace(reply, usage=_sum(question.first.usage, reply.usage))
        return _Answer(reply, question.check(reply))

    def _arrived(self, group: Sequence[_Question], future: "Future[list[_Answer]]") -> None:
        """Hand replies on, but for those that are to be asked for again first."""
        try:
            answers = _ended(group, future)
        except BaseException as error:
            for question in group:
                self._forget(question)
                question.reply.set_exception(error)
            return
        alone = len(group) == 1
        for question, (reply, failure) in zip(group, answers, strict=True):
            if failure is not None and not alone and failure.reason in MAY_PASS | {"budget"}:
                self._submit([question])
            elif failure is not None and failure.reason in _REPAIRED and self._may_repair(question, reply):
                question.request = repaired(question.request, reply.text or "", failure.detail)
                question.first = reply
                self._submit([question])
            else:
                self._forget(question)
                # a reply that could not be repaired stands
                question.reply.set_result(question.first or reply if reply.failure else reply)

    def _may_repair(self, question: _Question, reply: JudgeReply) -> bool:
        return self._repairs and question.first is None and bool(reply.text)

    def _forget(self, question: _Question) -> None:
        with self._lock:
            if self._asked.pop(question.key, None) is not None:
                self._waiting_bytes -= question.size


@dataclass(frozen=True)
class Replies:
    """Replies to come, one for each of the requests, of which the fingerprints are known."""

    fingerprints: Sequence[str]
    futures: "Sequence[Future[JudgeReply]]"
    recorder: Recorder | None = None

    def wait(self) -> list[JudgeReply]:
        """Give the replies, in the order of the requests, when all of them are there."""
        replies = [result_of(future) for future in self.futures]
        if self.recorder is not None:
            self.recorder.write(zip(self.fingerprints, replies, strict=True))
        return replies


def _pool(judge: Judge, limits: Limits | None, cache: Cache | None, recorder: Recorder | None) -> JudgePool:
    return JudgePool(judge, limits=limits, cache=cache, recorder=recorder)


def _appraise(answers: Sequence[_Answer]) -> Appraisal:
    """Say what answers mean for the endpoint; those of several questions are asked for again one by one."""
    replies = [answer.reply for answer in answers]
    reasons = {reply.failure.reason for reply in replies if reply.failure}
    appraisal = Appraisal.of(
        reasons,
        tokens=sum(reply.usage["total_tokens"] for reply in replies if reply.usage),
        pause=max((reply.retry_after for reply in replies if reply.retry_after is not None), default=None),
    )
    return appraisal if len(answers) == 1 else replace(appraisal, again=False)


def _ended(group: Sequence[_Question], future: "Future[list[_Answer]]") -> list[_Answer]:
    """Give the answer to each question, also where the call was not made or not answered."""
    try:
        answers = future.result()
    except OverdueError as error:
        failure = Failure("timeout", f"the judge gave {error}")
    except NotMadeError as error:
        failure = Failure("budget", str(error))
    else:
        if len(answers) == len(group):
            return answers
        # the answers to another call, of which one holds for all calls
        failure = next(each.failure for each in answers if each.failure and each.failure.reason in FOR_ALL)
    return [_Answer(JudgeReply(failure=failure), failure)] * len(group)


def _decoded(value: bytes) -> JudgeReply | None:
    try:
        return JudgeReply.from_dict(loads(value))
    except (TypeError, ValueError, AttributeError, KeyError):
        return None


def _sum(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> dict[str, int] | None:
    return dict(Counter(one or {}) + Counter(other or {})) if one or other else None
