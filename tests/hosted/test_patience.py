"""How long a request waits, and when it is not made again."""

import time

import pytest

from graders.endpoints.client import NoAnswerError
from graders.errors import RunStoppedError
from graders.hosted.connection import RefusedError
from graders.hosted.patience import Patience, Turnstile


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    failures = [RefusedError(status, {}, ""), NoAnswerError("cut"), RefusedError(status, {}, "")]

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
        raise NoAnswerError("connection refused")

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
        raise NoAnswerError("cut")

    with pytest.raises(RunStoppedError, match="stopped"):
        turnstile.ask("/evals", request)
