"""Calls are ended when their time is over, each at its own, and never after they have ended by themselves."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from graders.endpoints.deadlines import Deadlines


def watch(deadlines, seconds, block):
    """Give the seconds after which a call was cut, or None, when `block` has ended."""
    cut, started = threading.Event(), time.monotonic()
    at = []

    def note():
        at.append(time.monotonic() - started)
        cut.set()

    with deadlines.watch(started + seconds, note):
        block(cut)
    return at[0] if at else None


def until_cut(cut):
    assert cut.wait(10)


def test_a_call_is_cut_at_its_time():
    assert 0.05 <= watch(Deadlines(), 0.05, until_cut) < 1.0


def test_a_time_that_is_over_cuts_at_once():
    assert watch(Deadlines(), -5.0, until_cut) < 1.0


def test_a_call_that_ends_in_time_is_never_cut():
    deadlines = Deadlines()
    assert watch(deadlines, 0.01, lambda cut: None) is None
    assert watch(deadlines, 0.05, until_cut) is not None  # the time of the first is over by now
    assert watch(deadlines, 60.0, lambda cut: None) is None


def test_each_of_many_calls_has_its_own_time():
    deadlines, seconds = Deadlines(), [0.3, 0.05, 0.2, 0.1, 0.25, 0.15]
    with ThreadPoolExecutor(6) as pool:
        actual = list(pool.map(lambda each: watch(deadlines, each, until_cut), seconds))
    assert all(0 <= after - each < 0.5 for after, each in zip(actual, seconds, strict=True))


def test_the_thread_ends_when_there_is_nothing_to_watch():
    deadlines, others = Deadlines(), set(threading.enumerate())
    watch(deadlines, 0.02, until_cut)
    for thread in set(threading.enumerate()) - others:
        thread.join(10)
        assert not thread.is_alive()
    assert watch(deadlines, 0.02, until_cut) is not None
