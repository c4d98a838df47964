"""The layers that we add ourselves: identity, Landlock, limits of resources, the filter of system calls.

Design: `enter` runs once in the worker before anything of others is loaded, `for_rows` once after the
modules are loaded, and `Row.enter` in each row. Every step raises when the kernel refuses it, and whoever
calls grades nothing then. At level `none` only the limits of resources remain, as far as the system has them.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from graders.sandbox.inside import filters, kernel

_ABSTRACT_SOCKETS_AND_SIGNALS = 3
_BIND_AND_CONNECT = 3
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
_STACK = 8 << 20
_OPEN_FILES = 128
_LANDLOCK_WITH_TRUNCATE = 3
_RIGHTS = {3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
"""The rights on files that each version of Landlock knows; later versions have those of 5."""

Settings = Mapping[str, Any]


def enter(settings: Settings) -> None:
    """Confine this process for good, before it loads what the grader imports."""
    level = settings["level"]
    if level == "none":
        _die_with_parent_if_possible()
        return
    if level == "full":
        size, files = settings["disk"], settings["files"]
        kernel.mount_scratch(settings["scratch"], size, files, owner=settings["user"])
    _become(settings["user"])
    if level == "full":
        os.chdir(settings["scratch"])
    kernel.drop_capabilities()
    kernel.gain_no_privileges()
    kernel.be_undumpable()
    kernel.die_with_parent()  # after the change of user, which makes the kernel forget it
    if level == "reduced":
        _read_only(settings["readable"])


def _die_with_parent_if_possible() -> None:
    with suppress(OSError, AttributeError, TypeError):  # other systems have no such signal
        kernel.die_with_parent()


def _become(user: int | None) -> None:
    """Become another user for good: the limits on processes do not hold for root."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if 0 in (*os.getresuid(), *os.getresgid()):
        raise OSError("the worker would run as root")


def _read_only(paths: list[str]) -> None:
    """Leave nothing of the file system but reading these paths."""
    version = kernel.landlock_version()
    if version < _LANDLOCK_WITH_TRUNCATE:
        raise OSError(f"the kernel's Landlock has version {version}; level reduced needs 3 (Linux 6.2)")
    ruleset = kernel.make_ruleset(_RIGHTS[min(version, 5)], 0, 0)
    for path in paths:
        if not os.access(path, os.R_OK):
            raise OSError(f"{path} cannot be read by the user that rows run as; use another interpreter")
        rights = _READ_FILE | _READ_FOLDER | _EXECUTE if os.path.isdir(path) else _READ_FILE | _EXECUTE
        kernel.allow_beneath(ruleset, path, rights)
    kernel.allow_beneath(ruleset, os.devnull, _READ_FILE | _WRITE_FILE)
    kernel.allow_beneath(ruleset, "/dev/urandom", _READ_FILE)
    kernel.restrict_self(ruleset)
    os.close(ruleset)


class Row:
    """What a row is put under; made once, entered by the process of each row."""

    def __init__(self, settings: Settings) -> None:
        self._level = settings["level"]
        self._processor_seconds = int(2 * settings["seconds"]) + 2  # hosted graders have two cores
        self._filter: filters.Filter | None = None
        self._ruleset: int | None = None
        if self._level != "none":
            full = self._level == "full"
            self._filter = filters.Filter(changes=full, threads=full)
            self._ruleset = _second_domain()
        _limit_resources(settings)

    def enter(self, *, processor_limit: bool) -> None:
        """Confine this process for good; nothing of the grader has run in it."""
        if processor_limit and self._level != "none":
            _limit("CPU", self._processor_seconds)
        if self._level == "none":
            _die_with_parent_if_possible()
            return
        if self._level == "reduced":  # at level full the end of its parent ends everything
            kernel.die_with_parent()
        if self._ruleset is not None:
            kernel.restrict_self(self._ruleset)
            os.close(self._ruleset)
        if self._filter is None:
            raise OSError("there is no filter of system calls")
        kernel.install_filter(self._filter.for_process(os.getpid()))


def _second_domain() -> int | None:
    """Make a ruleset that cuts a row off from other processes and the network; None on kernels without."""
    version = kernel.landlock_version()
    if version < 4:
        return None
    return kernel.make_ruleset(0, _BIND_AND_CONNECT, _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0)


def _limit_resources(settings: Settings) -> None:
    values = {"AS": settings["memory"], "FSIZE": settings["disk"], "CORE": 0, "NOFILE": _OPEN_FILES}
    if settings["level"] != "none":
        values |= {"STACK": _STACK, "MEMLOCK": 0, "MSGQUEUE": 0, "SIGPENDING": 64}
    if settings["level"] == "full":
        values["NPROC"] = settings["threads"]
    for name, value in values.items():
        try:
            _limit(name, value)
        except (ImportError, AttributeError, ValueError, OSError):
            if settings["level"] != "none":  # a trusted source runs on systems that lack the limit
                raise


def _limit(name: str, value: int) -> None:
    import resource

    kind = getattr(resource, f"RLIMIT_{name}")
    _, highest = resource.getrlimit(kind)
    value = value if highest == resource.RLIM_INFINITY else min(value, highest)
    resource.setrlimit(kind, (value, value))
    if resource.getrlimit(kind) != (value, value):
        raise OSError(f"the limit {name} does not hold")
