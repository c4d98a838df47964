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
from graders.endpoints.dispatcher import (
    LONGEST_PAUSE,
    Appraisal,
    Dispatcher,
    NotMadeError,
    OverdueError,
)
from graders.endpoints.limits import Limits
from graders.errors import Failure
from graders.judges import Judge, JudgeReply, JudgeRequest, fingerprint_of
from graders.judges.record import Recorder
from graders.judges.repair import repaired
from graders.strict_json import dumps, loads

Check = Callable[[JudgeReply], Failure | None]
"""Says why a reply is of no use; None where it is."""

_OVERLOADED = frozenset({"rate_limited", "server_error", "timeout"})
_MAY_PASS = _OVERLOADED | {"no_answer"}
_FOR_ALL = frozenset({"unauthorized", "budget"})
_REPAIRED = frozenset({"not_json", "wrong_reply_shape", "not_a_number", "not_a_label"})
_LONGEST_MESSAGE = 2000
_GRACE = 5.0
"""Seconds after its time that a judge has to give a call up by itself, where it can."""


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
            seconds=limits.seconds + (0.0 if limited is None else _GRACE),
            retries=0 if final else limits.retries,
        )
        self._dispatcher: Dispatcher[_Answer] = Dispatcher(adjusted, _appraise, name="judge")
        self._lock = threading.Lock()
        self._asked: dict[bytes, Future[JudgeReply]] = {}
        self._usage: dict[str, Counter[str]] = {}
        self._from_cache = self._waiting_bytes = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _pool, self._made_of

    def ask(self, requests: Sequence[JudgeRequest], check: Check) -> "Replies":
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
                if key not in found:
                    found[key] = self._asked.setdefault(key, Future())
                    questions.append(_Question(key, len(each), request, check, found[key]))
                    self._waiting_bytes += len(each)
        for question in questions:
            self._submit(question)
        return Replies(prints, [found[key] for key in keys], self._recorder)

    def ask_all(self, requests: Sequence[JudgeRequest], check: Check = lambda _: None) -> list[JudgeReply]:
        """Give the reply to each request, in their order."""
        return self.ask(requests, check).wait()

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

    def _submit(self, question: _Question) -> None:
        future = self._dispatcher.submit(partial(self._answer, question))
        future.add_done_callback(partial(self._arrived, question))

    def _answer(self, question: _Question) -> _Answer:
        """Ask the judge, in a thread of the dispatcher; keep a reply that is of use."""
        reply = _reply_of(self._judge, question.request)
        with self._lock:
            model = reply.model or question.request.model
            self._usage.setdefault(model, Counter()).update({"calls": 1, **(reply.usage or {})})
        if reply.failure is not None:
            return _Answer(reply, reply.failure)
        if question.first is not None:
            reply = replace(reply, usage=_sum(question.first.usage, reply.usage))
        failure = question.check(reply)
        if failure is None:
            self._cache.put_many("judge", {question.key: dumps(reply.to_dict())})
        return _Answer(reply, failure)

    def _arrived(self, question: _Question, future: "Future[_Answer]") -> None:
        """Hand a reply on, unless it is to be repaired first."""
        try:
            reply, failure = _ended(future)
            if failure is not None and failure.reason in _REPAIRED and self._may_repair(question, reply):
                question.request = repaired(question.request, reply.text or "", failure.detail)
                question.first = reply
                self._submit(question)
                return
            if reply.failure is not None and question.first is not None:
                reply = question.first  # it could not be repaired
        except BaseException as error:
            self._forget(question)
            question.reply.set_exception(error)
            return
        self._forget(question)
        question.reply.set_result(reply)

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
        replies = [future.result() for future in self.futures]
        if self.recorder is not None:
            self.recorder.write(zip(self.fingerprints, replies, strict=True))
        return replies


def _pool(judge: Judge, limits: Limits | None, cache: Cache | None, recorder: Recorder | None) -> JudgePool:
    return JudgePool(judge, limits=limits, cache=cache, recorder=recorder)


def _reply_of(judge: Judge, request: JudgeRequest) -> JudgeReply:
    try:
        reply = judge.ask(request)
    except TimeoutError as error:
        return JudgeReply.failed("timeout", f"the judge failed: {_name(error)}")
    except OSError as error:  # a connection, as a rule; to ask again may help
        return JudgeReply.failed("no_answer", f"the judge failed: {_name(error)}")
    except Exception as error:  # the judge is somebody else's code
        return JudgeReply.failed("judge_failed", f"the judge failed: {_name(error)}")
    if not isinstance(reply, JudgeReply):
        return JudgeReply.failed("judge_failed", f"expected a JudgeReply; got {type(reply).__name__}")
    if reply.retry_after is not None and reply.retry_after > LONGEST_PAUSE:
        message = f"the endpoint asks for a pause of {reply.retry_after:.0f} s"
        return JudgeReply.failed("budget", message)
    return reply


def _appraise(answer: _Answer) -> Appraisal:
    reply = answer.reply
    tokens = reply.usage["total_tokens"] if reply.usage else 0
    reason = reply.failure.reason if reply.failure else None
    overloaded = reason in _OVERLOADED
    return Appraisal(tokens, reason in _MAY_PASS, overloaded, reply.retry_after, reason in _FOR_ALL)


def _ended(future: "Future[_Answer]") -> _Answer:
    """Give the answer of a call, also where it was not made or not answered."""
    try:
        return future.result()
    except OverdueError as error:
        failure = Failure("timeout", f"the judge gave {error}")
    except NotMadeError as error:
        failure = Failure("budget", str(error))
    return _Answer(JudgeReply(failure=failure), failure)


def _decoded(value: bytes) -> JudgeReply | None:
    try:
        return JudgeReply.from_dict(loads(value))
    except (TypeError, ValueError, AttributeError, KeyError):
        return None


def _sum(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> dict[str, int] | None:
    return dict(Counter(one or {}) + Counter(other or {})) if one or other else None


def _name(error: Exception) -> str:
    try:
        message = str(error)
    except Exception:  # so is the exception
        message = "its message cannot be read"
    return f"{type(error).__name__}: {message}"[:_LONGEST_MESSAGE]
