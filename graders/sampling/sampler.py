"""A model, asked for samples within limits."""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

from graders.cache import Cache, key_of
from graders.endpoints import is_hosted, without_credentials
from graders.endpoints.abilities import MAY_BE_UNKNOWN, Abilities
from graders.endpoints.client import Answer, Client, NoAnswerError, OutOfTimeError, require_client
from graders.endpoints.credentials import Entrance, checked_address, key_of_environment
from graders.endpoints.dispatcher import (
    LONGEST_PAUSE,
    Appraisal,
    Dispatcher,
    NotMadeError,
    OverdueError,
)
from graders.endpoints.limits import Limits
from graders.endpoints.refusals import refusal_text
from graders.errors import ConfigError, Problem
from graders.interruptible import result_of
from graders.sampling.chat import Chat
from graders.sampling.replies import Style, read_answer
from graders.sampling.requests import Sampled, SampleRequest
from graders.strict_json import dumps, loads

KEY = "OPENAI_API_KEY"
_BASE_URL = "https://api.openai.com/v1"
_ADDRESS = re.compile(r"@(?=https?://)")
_OVERLOADED = frozenset({"rate_limited", "server_error", "timeout"})
_MAY_PASS = _OVERLOADED | {"no_answer"}
_GRACE = 5.0
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
        url = checked_address(base_url or os.environ.get("OPENAI_BASE_URL") or _BASE_URL, "sample-with")
        self._entrance = Entrance.of(url, key_of_environment(KEY, "sample-with"))
        host = f".{urlsplit(url).hostname}"
        if not self._entrance.headers and host.endswith(".api.openai.com"):
            raise ConfigError([Problem("sample-with", f"asking OpenAI needs a key: set {KEY}")])
        self._style: Style = style or Chat()
        self._abilities = _HOSTED if is_hosted(url) else _OTHERS
        self.identity = f"{model}@{without_credentials(url).rstrip('/')}"
        self._limits = limits or Limits()
        self._cache = Cache.forgetful() if cache is None else cache
        self._client = Client(self._entrance)
        waiting = replace(self._limits, seconds=self._limits.seconds + _GRACE)
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
        at = [found.start() for found in _ADDRESS.finditer(text)]
        model, base_url = (text[: at[-1]], text[at[-1] + 1 :]) if at else (text, None)
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
            usage = dict(self._usage)
        return {
            "model": self.identity,
            "calls": budget.calls,
            "retried": budget.retried,
            "from_cache": self._from_cache,
            "usage": usage,
        }

    def _ask(self, key: bytes, request: SampleRequest) -> Sampled:
        """Ask once, in a thread of the dispatcher; keep what is a sample."""
        try:
            answer = self._answer(request, time.monotonic() + self._limits.seconds)
        except OutOfTimeError:
            return Sampled.failed("timeout", f"no whole answer within {self._limits.seconds:g} s")
        except NoAnswerError as error:
            return Sampled.failed("no_answer", self._entrance.hushed(f"no answer: {error}"))
        sampled = read_answer(answer, self.model, self._entrance.hushed, self._style)
        if (sampled.retry_after or 0.0) > LONGEST_PAUSE:
            message = f"the endpoint asks for a pause of {sampled.retry_after:.0f} s"
            return Sampled.failed("budget", message)
        if sampled.sample is not None:
            self._cache.put_many("sample", {key: dumps({"sample": sampled.sample, "usage": sampled.usage})})
            with self._lock:
                self._usage.update(sampled.usage or {})
        return sampled

    def _answer(self, request: SampleRequest, ends: float) -> Answer:
        """Ask; and say it otherwise as long as the endpoint names what it does not take."""
        abilities = known = self._abilities
        while True:
            said = self._style.body(request, self.model, abilities)
            left_out = abilities.left_out
            body = {name: each for name, each in said.items() if each is not None and name not in left_out}
            answer = self._client.post(self._style.path, dumps(body), seconds=ends - time.monotonic())
            refused = answer.status in MAY_BE_UNKNOWN
            other = abilities.without(refusal_text(answer.body), body) if refused else None
            if other is None:
                break
            abilities = other
        if abilities is not known and answer.status < 300:
            self._abilities = abilities
        return answer


@dataclass(frozen=True)
class Outcomes:
    """Outcomes, of which some are still to come."""

    begun: "Sequence[Sampled | Future[Sampled]]"

    def wait(self) -> list[Sampled]:
        """Give the outcomes, in the order of the requests, when all of them are there."""
        return [each if isinstance(each, Sampled) else _outcome(each) for each in self.begun]


def _appraise(sampled: Sampled) -> Appraisal:
    reason = sampled.failure.reason if sampled.failure else ""
    return Appraisal(
        tokens=(sampled.usage or {}).get("total_tokens", 0),
        again=reason in _MAY_PASS,
        overloaded=reason in _OVERLOADED,
        pause=sampled.retry_after,
        for_all=reason in ("unauthorized", "budget"),
    )


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
