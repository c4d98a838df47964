"""One row: run the source as its own module, call `grade`, and put the result or the failure into words.

Design: this runs in the confined process, where the grader can change everything, so nothing here is a
defence: whoever reads the reply checks it. `load` and `grade` are the grader's own time. Tracebacks show
the grader's frames alone, under the name `grader.py`.
"""

import errno
import json
import linecache
import math
import sys
import traceback
import types
from typing import Any

from graders.sandbox.inside import protocol

FILE = "grader.py"
MODULE = "grader"

_DISK = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EFBIG)


class Program:
    """A compiled source, with the words for its failures.

    `overruns` names the causes memory and disk and the sentence for each; `text` bounds a failure's length.
    """

    def __init__(self, source: str, code: types.CodeType, overruns: dict[str, str], text: int) -> None:
        self.code = code
        self.overruns = overruns
        self.text = text
        lines = source.splitlines(keepends=True)
        linecache.cache[FILE] = (len(source), None, lines, FILE)

    def load(self) -> types.ModuleType:
        """Run the source as a module of its own.

        Raises:
            BaseException: whatever the source raises.
        """
        module = types.ModuleType(MODULE)
        module.__file__ = FILE
        sys.modules[MODULE] = module
        exec(self.code, module.__dict__)
        return module

    def loaded(self) -> tuple[types.ModuleType | None, bytes | None]:
        """Run the source; give the module, or the reply that says why there is none."""
        try:
            return self.load(), None
        except BaseException as error:
            return None, self.failure(error)

    def reply(self, module: types.ModuleType | None, row: bytes) -> bytes:
        """Grade a row, with the module if it has been loaded; whatever happens is put into a reply."""
        try:
            sample, item = json.loads(row)
        except (ValueError, RecursionError) as error:
            return protocol.failure(b"e", f"The row cannot be read: {type(error).__name__}.")
        try:
            return _result((module or self.load()).__dict__, sample, item, self.text)
        except BaseException as error:  # sys.exit and whatever a hostile source raises are failures as well
            return self.failure(error)

    def failure(self, error: BaseException) -> bytes:
        """Put an exception into words, with the grader's own frames."""
        cause = _cause(error)
        try:
            text = traceback_text(error)
        except BaseException as second:  # a hostile exception can break its own printing
            text = f"{type(error).__name__} (its text raised {type(second).__name__})"
        if cause != b"e":
            text = self.overruns[protocol.CAUSES[cause]] + "\n" + text
        return protocol.failure(cause, clip(text, self.text))


def compiled(source: str) -> types.CodeType:
    """Compile a source unchanged.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError, OverflowError: it cannot be compiled.
    """
    return compile(source, FILE, "exec", dont_inherit=True)


def traceback_text(error: BaseException) -> str:
    """Give the traceback of an exception from the grader's first frame on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != FILE:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip("\n")


def clip(text: str, length: int) -> str:
    """Shorten a text in its middle, where a traceback says least."""
    if len(text) <= length:
        return text
    mark = "\n[…]\n"
    half = (length - len(mark)) // 2
    return text[:half] + mark + text[-half:]


def _result(names: dict[str, Any], sample: Any, item: Any, text: int) -> bytes:
    grade = names.get("grade")
    if grade is None:
        return protocol.failure(b"r", "grader.py defines no function grade(sample, item).")
    result = grade(sample, item)
    if not is_number(result):
        what = "None" if result is None else clip(type(result).__name__, text // 2)
        return protocol.failure(b"r", f"grade returned {what}, not a number.")
    value = float(result)
    if not math.isfinite(value):
        return protocol.failure(b"r", f"grade returned {value}, not a finite number.")
    return protocol.VALUE + protocol.SCORE.pack(value)


def is_number(result: object) -> bool:
    """Say whether a result is an int, float, bool or one of NumPy's real scalars."""
    if isinstance(result, (int, float)):
        return True
    numpy = sys.modules.get("numpy")
    real = () if numpy is None else (numpy.bool_, numpy.integer, numpy.floating)
    return isinstance(result, real)


def _cause(error: BaseException) -> bytes:
    if isinstance(error, MemoryError):
        return b"m"
    if isinstance(error, OSError) and error.errno in _DISK:
        return b"d"
    return b"e"
