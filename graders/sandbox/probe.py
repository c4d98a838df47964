"""Find out whether a level holds on this machine, by running a source that tries to break out of it."""

import os

from graders.sandbox import bubblewrap
from graders.sandbox.limits import Failure, Level, Limits, Probe
from graders.sandbox.sandbox import Sandbox

_ATTEMPTS = """
import os, socket

def attempts():
    yield "opened a socket", lambda: socket.socket()
    yield "started a process", os.fork
    yield "ran a program", lambda: os.execv("/bin/true", ["true"])
    yield "read /etc/passwd", lambda: open("/etc/passwd")
    yield "read /proc", lambda: os.listdir("/proc")
    yield "wrote to the root folder", lambda: open("/written", "w")
    yield "signalled its parent", lambda: os.kill(os.getppid(), 0)

def grade(sample, item):
    for name, attempt in attempts():
        try:
            attempt()
        except OSError:
            continue
        raise SystemError(f"the source {name}")
    return float(os.getuid() != 0)
"""
_TRUSTED = "def grade(sample, item): return 1"
_ADVICE: dict[Level, str] = {
    "full": "user namespaces may be switched off here: allow them, or choose level reduced or none",
    "reduced": "level none runs sources that you trust",
    "none": "",
}


def probe(level: Level, *, python: str | os.PathLike[str] | None = None) -> Probe:
    """Say whether a level holds here; a worker is really started, and really attacked."""
    source = _TRUSTED if level == "none" else _ATTEMPTS
    with Sandbox(source, level=level, limits=Limits(seconds=10.0), python=python) as sandbox:
        (outcome,) = sandbox.grade_rows([({}, {})])
    if outcome == 1.0:
        return Probe(level, holds=True)
    detail = outcome.detail if isinstance(outcome, Failure) else "the source runs as root"
    reason = detail.strip().splitlines()[-1] if detail.strip() else "no reason is known"
    advice = "" if reason == bubblewrap.ABSENT else _ADVICE[level]
    return Probe(level, holds=False, reason="; ".join(filter(None, [reason, advice])))
