"""Ctrl-C is heard while something is waited for, also where a library has system calls begun anew."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from graders.interruptible import join, result_of


@pytest.fixture
def begun_anew() -> Iterator[None]:
    """Have interrupted system calls begun anew, as Polars does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.siginterrupt(signal.SIGINT, False)
    yield
    signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupt_soon() -> None:
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()


@pytest.mark.usefixtures("begun_anew")
def test_a_future_that_never_comes_can_be_interrupted() -> None:
    interrupt_soon()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        result_of(Future())
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("begun_anew")
def test_threads_that_do_not_end_can_be_interrupted() -> None:
    let_go = threading.Event()
    thread = threading.Thread(target=let_go.wait, daemon=True)
    thread.start()
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        join([thread])
    let_go.set()
    join([thread])
    assert not thread.is_alive()


def test_a_result_is_given_and_an_error_raised_also_one_of_time() -> None:
    well: Future[int] = Future()
    well.set_result(7)
    late: Future[int] = Future()
    late.set_exception(TimeoutError("of its own"))
    assert result_of(well) == 7
    with pytest.raises(TimeoutError, match="of its own"):
        result_of(late)
