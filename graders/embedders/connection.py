"""Requests to one `/v1/embeddings`: tried again where that may help, bounded, silent about the key.

Design: an endpoint that did not answer in all attempts is asked once each time from then on, until it
answers again.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from graders.endpoints.appraisal import MAY_PASS, Appraisal
from graders.endpoints.client import Client, NoAnswerError
from graders.endpoints.credentials import Entrance
from graders.endpoints.dispatcher import Dispatcher, NotMadeError, OverdueError
from graders.endpoints.limits import GRACE, Limits
from graders.endpoints.refusals import refusal_of, silence_of, too_long
from graders.errors import EmbeddingError, Failure
from graders.interruptible import result_of
from graders.strict_json import dumps

LONGEST_ANSWER = 64 * 2**20
"""Bytes of an answer that are read: more than the vectors of a request take, written out in digits."""
_ABOUT_THE_TEXTS = (400, 413, 422)


class _Outcome(NamedTuple):
    """The body of an answer, or why there is none; `status` is that of the answer, 0 where none came."""

    body: bytes = b""
    failure: Failure | None = None
    status: int = 0
    retry_after: float | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later."""
        return self.failure is not None and self.failure.reason in MAY_PASS


class Connection:
    """Asks one endpoint; used by one thread at a time."""

    def __init__(self, entrance: Entrance, limits: Limits) -> None:
        self._entrance, self._seconds = entrance, limits.seconds
        self._client = Client(entrance, longest=LONGEST_ANSWER)
        waiting = replace(limits, seconds=limits.seconds + GRACE)
        self._dispatcher: Dispatcher[_Outcome] = Dispatcher(waiting, self._appraise, name="embed")
        self._is_down = False

    def ask(self, model: str, texts: Sequence[str]) -> bytes:
        """Give the body of the answer.

        Raises:
            EmbeddingError: there is none, or it is a refusal that other texts would not change.
            ValueError: the texts are refused.
        """
        body = dumps({"model": model, "input": list(texts), "encoding_format": "base64"})
        try:
            outcome = result_of(self._dispatcher.submit(partial(self._once, body)))
        except (NotMadeError, OverdueError) as error:
            raise EmbeddingError(str(error)) from None
        self._is_down = outcome.may_pass
        if outcome.failure is None:
            return outcome.body
        detail = outcome.failure.detail
        raise ValueError(detail) if outcome.status in _ABOUT_THE_TEXTS else EmbeddingError(detail)

    def _once(self, body: bytes) -> _Outcome:
        """Ask once, in a thread of the dispatcher."""
        hush = self._entrance.hushed
        try:
            answer = self._client.post("/embeddings", body, seconds=self._seconds)
        except NoAnswerError as error:
            return _Outcome(failure=silence_of(error, self._seconds, hush))
        if 200 <= answer.status < 300:
            return _Outcome(answer.body)
        failure, pause = refusal_of(answer, hush)
        endless = too_long(pause)
        return _Outcome(b"", endless or failure, answer.status, None if endless else pause)

    def _appraise(self, outcome: _Outcome) -> Appraisal:
        return Appraisal(again=outcome.may_pass and not self._is_down, pause=outcome.retry_after)
