"""Processes that are kept alive."""

import os
import signal
import threading
import time

from graders.server import supervisor
from graders.server.settings import Settings


def wait_until(said, seconds=30):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_runner_that_says_nothing_any_more_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_SILENCE", 4.0)
    child = supervisor.Child("runner", Settings(store=tmp_path / "store"))
    thread = threading.Thread(target=child.keep)
    thread.start()
    try:
        wait_until(lambda: (tmp_path / "store" / "owner").exists())
        first = child.process
        os.kill(first.pid, signal.SIGSTOP)
        wait_until(lambda: child.process is not first)
        assert first.poll() == -signal.SIGKILL
    finally:
        child.end()
        thread.join(20)
