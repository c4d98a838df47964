"""Make calls to one endpoint: as many at once as it can take, each in its time, again where that may help.

Design: a call is any function without arguments, and what is known of its answer is what `appraise` says of
it; so one dispatcher serves every client, our own and those of other people. Calls wait in the order in which
they came; one that waits to be made again holds no place among those under way. A call whose time is over is
left to itself, since no thread can be ended from outside: its place and its thread are given to another.
Threads are daemons and end where there is nothing to do, so nobody needs to close a dispatcher.
"""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

from graders.endpoints.appraisal import Appraisal
from graders.endpoints.gate import Gate
from graders.endpoints.limits import LONGEST_PAUSE, Budget, Limits

Answer = TypeVar("Answer")

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 60.0
_SECONDS_IDLE = 2.0


class OverdueError(Exception):
    """A call was not answered in its time."""


class NotMadeError(Exception):
    """A call was not made: the budget is used up, or nobody wants its answer any more."""


_OVERDUE = Appraisal(again=True, overloaded=True)


@dataclass(eq=False)
class _Job(Generic[Answer]):
    call: Callable[[], Answer]
    calls: int = 1
    future: "Future[Answer]" = field(default_factory=Future)
    attempts: int = 0
    started: float = 0.0
    wanted: bool = True

    def settle(self, answer: Answer | BaseException) -> None:
        """Answer whoever waits; never while a lock is held."""
        if isinstance(answer, BaseException):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class Dispatcher(Generic[Answer]):
    """Makes calls within limits; safe to use from several threads."""

    def __init__(
        self,
        limits: Limits,
        appraise: Callable[[Answer], Appraisal],
        *,
        name: str = "call",
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self.limits = limits
        self.budget = Budget(limits)
        self._appraise, self._name, self._clock = appraise, name, clock
        self._random = random or Random()
        self._lock = threading.Lock()
        self._work, self._tick, self._quiet = (threading.Condition(self._lock) for _ in range(3))
        self._gate = Gate(limits)
        self._ready: deque[_Job[Answer]] = deque()
        self._later: list[tuple[float, int, _Job[Answer]]] = []
        self._under_way: dict[_Job[Answer], None] = {}  # in the order in which their time is over
        self._order = itertools.count()
        self._workers = self._idle = 0
        self._wakes_at: float | None = None  # when the clock is looked at next; None where nobody watches it
        self._answer_for_all: Answer | None = None

    def submit(self, call: Callable[[], Answer], *, calls: int = 1) -> "Future[Answer]":
        """Have a call made, which counts as so many; give its answer to come.

        The future raises OverdueError, NotMadeError, or what the call raises.
        """
        job = _Job(call, calls)
        with self._lock:
            self._ready.append(job)
            self._rouse()
        return job.future

    def cancel(self) -> None:
        """Make none of the calls that wait; those under way are made, and not again."""
        with self._lock:
            waiting = [*self._ready, *(job for _, _, job in self._later)]
            self._ready.clear()
            self._later.clear()
            for job in self._under_way:
                job.wanted = False
        for job in waiting:
            job.settle(NotMadeError("cancelled"))

    def drain(self) -> None:
        """Wait until no call is under way; the time of each is limited."""
        with self._lock:
            while self._under_way:
                self._quiet.wait()

    def _rouse(self) -> None:
        """Have enough threads at work for what may start now."""
        may_start = min(len(self._ready), self._gate.limit - len(self._under_way))
        if may_start <= 0:
            return
        if self._gate.closed_until > self._clock():
            self._watch_for(self._gate.closed_until)
            return
        self._work.notify(may_start)
        for _ in range(min(may_start - self._idle, self.limits.concurrency - self._workers)):
            self._workers += 1
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        """Work as one of the threads, until there is nothing to do."""
        while True:
            with self._lock:
                job = self._next()
                refusal = None if job is None else self._begin(job)
                attempt = 0 if job is None else job.attempts
            if job is None:
                return
            if refusal is not None:
                job.settle(refusal)
            elif not self._make(job, attempt):
                return

    def _next(self) -> _Job[Answer] | None:
        """Wait for a job that may start now; None where there has been nothing to do for a while."""
        patient = True
        while not (self._ready and self._gate.is_open(len(self._under_way), self._clock())):
            if not patient:
                self._workers -= 1
                return None
            self._idle += 1
            patient = self._work.wait(_SECONDS_IDLE)
            self._idle -= 1
        return self._ready.popleft()

    def _begin(self, job: _Job[Answer]) -> Answer | NotMadeError | None:
        """Start the time of a job; or say why, or with which answer, it is not made at all."""
        if self._answer_for_all is not None:
            return self._answer_for_all
        refusal = self.budget.take(job.calls)
        if refusal is not None:
            self._let_all_go_on()
            return NotMadeError(refusal)
        self.budget.retried += job.attempts > 0
        job.attempts += 1
        job.started = self._clock()
        self._under_way[job] = None
        self._watch_for(job.started + self.limits.seconds)
        return None

    def _let_all_go_on(self) -> None:
        """Let nobody wait any longer for what will not come."""
        self._ready.extend(job for _, _, job in self._later)
        self._later.clear()

    def _make(self, job: _Job[Answer], attempt: int) -> bool:
        """Make one call; tell whether this thread is still one of the workers."""
        try:
            answer = job.call()
            return self._made(job, attempt, answer, self._appraise(answer))
        except BaseException as error:  # whatever it is, somebody waits for it
            return self._made(job, attempt, error, Appraisal())

    def _made(
        self, job: _Job[Answer], attempt: int, answer: Answer | BaseException, appraisal: Appraisal
    ) -> bool:
        with self._lock:
            self.budget.tokens += appraisal.tokens
            if job not in self._under_way or job.attempts != attempt:
                return False  # its time was over, and another thread works in the place of this one
            again = self._learn(job, appraisal)
            if appraisal.for_all and not isinstance(answer, BaseException):
                self._answer_for_all = answer
                self._let_all_go_on()
            self._rouse()
        if not again:
            job.settle(answer)
        return True

    def _learn(self, job: _Job[Answer], appraisal: Appraisal) -> bool:
        """Draw the conclusions from the end of a call; tell whether it is to be made again."""
        del self._under_way[job]
        if not self._under_way:
            self._quiet.notify_all()
        now = self._clock()
        if appraisal.pause is not None:
            self._gate.close(now + min(appraisal.pause, LONGEST_PAUSE))
        if appraisal.overloaded:
            self._gate.overloaded(job.started, now)
        elif not appraisal.again:
            self._gate.succeeded()
        if not (appraisal.again and job.wanted and job.attempts <= self.limits.retries):
            return False
        due = now + (self._wait(job.attempts) if appraisal.pause is None else appraisal.pause)
        heapq.heappush(self._later, (due, next(self._order), job))
        self._watch_for(due)
        return True

    def _wait(self, attempts: int) -> float:
        longest = min(_FIRST_WAIT * 2.0 ** min(attempts - 1, 10), _LONGEST_WAIT)
        return longest * (0.5 + self._random.random() / 2)

    def _watch_for(self, due: float) -> None:
        """Have the clock looked at then."""
        if self._wakes_at is None:
            self._wakes_at = due
            threading.Thread(target=self._watch, name=f"{self._name}-time", daemon=True).start()
        elif due < self._wakes_at:
            self._tick.notify()

    def _watch(self) -> None:
        """Let jobs go on when they are due and give up those that are overdue, while any has a time."""
        given_up: list[_Job[Answer]] = []
        while True:
            for job in given_up:
                job.settle(OverdueError(f"no answer in {self.limits.seconds:g} s"))
            with self._lock:
                self._wakes_at = self._next_time()
                if self._wakes_at is None:
                    return
                self._tick.wait(min(max(0.0, self._wakes_at - self._clock()), _SECONDS_IDLE))
                now = self._clock()
                while self._later and self._later[0][0] <= now:
                    self._ready.appendleft(heapq.heappop(self._later)[2])
                given_up = [job for job in self._overdue(now) if not self._learn(job, _OVERDUE)]
                self._rouse()

    def _next_time(self) -> float | None:
        times = [due for due, _, _ in self._later[:1]]
        times += [job.started + self.limits.seconds for job in itertools.islice(self._under_way, 1)]
        if self._ready and self._gate.closed_until > self._clock():
            times.append(self._gate.closed_until)
        return min(times, default=None)

    def _overdue(self, now: float) -> list[_Job[Answer]]:
        """Give the jobs whose time is over; each takes the thread that makes it with it."""
        seconds = self.limits.seconds
        found = list(itertools.takewhile(lambda job: job.started + seconds <= now, self._under_way))
        self._workers -= len(found)
        return found
