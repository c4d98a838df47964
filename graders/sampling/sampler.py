"""A model, asked for samples within limits."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from graders.cache import Cache, key_of
from graders.endpoints import is_hosted, split_address, without_credentials
from graders.endpoints.abilities import Abilities, Memory
from graders.endpoints.appraisal import Appraisal
from graders.endpoints.client import Answer, Client, NoAnswerError, require_client
from graders.endpoints.credentials import checked_address, usual_address, usual_entrance
from graders.endpoints.dispatcher import Dispatcher, NotMadeError, OverdueError
from graders.endpoints.limits import GRACE, Limits
from graders.endpoints.refusals import silence_of, too_long
from graders.errors import ConfigError, Problem
from graders.interruptible import result_of
from graders.sampling.chat import Chat
from graders.sampling.replies import Style, read_answer
from graders.sampling.requests import Sampled, SampleRequest
from graders.strict_json import dumps, loads

_HOSTED = Abilities(form="text")
_OTHERS = Abilities("text", "max_tokens", ("max_completion_tokens",), has_developer=False)


class Sampler:
    """Asks a model for samples, by chat completions or another `style`; safe to use from several threads.

    The key is `OPENAI_API_KEY` of the environment; servers on one's own machine need none. Without an
    address `OPENAI_BASE_URL` counts, and then OpenAI's. Samples are kept in `cache`.

    Raises:
        ConfigError: the address is none, the key cannot be sent, or OpenAI's own host is meant without one.
        MissingExtraError: the extra `models` is not installed.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        *,
        limits: Limits | None = None,
        cache: Cache | None = None,
        style: Style | None = None,
    ) -> None:
        require_client("asking a model for samples")
        self.model = model
        url = checked_address(usual_address(base_url), "sample-with")
        self._entrance = usual_entrance(url, "sample-with", "asking OpenAI")
        self._style: Style = style or Chat()
        self._memory = Memory(_HOSTED if is_hosted(url) else _OTHERS)
        self.identity = f"{model}@{without_credentials(url).rstrip('/')}"
        self._limits = limits or Limits()
        self._cache = Cache.forgetful() if cache is None else cache
        self._client = Client(self._entrance)
        waiting = replace(self._limits, seconds=self._limits.seconds + GRACE)
        self._dispatcher: Dispatcher[Sampled] = Dispatcher(waiting, _appraise, name="sample")
        self._lock = threading.Lock()
        self._usage: Counter[str] = Counter()
        self._from_cache = 0

    @classmethod
    def from_spec(cls, text: str, *, limits: Limits | None = None, cache: Cache | None = None) -> Self:
        """Make the sampler that `MODEL[@BASE_URL]` names; the URL begins behind the last fitting `@`.

        Raises:
            ConfigError: there is no model in it, or one of the reasons above.
        """
        model, base_url = split_address(text)
        if not model:
            raise ConfigError([Problem("sample-with", f"expected MODEL[@BASE_URL]; got {text!r}")])
        return cls(model, base_url, limits=limits, cache=cache)

    def sample(self, requests: Sequence[SampleRequest]) -> list[Sampled]:
        """Give the outcome of each request, in their order; a failure is an outcome."""
        try:
            return self.ask(requests).wait()
        except BaseException:
            self.cancel()
            raise

    def ask(self, requests: Sequence[SampleRequest]) -> "Outcomes":
        """Ask for samples without waiting; give the outcomes to come."""
        keys = [key_of(self.identity, self._style.path, request.key()) for request in requests]
        kept = {
            key: each
            for key, value in self._cache.get_many("sample", keys).items()
            if (each := _decoded(value)) is not None
        }
        with self._lock:
            self._from_cache += sum(key in kept for key in keys)
        futures: dict[bytes, Future[Sampled]] = {}
        for key, request in zip(keys, requests, strict=True):
            if key not in kept and key not in futures:
                futures[key] = self._dispatcher.submit(partial(self._ask, key, request))
        return Outcomes([kept[key] if key in kept else futures[key] for key in keys])

    def cancel(self) -> None:
        """Ask for nothing more; samples that are under way are still kept."""
        self._dispatcher.cancel()

    def account(self) -> dict[str, Any]:
        """Say what the model was asked: calls made, of them again, samples from the cache, and tokens."""
        budget = self._dispatcher.budget
        with self._lock:
            usage, from_cache = dict(self._usage), self._from_cache
        return {
            "model": self.identity,
            "calls": budget.calls,
            "retried": budget.retried,
            "from_cache": from_cache,
            "usage": usage,
        }

    def _ask(self, key: bytes, request: SampleRequest) -> Sampled:
        """Ask once, in a thread of the dispatcher; keep what is a sample."""
        hush, seconds = self._entrance.hushed, self._limits.seconds
        ends = time.monotonic() + seconds

        def post(body: dict[str, Any]) -> Answer:
            return self._client.post(self._style.path, dumps(body), seconds=ends - time.monotonic())

        try:
            answer = self._memory.ask(self.model, partial(self._style.body, request, self.model), post)
        except NoAnswerError as error:
            return Sampled(failure=silence_of(error, seconds, hush))
        sampled = read_answer(answer, self.model, hush, self._style)
        endless = too_long(sampled.retry_after)
        if endless is not None:
            return Sampled(failure=endless)
        if sampled.sample is not None:
            self._cache.put_many("sample", {key: dumps({"sample": sampled.sample, "usage": sampled.usage})})
            with self._lock:
                self._usage.update(sampled.usage or {})
        return sampled


@dataclass(frozen=True)
class Outcomes:
    """Outcomes, of which some are still to come."""

    begun: "Sequence[Sampled | Future[Sampled]]"

    def wait(self) -> list[Sampled]:
        """Give the outcomes, in the order of the requests, when all of them are there."""
        return [each if isinstance(each, Sampled) else _outcome(each) for each in self.begun]


def _appraise(sampled: Sampled) -> Appraisal:
    reasons = {sampled.failure.reason} if sampled.failure else set()
    tokens = (sampled.usage or {}).get("total_tokens", 0)
    return Appraisal.of(reasons, tokens=tokens, pause=sampled.retry_after)


def _outcome(future: "Future[Sampled]") -> Sampled:
    try:
        return result_of(future)
    except OverdueError as error:
        return Sampled.failed("timeout", str(error))
    except NotMadeError as error:
        return Sampled.failed("budget", str(error))


def _decoded(value: bytes) -> Sampled | None:
    try:
        kept = loads(value)
        return Sampled(dict(kept["sample"]), usage=kept["usage"])
    except (KeyError, TypeError, ValueError):
        return None
