"""One process at a time in a directory.

Design: the operating system's lock ends with its process, however that ends. Where there is none (no
`fcntl`), a file that only one process can create holds the number of that process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graders.errors import RunError

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a directory.

    Raises:
        RunError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        with _owned(folder / LOCK):
            yield
        return
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(folder) from None
        yield


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    for _ in range(2):
        try:
            number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if _is_alive(path):
                raise _taken(path.parent) from None
            path.unlink(missing_ok=True)
    else:
        raise _taken(path.parent)
    try:
        os.write(number, str(os.getpid()).encode())
        os.close(number)
        yield
    finally:
        path.unlink(missing_ok=True)


def _is_alive(path: Path) -> bool:
    """Say whether the process that a lock file names may still run."""
    try:
        owner = int(path.read_text())
    except (OSError, ValueError):
        return False
    if os.name == "nt":  # there, signal 0 would end the process
        return True
    with suppress(PermissionError):
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            return False
    return True


def _taken(folder: Path) -> RunError:
    return RunError(f"{folder}: another process is pulling into it")
