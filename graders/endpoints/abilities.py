"""What an endpoint takes, learnt from what it refuses, and remembered for each model.

Design: endpoints do not say what they can do, and their refusals have no common form. So the best request
goes first, and a refusal that names a part of it as unknown takes away that part alone; what then succeeds is
remembered. A refusal that names nothing is a refusal of the request.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from graders.endpoints.client import Answer
from graders.endpoints.refusals import refusal_text

Form = Literal["json_schema", "json_object with schema", "json_object", "text"]

FORMS: tuple[Form, ...] = ("json_schema", "json_object with schema", "json_object", "text")
"""The ways to ask for an answer's form, best first; at all but the first the prompt describes it too."""

_MAY_BE_UNKNOWN = (400, 404, 405, 415, 422, 501)
"""Statuses with which a part of a request is refused."""

_UNKNOWN = re.compile(
    r"(?:un|not |n't )support|unknown|unrecogni[sz]ed|unexpected|unavailable"
    r"|extra[_ ](?:forbidden|inputs|field)|invalid|cannot be used|enabled only"
    r"|not (?:permitted|allowed|implemented|available|accepted|valid|enabled)"
    r"|must be|expected|only .{0,40}\b(?:default|supported|allowed)",
    re.I,
)
_OUT_OF_RANGE = re.compile(r"too (?:large|long|many|high|small)|at (?:most|least)|maximum|exceed", re.I)
_FORM = re.compile(
    r"response[_ ]?format|json[_ ]?(?:schema|object|mode)|text\.format|structured[_ ]output|grammar|guided",
    re.I,
)
_USUAL = {"temperature": 1, "top_p": 1, "seed": 42}
_ROLE = re.compile(r"\bdeveloper\b|\broles?\b", re.I)


@dataclass(frozen=True)
class Abilities:
    """What to send: the form of the answer, the name of the token limit, roles and parameters."""

    form: Form = "json_schema"
    limit: str = "max_completion_tokens"
    other_limits: tuple[str, ...] = ("max_tokens",)
    has_developer: bool = True
    left_out: frozenset[str] = field(default_factory=frozenset)

    def sayable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give what is said in a body: what is not None, and taken."""
        return {name: each for name, each in body.items() if each is not None and name not in self.left_out}

    def without(self, refusal: str, body: dict[str, Any]) -> "Abilities | None":
        """Give what remains after a refusal of a body; None where it names no part of it."""
        if not _UNKNOWN.search(refusal):
            return None
        if self.limit in refusal and self.limit in body and not _OUT_OF_RANGE.search(refusal):
            return self._with_other_limit()
        for name, usual in _USUAL.items():  # nothing is lost where the value is everybody's default
            if re.search(rf"\b{name}\b", refusal) and body.get(name) == usual:
                return replace(self, left_out=self.left_out | {name})
        if _FORM.search(refusal) and self.form != "text":
            return replace(self, form=FORMS[FORMS.index(self.form) + 1])
        if self.has_developer and _has_developer(body) and _ROLE.search(refusal):
            return replace(self, has_developer=False)
        return None

    def _with_other_limit(self) -> "Abilities | None":
        if not self.other_limits:
            return None
        return replace(self, limit=self.other_limits[0], other_limits=self.other_limits[1:])


def _has_developer(body: dict[str, Any]) -> bool:
    messages = body.get("messages") or body.get("input") or []
    return any(each.get("role") == "developer" for each in messages)


class Memory:
    """What is known of each model behind one endpoint; safe to use from several threads."""

    def __init__(self, first: Abilities) -> None:
        self._first, self._lock = first, threading.Lock()
        self._known: dict[str, Abilities] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_first": self._first, "_known": dict(self._known)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    @property
    def first(self) -> Abilities:
        """What is sent while nothing is known."""
        return self._first

    def ask(
        self,
        model: str,
        body: Callable[[Abilities], dict[str, Any]],
        post: Callable[[dict[str, Any]], Answer],
    ) -> Answer:
        """Ask a model; and ask for less as long as the endpoint names what it does not take.

        `body` makes a request for what is known of the model, `post` sends one.
        """
        with self._lock:
            abilities = known = self._known.get(model, self._first)
        while True:
            said = abilities.sayable(body(abilities))
            answer = post(said)
            refused = answer.status in _MAY_BE_UNKNOWN
            less = abilities.without(refusal_text(answer.body), said) if refused else None
            if less is None:
                break
            abilities = less
        if abilities is not known and answer.status < 300:
            with self._lock:
                self._known[model] = abilities
        return answer
