"""Write down what a judge answered, so that the run can be repeated by anyone without it.

Design: a recording is a script by request (JSON lines of `{"key", "reply"}`) under a first line that says who
was asked. What was given out is what is recorded, failures and replies from a cache included, so that the
repeated run gives the same bytes.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

from graders.errors import ConfigError, Problem
from graders.judges import JudgeReply
from graders.judges.scripted import ScriptedJudge
from graders.strict_json import dumps, loads_unique


@dataclass(frozen=True)
class Who:
    """Who was asked.

    `model` is what the judge puts before the document's model, `models` maps the document's to others.
    """

    identity: str
    model: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)


class Recorder:
    """Appends to a recording; one that is there already must be of the same judge.

    Raises:
        ConfigError: the file cannot be written, or is no recording of this judge.
    """

    def __init__(self, path: Path, who: Who) -> None:
        self.path, self.who = path, who
        self._lock = threading.Lock()
        self._written: set[str] = set()
        try:
            with path.open("a+b") as file:
                file.seek(0)
                self._begin(file)
        except OSError as error:
            message = f"cannot be written: {error.strerror}"
            raise ConfigError([Problem(str(path), message)]) from None

    def write(self, answered: Iterable[tuple[str, JudgeReply]]) -> None:
        """Write down the replies to the requests of these fingerprints, each once, for good."""
        with self._lock:
            new = {key: reply for key, reply in answered if key not in self._written}
            with self.path.open("ab") as file:
                file.writelines(_line({"key": key, "reply": reply.to_dict()}) for key, reply in new.items())
            self._written.update(new)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a recording cannot go to another process")

    def _begin(self, file: IO[bytes]) -> None:
        """Write who is asked, or go on with what is there."""
        lines = _whole_lines(file)
        if not lines:
            file.write(_line(vars(self.who)))
            return
        who, replies = _read(self.path, lines)
        if who != self.who:
            message = f"records {who.identity}; another file is needed for {self.who.identity}"
            raise ConfigError([Problem(str(self.path), message)])
        self._written.update(replies)


class ReplayJudge(ScriptedJudge):
    """Answers from a recording, in the name of the judge that was recorded."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                lines = file.read().splitlines()
        except OSError as error:
            raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
        who, replies = _read(path, lines)
        super().__init__(replies)
        self.model, self.models = who.model, who.models

    @classmethod
    def from_spec(cls, model: str | None, base_url: str | None) -> "ReplayJudge":
        """Read the recording `replay:FILE`.

        Raises:
            ConfigError: there is no such file, or it is no recording.
        """
        if model is None or base_url is not None:
            raise ConfigError([Problem("judge", "expected replay:FILE, a file that --record wrote")])
        return cls(Path(model))


def _line(value: Any) -> bytes:
    return dumps(value) + b"\n"


def _whole_lines(file: IO[bytes]) -> list[bytes]:
    """Give the lines of a file, and cut off a last one that is torn."""
    lines = file.read().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        file.truncate(file.seek(0, os.SEEK_END) - len(lines.pop()))
    return lines


def _read(path: Path, lines: list[bytes]) -> tuple[Who, dict[str, JudgeReply]]:
    replies: dict[str, JudgeReply] = {}
    who: Who | None = None
    for number, line in enumerate(lines, 1):
        try:
            value: Any = loads_unique(line)
            if who is None:
                who = Who(**value)
            else:
                replies[value["key"]] = JudgeReply.from_dict(value["reply"])
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            message = f"line {number} is none of a recording: {error}"
            raise ConfigError([Problem(str(path), message)]) from None
    if who is None:
        raise ConfigError([Problem(str(path), "is no recording: it is empty")])
    return who, replies
