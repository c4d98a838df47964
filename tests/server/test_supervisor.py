"""Processes that are kept alive."""

import os
import signal
import threading
import time

import pytest

from graders.server import supervisor
from graders.server.settings import Settings


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def silences():
    """Give for how long the processes that are watched may say nothing."""
    return {thread.interval for thread in threading.enumerate() if isinstance(thread, threading.Timer)}


class Noted(threading.Event):
    """An event that notes for how long it was waited for."""

    def __init__(self):
        super().__init__()
        self.pauses = []

    def wait(self, timeout=None):
        self.pauses.append(timeout)
        return super().wait(timeout)


def test_a_runner_that_ends_again_and_again_is_waited_for_ever_longer(tmp_path, capsys):
    (tmp_path / "store").write_text("no folder")
    child = supervisor.Child("runner", Settings(store=tmp_path / "store"), stopped=Noted())
    thread = threading.Thread(target=child.keep)
    thread.start()
    wait_until(lambda: len(child.stopped.pauses) == 2, 60)
    child.end()
    thread.join(20)
    assert child.stopped.pauses == [0.2, 0.4]
    assert "the runner ended and is started again" in capsys.readouterr().err


@pytest.mark.long
def test_a_runner_that_says_nothing_any_more_is_replaced(tmp_path, monkeypatch):
    child = supervisor.Child("runner", Settings(store=tmp_path / "store"))
    thread = threading.Thread(target=child.keep)
    thread.start()
    try:
        wait_until(lambda: (tmp_path / "store" / "owner").exists())
        monkeypatch.setattr(supervisor, "LONGEST_SILENCE", 3.0)
        wait_until(lambda: 3.0 in silences())
        first = child.process
        os.kill(first.pid, signal.SIGSTOP)
        wait_until(lambda: child.process is not first)
        assert first.poll() == -signal.SIGKILL
    finally:
        child.end()
        thread.join(20)
