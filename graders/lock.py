"""One process at a time in a directory.

Design: the operating system's lock, on the directory itself, ends with its process, however that ends. Where
there is none (no `fcntl`, or a file system without locks), a file that only one process can create holds the
number of that process.
"""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graders.errors import RunError

LOCK = ".lock"
_SECONDS_TO_WRITE = 10.0
"""A lock file without a number belongs to a process that is about to write it, or has died at that."""
_NO_LOCKS = (errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a directory.

    Raises:
        RunError: another process holds it.
    """
    number = _flocked(folder)
    if number is None:
        with _owned(folder / LOCK):
            yield
        return
    try:
        yield
    finally:
        os.close(number)


def _flocked(folder: Path) -> int | None:
    """Lock a directory, and give what it is open as; None where the system has no such lock."""
    try:
        import fcntl
    except ImportError:
        return None
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(number)
        if isinstance(error, BlockingIOError):
            raise _taken(folder) from None
        if error.errno in _NO_LOCKS:
            return None
        raise
    return number


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    for _ in range(2):
        try:
            number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if _is_alive(path):
                raise _taken(path.parent, f" (if there is none, remove {LOCK})") from None
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
        text = path.read_text()
        if not text:
            return time.time() - path.stat().st_mtime < _SECONDS_TO_WRITE
        owner = int(text)
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


def _taken(folder: Path, hint: str = "") -> RunError:
    return RunError(f"{folder}: another process is at work in it{hint}")
