"""The worker's process: it is confined, loads what the source imports, and then serves rows.

Design: at isolation `row` this process never runs a line of the grader. It compiles the source after a
confined child has shown that this is safe, loads modules of a fixed list, and forks a child for each row. At
isolation `worker` one child grades all rows and answers the supervisor itself, while this process watches
over both; where there is no `fork`, this process grades itself, which only level `none` allows.
"""

import gc
import json
import os
import sys
import traceback
from typing import Any

from graders.sandbox.inside import confinement, preload, protocol, scratch
from graders.sandbox.inside.children import Children, Ending, describe
from graders.sandbox.inside.grading import Program, compiled

Settings = dict[str, Any]

_NO_RESULT = "The process gave no valid result."
_CAN_FORK = hasattr(os, "fork")
_OUT_OF_PROCESSOR_TIME = 24  # SIGXCPU, as a status
_SPOILED = (protocol.FAILURE + b"m", protocol.FAILURE + b"d")


def main() -> None:
    """Serve one supervisor over standard input and output, until it closes them."""
    request, answers = _private_pipes()
    settings = _settings(request)
    if settings is None:
        return
    try:
        worker = Worker(settings, request, answers)
        ready = worker.prepare()
    except BaseException as error:  # whatever fails in setting up, no row may run
        last = "".join(traceback.format_exception_only(type(error), error)).strip()
        _say(answers, protocol.fault(last[:2000]))
        return
    _say(answers, protocol.READY + json.dumps(ready).encode())
    if settings["purpose"] == "grade":
        worker.serve()


def _private_pipes() -> tuple[int, int]:
    """Move the pipes away from the standard streams, and let these lead nowhere."""
    os.closerange(3, 256)  # whatever was passed down to us
    request, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return request, answers


def _settings(request: int) -> Settings | None:
    head = protocol.read_exactly(request, protocol.LENGTH.size)
    body = None if head is None else protocol.read_exactly(request, *protocol.LENGTH.unpack(head))
    return None if body is None else json.loads(body)


def _say(answers: int, message: bytes) -> None:
    try:
        protocol.write_all(answers, protocol.reply(message))
    except OSError:  # the supervisor has gone
        os._exit(0)


class Worker:
    """One source, one supervisor, and a row at a time."""

    def __init__(self, settings: Settings, request: int, answers: int) -> None:
        self._settings = settings
        self._request, self._answers = request, answers
        self._seconds: float = settings["seconds"]
        self._text: int = settings["text"]
        self._longest = protocol.longest_reply(self._text)
        self._refusal: bytes | None = None
        confinement.enter(settings)
        self._row = confinement.Row(settings)
        self._children = Children(self._row, request, (request, answers))

    def prepare(self) -> dict[str, Any]:
        """Compile the source and load what it imports; give what was found."""
        found = self._inspect()
        if found["error"] is not None:
            text = found["error"]["text"][: self._text]
            self._refusal = protocol.failure(b"e", text)
        else:
            preload.load(found["modules"])
            source, overruns = self._settings["source"], self._settings["overruns"]
            self._program = Program(source, compiled(source), overruns, self._text)
        if self._settings["purpose"] == "check":
            return {"static": found, **self._check()}
        _forget_our_names()
        gc.collect()
        gc.freeze()
        return {"forks": _CAN_FORK}

    def _inspect(self) -> dict[str, Any]:
        source, distributions = self._settings["source"], self._settings["distributions"]

        def inspect() -> bytes:
            from graders.sandbox.inside import inspection  # in the child alone: it loads much

            return inspection.static(source, distributions)

        if not _CAN_FORK:
            return _static(inspect())
        ending = self._children.run(inspect, max(self._seconds, 10.0), protocol.LONGEST_READY)
        if ending.fault is not None:
            raise OSError(ending.fault)
        if ending.message:
            return _static(ending.message)
        why = self._settings["overruns"]["timeout"] if ending.timed_out else describe(ending.status)
        message = f"the source cannot be compiled: {why}"
        return {"error": {"line": 1, "message": message, "text": message}, "imports": []}

    def _check(self) -> dict[str, Any]:
        if self._refusal is not None:
            return {"verdict": None, "failure": None}
        if _CAN_FORK:
            message = self._judged(self._children.run(self._verdict, self._seconds, self._longest))
        else:
            message = self._verdict()
        if message[:1] == protocol.VALUE:
            return {"verdict": protocol.SCORE.unpack(message[1:])[0], "failure": None}
        return {"verdict": None, "failure": message[2:].decode("utf-8", "replace")}

    def _verdict(self) -> bytes:
        from graders.sandbox.inside import inspection  # in the child alone: it loads much

        return inspection.verdict(self._program)

    def serve(self) -> None:
        """Answer batches until the supervisor closes its pipe or a new worker is due."""
        if not _CAN_FORK:
            self._serve_directly(renew=self._settings["isolation"] == "row")
        elif self._settings["isolation"] == "row" or self._refusal is not None:
            self._serve_rows()
        else:
            self._watch()

    def _batch(self) -> list[bytes] | None:
        head = protocol.read_exactly(self._request, protocol.BATCH.size)
        if head is None:
            return None
        count, length = protocol.BATCH.unpack(head)
        body = protocol.read_exactly(self._request, length)
        return None if body is None else protocol.split(count, body)

    def _serve_rows(self) -> None:
        folder = self._settings["scratch"]
        while (batch := self._batch()) is not None:
            for row in batch:
                _say(self._answers, self._refusal or self._graded(row))
                if folder is not None and not scratch.tidy(folder):
                    _say(self._answers, protocol.RENEW)
                    return

    def _graded(self, row: bytes) -> bytes:
        return self._judged(
            self._children.run(lambda: self._program.reply(None, row), self._seconds, self._longest)
        )

    def _judged(self, ending: Ending) -> bytes:
        """Turn how a row ended into its reply; what the row said counts only if it is sound."""
        if ending.fault is not None:
            return protocol.fault(ending.fault)
        if ending.timed_out or ending.status == _OUT_OF_PROCESSOR_TIME:
            return protocol.failure(b"t", self._settings["overruns"]["timeout"])
        if protocol.is_sound(ending.message, self._text, protocol.FROM_ROWS):
            return ending.message
        if ending.message:
            return protocol.failure(b"r", _NO_RESULT)
        return protocol.failure(b"c", describe(ending.status))

    def _watch(self) -> None:
        """Let one child grade everything; end when it or the supervisor does."""
        alive, held = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(alive)
            self._live_as_worker()
        os.close(held)
        ending = self._children.wait(pid, alive)
        if ending.status != 0:
            _say(self._answers, protocol.failure(b"c", describe(ending.status)))

    def _live_as_worker(self) -> None:
        """Be the child that grades everything; never return."""
        try:
            try:
                self._row.enter(processor_limit=False)
            except BaseException as error:
                _say(self._answers, protocol.fault(f"the worker could not be confined: {error}"))
                return
            self._serve_directly(renew=False)
        finally:
            os._exit(0)

    def _serve_directly(self, *, renew: bool) -> None:
        """Grade in this process; `renew` ends it after one row."""
        module = None
        gc.enable()
        while (batch := self._batch()) is not None:
            for row in batch:
                message = self._refusal
                if message is None and module is None:
                    module, message = self._program.loaded()
                message = message or self._program.reply(module, row)
                _say(self._answers, message)
                if renew or message[:2] in _SPOILED:
                    _say(self._answers, protocol.RENEW)
                    return


def _static(message: bytes) -> dict[str, Any]:
    found = json.loads(message)
    if not isinstance(found, dict):
        raise OSError("the source could not be inspected")
    return found


def _forget_our_names() -> None:
    """Leave the name `graders` to the package that a source may import."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "graders"]:
        del sys.modules[name]
