"""Judges behind an OpenAI-compatible endpoint: OpenAI's, a company's, or a model server on this machine.

Design: one call of `ask` is one request, with its own deadline; it is more than one only while it is being
found out what the endpoint takes. Who waits, tries again or gives up is the pool's business. Everything that
comes over the network is data: whatever it is, it becomes a reply with a name.
"""

import copy
import threading
import time
from functools import partial
from typing import Any, ClassVar, Self

from graders.endpoints import is_hosted, without_credentials
from graders.endpoints.abilities import Abilities, Memory
from graders.endpoints.client import Answer, Client, NoAnswerError, require_client
from graders.endpoints.credentials import Entrance, checked_address, usual_address, usual_entrance
from graders.endpoints.refusals import silence_of
from graders.judges import JudgeReply, JudgeRequest
from graders.judges._chat import Chat
from graders.judges._outcomes import reply_of
from graders.judges._responses import Responses
from graders.judges._wire import Style
from graders.strict_json import dumps

SECONDS = 120.0
"""Time of a call where nobody says another."""


class OpenAIJudge:
    """Asks `openai[:MODEL][@BASE_URL]` by chat completions, through the official client.

    The key is `OPENAI_API_KEY` of the environment; servers on one's own machine need none. Without an
    address `OPENAI_BASE_URL` counts, and then OpenAI's. `seconds` is the time of a call, whatever happens in
    it. `identity` names the model and the address, without what would let somebody in. Safe to use from
    several threads; a pickled judge takes its key from the environment in which it wakes up.

    Raises:
        ConfigError: the address is none, the key cannot be sent, or OpenAI's own host is meant without one.
        MissingExtraError: the extra `models` is not installed.
    """

    name: ClassVar[str] = "openai"
    repairs = True
    _style: ClassVar[Style] = Chat()

    def __init__(
        self, model: str | None = None, base_url: str | None = None, *, seconds: float = SECONDS
    ) -> None:
        require_client(f"the judge {self.name}")
        self.model, self._seconds = model, seconds
        self._url = checked_address(self._address(base_url), "judge")
        self._entrance()
        self.identity = f"{self.name}{f':{model}' if model else ''}@{self._said_address()}"
        self._memory = Memory(self._first_abilities())
        self._shared = _Shared()

    @classmethod
    def from_spec(cls, model: str | None, base_url: str | None) -> Self:
        """Make the judge that `NAME[:MODEL][@BASE_URL]` names."""
        return cls(model, base_url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.identity!r})"

    def limited(self, seconds: float) -> Self:
        """Give the same judge, sharing its connections, with another time for each call."""
        other = copy.copy(self)
        other._seconds = seconds
        return other

    def body(self, request: JudgeRequest) -> dict[str, Any]:
        """Give the JSON body of a request, as it is sent to an endpoint of which nothing is known yet."""
        first = self._memory.first
        return first.sayable(self._style.body(request, first))

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Answer one request; a failure is a reply."""
        client, entrance = self._shared.client(self._entrance)
        ends = time.monotonic() + self._seconds

        def post(body: dict[str, Any]) -> Answer:
            return client.post(self._path(request), dumps(body), seconds=ends - time.monotonic())

        try:
            answer = self._memory.ask(request.model, partial(self._style.body, request), post)
        except NoAnswerError as error:
            return JudgeReply(failure=silence_of(error, self._seconds, entrance.hushed))
        return reply_of(answer, self._style, entrance.hushed)

    def close(self) -> None:
        """Close the connections that are at rest; the next call opens one again."""
        self._shared.close()

    def _address(self, base_url: str | None) -> str:
        return usual_address(base_url)

    def _said_address(self) -> str:
        return without_credentials(self._url).rstrip("/")

    def _entrance(self) -> Entrance:
        return usual_entrance(self._url, "judge", self.name)

    def _path(self, request: JudgeRequest) -> str:
        return self._style.path

    def _first_abilities(self) -> Abilities:
        """Give what is sent first; only OpenAI's own service and Azure want the newer name of the limit."""
        if is_hosted(self._url):
            return Abilities()
        return Abilities(limit="max_tokens", other_limits=("max_completion_tokens",))


class ResponsesJudge(OpenAIJudge):
    """Asks `responses[:MODEL][@BASE_URL]` by the Responses API, and is an `OpenAIJudge` in all else."""

    name = "responses"
    _style = Responses()


class _Shared:
    """The client that the copies of a judge share, made when it is first needed; it stays in its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[Client, Entrance] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _Shared, ()

    def client(self, entrance: Any) -> tuple[Client, Entrance]:
        """Give the client for what lets it in."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    made = entrance()
                    self._made = (Client(made), made)
        return self._made

    def close(self) -> None:
        """Close the connections at rest."""
        if self._made is not None:
            self._made[0].close()
