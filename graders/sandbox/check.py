"""What is wrong with a source, and what may be, before any row is graded.

Design: everything about the source is found out inside the sandbox, the compiler included, because hostile
sources bring compilers down. Here only words are made of it, from a bounded message whose shape is checked.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graders.sandbox.image import BROUGHT_ALONG, HOSTED_IMAGE, PACKAGES
from graders.sandbox.inside import inspection
from graders.sandbox.interpreter import find
from graders.sandbox.launch import Order, SandboxUnavailableError, prepare
from graders.sandbox.limits import MAX_SOURCE_BYTES, Level, Limits
from graders.sandbox.worker import Worker

_QUICK = Limits(seconds=20.0)
_VERDICTS = {
    inspection.MISSING: "no function grade(sample, item) is defined",
    inspection.NOT_CALLABLE: "grade is not callable",
    inspection.WRONG_ARITY: "grade must accept exactly two positional arguments, sample and item",
}
_USES = {
    "network": "has no network when it runs",
    "processes": "can start no process when it runs",
    "files": "can write files in its scratch folder only, and they are gone after the row",
}
_OWN_FRAME = re.compile(r'File "grader\.py", line (\d+)')


@dataclass(frozen=True, order=True)
class Finding:
    """Something about a source: the line it is about, and whether the source cannot work because of it."""

    line: int
    message: str
    fatal: bool


def check_source(
    source: str,
    *,
    level: Level = "full",
    limits: Limits | None = None,
    python: str | os.PathLike[str] | None = None,
) -> list[Finding]:
    """Give what is wrong with a source, by line; it is compiled and loaded in the sandbox, no row is graded.

    Raises:
        SandboxUnavailableError: the level cannot be had, so nothing can be said.
    """
    size = len(source.encode("utf-8", "surrogatepass"))
    if size >= MAX_SOURCE_BYTES:
        return [Finding(1, f"the source has {size} bytes; it must be smaller than {MAX_SOURCE_BYTES}", True)]
    return sorted(set(_findings(_inspected(source, level, limits or _QUICK, python))))


def _inspected(
    source: str, level: Level, limits: Limits, python: str | os.PathLike[str] | None
) -> dict[str, Any]:
    try:
        interpreter = find(python)
    except OSError as error:
        raise SandboxUnavailableError(str(error)) from None
    order = Order(
        source,
        level,
        "row",
        limits,
        interpreter,
        "check",
        tuple(distribution for distribution, _ in PACKAGES.values()),
    )
    worker = Worker(prepare(order), limits, supervised=False)
    worker.end()
    return worker.found


def _findings(found: dict[str, Any]) -> Iterator[Finding]:
    static = found["static"]
    if static["error"] is not None:
        yield Finding(static["error"]["line"], static["error"]["message"], True)
        return
    lacking = list(_lacking_here(static))
    yield from lacking
    yield from _lacking_there(static)
    yield from _other_versions(static)
    for use, line in static["uses"]:
        yield Finding(line, f"the source {_USES[use]}", False)
    yield from _verdict(found, static, [finding for finding in lacking if finding.fatal])


def _lacking_here(static: dict[str, Any]) -> Iterator[Finding]:
    for entry in static["imports"]:
        top = _top(entry)
        if not static["present"].get(top, True):
            yield Finding(entry["line"], f"{top} is not installed here", not entry["guarded"])


def _lacking_there(static: dict[str, Any]) -> Iterator[Finding]:
    for entry in static["imports"]:
        top = _top(entry)
        if top in PACKAGES or top in sys.stdlib_module_names:
            continue
        often = "is not promised by" if top in BROUGHT_ALONG else "is not in"
        guarded = "; its import is guarded" if entry["guarded"] else ""
        yield Finding(entry["line"], f"{top} {often} the hosted image {HOSTED_IMAGE}{guarded}", False)


def _other_versions(static: dict[str, Any]) -> Iterator[Finding]:
    for entry in static["imports"]:
        distribution, hosted = PACKAGES.get(_top(entry), ("", ""))
        here = static["versions"].get(distribution)
        if here is not None and here != hosted:
            yield Finding(
                entry["line"], f"{distribution} is {here} here and {hosted} in the hosted image", False
            )


def _verdict(found: dict[str, Any], static: dict[str, Any], lacking: list[Finding]) -> Iterator[Finding]:
    """Say what became of running the source as a module; a missing package explains a failure."""
    line = static["grade"] or 1
    if found["verdict"] in _VERDICTS:
        yield Finding(line, _VERDICTS[found["verdict"]], True)
    elif found["failure"] is not None and lacking:
        if static["grade"] is None:
            yield Finding(1, _VERDICTS[inspection.MISSING], True)
    elif found["failure"] is not None:
        text = str(found["failure"]).strip()
        lines = _OWN_FRAME.findall(text)
        yield Finding(
            int(lines[0]) if lines else 1, f"the source fails when it is loaded: {_last(text)}", True
        )


def _top(entry: dict[str, Any]) -> str:
    return str(entry["name"]).partition(".")[0]


def _last(text: str) -> str:
    return text.splitlines()[-1] if text else "no reason is known"
