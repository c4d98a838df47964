"""How a worker is started at each level: the command, its environment, and the settings it is told.

Design: a command is made anew for every worker, because each gets a user id of its own when root starts it:
the limit on processes counts by user, and root itself is not counted at all.
"""

import json
import os
import random
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from graders.errors import GradersError
from graders.sandbox import bubblewrap, inside
from graders.sandbox.interpreter import Interpreter
from graders.sandbox.limits import Isolation, Level, Limits

_MODULES = Path(inside.__file__).parent
# The worker's modules are loaded under their own names, without the package above them.
_START = (
    "import sys, types\n"
    "for name in ('graders', 'graders.sandbox', 'graders.sandbox.inside'):\n"
    "    sys.modules[name] = module = types.ModuleType(name)\n"
    "    module.__path__ = [sys.argv[1]] if name.endswith('inside') else []\n"
    "sys.path[:] = [entry for entry in sys.path if entry]\n"
    "sys.argv[1:] = []\n"
    "from graders.sandbox.inside.zygote import main\n"
    "main()\n"
)
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",  # the order of a set must not change a score from run to run
    "PYTHONSAFEPATH": "1",
    "PYTHONUTF8": "1",
    # Threads must not be there when a row is forked, and take address space besides.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}
_HIGH_USERS = (0x60000000, 0x6FFFFFFF)
_LOW_USERS = (52_000, 59_999)


@dataclass(frozen=True)
class Order:
    """What a worker is started for."""

    source: str
    level: Level
    isolation: Isolation
    limits: Limits
    interpreter: Interpreter
    purpose: Literal["grade", "check"] = "grade"
    distributions: tuple[str, ...] = ()
    """Whose versions are asked for, when the purpose is to check."""


@dataclass(frozen=True)
class Launch:
    """A command that is ready to run, with what the worker is told first."""

    command: list[str]
    environment: dict[str, str]
    settings: bytes
    scratch: "tempfile.TemporaryDirectory[str] | None"
    """A folder of this machine, at level `none` only."""
    namespaces: bool
    """Whether the command is that of bwrap."""


class SandboxUnavailableError(GradersError):
    """A worker cannot be started at the level asked for; the message says why."""


def prepare(order: Order) -> Launch:
    """Make everything ready to start one worker.

    Raises:
        SandboxUnavailableError: the level cannot be had here.
    """
    if order.level != "none" and sys.platform != "linux":
        raise SandboxUnavailableError(
            f"level {order.level} needs Linux; level none runs sources that you trust"
        )
    scratch = tempfile.TemporaryDirectory(prefix="graders-") if order.level == "none" else None
    folder = scratch.name if scratch else bubblewrap.SCRATCH if order.level == "full" else None
    environment = _ENVIRONMENT | _homes(folder) | _system()
    settings = json.dumps(_settings(order, folder)).encode()
    command = _command(order, environment)
    return Launch(command, environment, settings, scratch, order.level == "full")


def _command(order: Order, environment: dict[str, str]) -> list[str]:
    start = [order.interpreter.executable, "-s", "-B", "-c", _START]
    if order.level != "full":
        return [*start, str(_MODULES)]
    program = bubblewrap.find()
    if program is None:
        raise SandboxUnavailableError(bubblewrap.ABSENT)
    before = bubblewrap.command(program, order.interpreter, _MODULES, environment)
    return [*before, *start, bubblewrap.modules_inside()]


def _settings(order: Order, folder: str | None) -> dict[str, Any]:
    return {
        "purpose": order.purpose,
        "source": order.source,
        "level": order.level,
        "isolation": order.isolation,
        **asdict(order.limits),
        "overruns": order.limits.overruns(),
        "scratch": folder,
        "readable": [*order.interpreter.paths(), str(_MODULES)] if order.level == "reduced" else [],
        "user": _user() if order.level != "none" else None,
        "distributions": order.distributions,
    }


def _homes(folder: str | None) -> dict[str, str]:
    return dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), folder or "/")


def _system() -> dict[str, str]:
    """Give the variable without which no program of Windows starts."""
    return {"SystemRoot": os.environ["SystemRoot"]} if "SystemRoot" in os.environ else {}  # noqa: SIM112


def _user() -> int | None:
    """Choose a user id that nobody has, where root starts the worker; None where the user stays."""
    if os.geteuid() != 0:
        return None
    first, last = _HIGH_USERS if _is_mapped(_HIGH_USERS[1]) else _LOW_USERS
    return random.SystemRandom().randint(first, last)


def _is_mapped(user: int) -> bool:
    """Say whether a user id exists in the user namespace that this process is in."""
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    spans = [tuple(map(int, line.split())) for line in lines]
    return any(start <= user < start + length for start, _, length in spans)
