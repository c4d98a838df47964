"""A judge whose replies are written beforehand: offline, for tests, examples and replays.

Design: a script that is read in order gives its next reply to the next distinct request, so it wants to be
asked one request at a time. Its identity is its own: a run that rests on it cannot be resumed, since the
rows would get each other's replies, and for the same reason it cannot go to another process. A script by
request or a function has none of these limits.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from graders.errors import ConfigError, Problem
from graders.judges import JudgeReply, JudgeRequest
from graders.strict_json import dumps, loads_unique

Answer = JudgeReply | str | Mapping[str, Any]
"""A reply; or the text of one; or the JSON value of either: a reply as `JudgeReply.to_dict` gives it (a
mapping of its keys alone), else what the text holds, such as `{"steps": [], "result": 1}`."""

_REPLY_KEYS = JudgeReply().to_dict().keys()
_NAMES: dict[str, type[Any]] = {"key": str, "row": int}
"""What a line may name besides its reply."""


class ScriptedJudge:
    """Answers from a script.

    `script` is a sequence, read in order; a mapping from `JudgeRequest.fingerprint()`, or from the numbers of
    rows, to the answer; or a function of the request, which may be called from several threads. Where the
    script has no answer, the reply is a failure. `identity` names a script that has no name of its own, such
    as a lambda. What a script says is final: it is neither kept in a cache, nor asked for again where it is
    a failure.

        >>> judge = ScriptedJudge([{"steps": [], "result": 1}])
        >>> request = JudgeRequest("any", (), {})
        >>> judge.ask(request).text, judge.ask(request).failure.detail
        ('{"steps":[],"result":1}', 'the script has run out; it held 1')
    """

    final = True

    def __init__(
        self,
        script: Sequence[Answer] | Mapping[Any, Answer] | Callable[[JudgeRequest], Answer],
        *,
        identity: str | None = None,
    ) -> None:
        self._find: Callable[[JudgeRequest], Answer]
        if callable(script):
            self._find, named = script, _name_of(script)
        elif isinstance(script, Mapping):
            by_key = {key: _reply(answer) for key, answer in script.items()}
            self._find, named = _ByKey(by_key), _digest_of(by_key)
        else:
            self._find, named = (
                _InOrder([_reply(answer) for answer in script]),
                f"in-order:{secrets.token_hex(8)}",
            )
            self.concurrency = 1
        self.identity = f"scripted:{identity or named}"

    @classmethod
    def from_spec(cls, model: str | None, base_url: str | None) -> Self:
        """Read the script `scripted:FILE`: JSON lines.

        A line is an answer, and the script is read in order; or every line is `{"key", "reply"}`, with the
        fingerprint of a request, or `{"row", "reply"}`, with the number of a row, and the answer to it.

        Raises:
            ConfigError: there is no such file, or a line is no answer; lists every problem.
        """
        if model is None or base_url is not None:
            raise ConfigError([Problem("judge", "expected scripted:FILE, a file of JSON lines")])
        return cls(_read(Path(model)))

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Give the answer that the script holds for this request."""
        return _reply(self._find(request))


class _InOrder:
    def __init__(self, replies: Sequence[JudgeReply]) -> None:
        self._replies, self._next, self._lock = replies, iter(replies), threading.Lock()

    def __call__(self, request: JudgeRequest) -> JudgeReply:
        ended = f"the script has run out; it held {len(self._replies)}"
        with self._lock:
            return next(self._next, JudgeReply.failed("judge_failed", ended))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a script that is read in order cannot go to another process")


class _ByKey:
    def __init__(self, replies: Mapping[str | int, JudgeReply]) -> None:
        self._replies = replies

    def __call__(self, request: JudgeRequest) -> JudgeReply:
        key = request.fingerprint()
        reply = self._replies.get(key) or self._replies.get(-1 if request.row is None else request.row)
        of_row = "" if request.row is None else f" of row {request.row}"
        message = f"the script has no reply to the request {key}{of_row}"
        return reply or JudgeReply.failed("judge_failed", message)


def _reply(answer: object) -> JudgeReply:
    """Make a reply of an answer.

    Raises:
        TypeError, ValueError: it is none.
    """
    if isinstance(answer, JudgeReply):
        return answer
    if isinstance(answer, str):
        return JudgeReply(answer)
    if not isinstance(answer, Mapping):
        raise TypeError(f"expected a JudgeReply, a text or a mapping; got {type(answer).__name__}")
    if answer and answer.keys() <= _REPLY_KEYS:
        return JudgeReply.from_dict(answer)
    return JudgeReply(dumps(dict(answer)).decode())


def _name_of(script: object) -> str:
    named = script if hasattr(script, "__qualname__") else type(script)
    return f"{named.__module__}.{getattr(named, '__qualname__', '')}"


def _digest_of(replies: Mapping[str | int, JudgeReply]) -> str:
    said = {str(key): replies[key].to_dict() for key in sorted(replies, key=str)}
    return hashlib.sha256(dumps(said)).hexdigest()


def _read(path: Path) -> list[JudgeReply] | dict[str | int, JudgeReply]:
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    in_order: list[JudgeReply] = []
    by_key: dict[str | int, JudgeReply] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            _add(loads_unique(line), in_order, by_key)
        except (TypeError, ValueError) as error:
            problems.append(Problem(f"{path}: line {number}", str(error)))
    if in_order and by_key:
        problems.append(Problem(str(path), "expected a key or a row in every line or in none"))
    if problems:
        raise ConfigError(problems)
    return by_key or in_order


def _add(value: object, in_order: list[JudgeReply], by_key: dict[str | int, JudgeReply]) -> None:
    for name, type_of_key in _NAMES.items():
        if isinstance(value, Mapping) and value.keys() == {name, "reply"}:
            key: Any = value[name]
            if type(key) is not type_of_key or key in by_key:
                raise ValueError(f"expected a {name} of its own; got {key!r}")
            by_key[key] = _reply(value["reply"])
            return
    in_order.append(_reply(value))
