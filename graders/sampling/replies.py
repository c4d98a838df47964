"""What an endpoint's answer to a request for a sample means."""

from collections.abc import Mapping
from typing import Any, Protocol

from graders.endpoints.abilities import Abilities
from graders.endpoints.client import Answer
from graders.endpoints.refusals import Hush, read_success, refusal_of
from graders.errors import Failure
from graders.sampling.chat import Chat
from graders.sampling.requests import Sampled, SampleRequest


class Style(Protocol):
    """How a request becomes a body, and an answer a sample."""

    path: str

    def body(self, request: SampleRequest, model: str, abilities: Abilities) -> dict[str, Any]:
        """Give the JSON body of a request; what is None in it is not sent."""

    def sample(self, value: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Give the sample in the JSON of an answer.

        Raises:
            WrongShapeError: there is none.
        """

    def usage(self, value: Mapping[str, Any]) -> dict[str, int] | None:
        """Give the tokens that an answer counts."""


_CHAT = Chat()


def read_answer(answer: Answer, model: str, hush: Hush, style: Style = _CHAT) -> Sampled:
    """Read an answer of any status; `hush` cuts secrets out of what is said."""
    if not 200 <= answer.status < 300:
        failure, retry_after = refusal_of(answer, hush)
        return Sampled(failure=failure, retry_after=retry_after)

    def read(value: Mapping[str, Any]) -> Sampled:
        return Sampled(style.sample(value, model), usage=_counted(style.usage(value)))

    found = read_success(answer, read, hush)
    return Sampled(failure=found) if isinstance(found, Failure) else found


def _counted(usage: Mapping[str, int] | None) -> dict[str, int] | None:
    if usage is None:
        return None
    total = usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
    return {"total_tokens": total, **usage}
