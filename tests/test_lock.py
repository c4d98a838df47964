"""One process at a time in a directory, with the operating system's locks and without."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graders.errors import RunError
from graders.lock import LOCK, locked


@pytest.fixture(params=["fcntl", "none"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "none":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    return tmp_path


def test_a_held_directory_is_refused_and_free_afterwards(folder: Path) -> None:
    with locked(folder), pytest.raises(RunError, match="another process"), locked(folder):
        pass
    with locked(folder):
        pass


def test_the_lock_of_a_dead_process_does_not_hold(folder: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / LOCK).write_text(str(gone.pid))
    with locked(folder):
        pass


def test_the_lock_of_a_living_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    (tmp_path / LOCK).write_text(str(os.getpid()))
    with (
        pytest.raises(RunError, match=r"another process .* \(if there is none, remove \.lock\)"),
        locked(tmp_path),
    ):
        pass


def test_a_lock_that_is_being_written_holds_and_one_that_never_was_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    (tmp_path / LOCK).touch()
    with pytest.raises(RunError, match="another process"), locked(tmp_path):
        pass
    a_minute_ago = time.time() - 60
    os.utime(tmp_path / LOCK, (a_minute_ago, a_minute_ago))
    with locked(tmp_path):
        pass
