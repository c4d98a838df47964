"""How long a request waits, and when it is not made again."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from graders.errors import RunStoppedError
from graders.hosted.connection import BrokenError, RefusedError
from graders.hosted.patience import Patience, Turnstile, asked_wait


def test_retry_after_is_seconds() -> None:
    assert asked_wait({"Retry-After": " 2.5 "}) == 2.5
    assert asked_wait({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert asked_wait({"Retry-After": "-3"}) == 0.0


def test_retry_after_is_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert asked_wait({"Retry-After": date}) == pytest.approx(100, abs=5)
    assert asked_wait({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0.0
    assert asked_wait({"Retry-After": "Mon, 01 Jan 2001 00:00:00 -0000"}) == 0.0


@pytest.mark.parametrize("value", ["", "soon", "nan", "Mon, 99 Foo 2001"])
def test_retry_after_that_says_nothing_is_none(value: str) -> None:
    assert asked_wait({"Retry-After": value}) is None
    assert asked_wait({}) is None


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    failures = [RefusedError(status, {}, ""), BrokenError("cut"), RefusedError(status, {}, "")]

    def request() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert Turnstile(Patience(first_wait=0.001)).ask("/evals", request) == "done"


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_an_answer_that_stays_is_not_asked_for_again(status: int) -> None:
    asked = []

    def request() -> None:
        asked.append(1)
        raise RefusedError(status, {}, "no")

    with pytest.raises(RefusedError):
        Turnstile().ask("/evals", request)
    assert len(asked) == 1


def test_attempts_end() -> None:
    def request() -> None:
        raise BrokenError("connection refused")

    with pytest.raises(RunStoppedError, match=r"/evals: connection refused \(3 attempts\)"):
        Turnstile(Patience(attempts=3, first_wait=0.001)).ask("/evals", request)


def test_a_pause_that_the_server_asks_for_holds_for_every_request() -> None:
    turnstile = Turnstile()
    failures = [RefusedError(429, {"retry-after": "0.2"}, "")]

    def request() -> None:
        if failures:
            raise failures.pop()

    started = time.monotonic()
    turnstile.ask("/evals", request)
    assert time.monotonic() - started >= 0.2


def test_a_stop_ends_the_waiting() -> None:
    turnstile = Turnstile(Patience(first_wait=60.0))

    def request() -> None:
        turnstile.stop.set()
        raise BrokenError("cut")

    with pytest.raises(RunStoppedError, match="stopped"):
        turnstile.ask("/evals", request)
