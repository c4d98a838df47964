"""Many requests to one judge: order, equal requests, how many at once, and what a judge does wrong."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.judges import JudgeReply, JudgeRequest
from graders.judges.pool import THREADS, ask_all


def request_of(text):
    return JudgeRequest("m", ({"role": "user", "content": text},), {})


def text_of(request):
    return request.messages[0]["content"]


class Echo:
    """Says what it is asked, and remembers what that was."""

    identity = "echo"

    def __init__(self):
        self.asked = []

    def ask(self, request):
        self.asked.append(text_of(request))
        return JudgeReply(text_of(request))


class Raises(Echo):
    def __init__(self, error):
        self.error = error

    def ask(self, request):
        raise self.error


class Together(Echo):
    """Answers when as many requests are there as it waits for, and counts how many there are at once."""

    def __init__(self, n, concurrency=None):
        self.barrier = threading.Barrier(n, timeout=30)
        self.lock, self.now, self.most = threading.Lock(), 0, 0
        if concurrency:
            self.concurrency = concurrency

    def ask(self, request):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.barrier.wait()
        with self.lock:
            self.now -= 1
        return JudgeReply(text_of(request))


@given(texts=st.lists(st.sampled_from("abcdefghijklmnop"), max_size=40))
def test_replies_come_in_the_order_of_the_requests_and_equal_ones_are_asked_once(texts):
    judge = Echo()
    replies = ask_all(judge, [request_of(text) for text in texts])
    assert [reply.text for reply in replies] == texts
    assert sorted(judge.asked) == sorted(set(texts))


def test_repetitions_are_asked_each():
    judge = Echo()
    requests = [JudgeRequest("m", ({"role": "user", "content": "a"},), {}, repetition=n) for n in range(3)]
    ask_all(judge, requests)
    assert judge.asked == ["a"] * 3


def test_eight_requests_are_on_their_way_at_once_and_no_more():
    judge = Together(THREADS)
    replies = ask_all(judge, [request_of(str(n)) for n in range(5 * THREADS)])
    assert [reply.text for reply in replies] == [str(n) for n in range(5 * THREADS)]
    assert judge.most == THREADS == 8


def test_a_judge_may_name_how_many_it_wants_at_once():
    judge = Together(3, concurrency=3)
    ask_all(judge, [request_of(str(n)) for n in range(9)])
    assert judge.most == 3


def test_a_judge_that_wants_one_at_a_time_is_asked_in_order():
    judge = Echo()
    judge.concurrency = 1
    texts = [str(n) for n in range(50)]
    ask_all(judge, [request_of(text) for text in texts])
    assert judge.asked == texts


def test_no_request_asks_nobody():
    assert ask_all(Raises(RuntimeError()), []) == []


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (RuntimeError("no line"), "the judge failed: RuntimeError: no line"),
        (KeyError("x"), "the judge failed: KeyError: 'x'"),
        (UnspeakableError(), "the judge failed: UnspeakableError: its message cannot be read"),
        (ValueError("x" * 10_000_000), "the judge failed: ValueError: " + "x" * 1988),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_judge_raises_is_a_failed_reply(error, detail):
    (reply,) = ask_all(Raises(error), [request_of("a")])
    assert (reply.failure.reason, reply.failure.detail) == ("judge_failed", detail)


def test_one_failed_request_is_no_other_requests_failure():
    class OnlyB(Echo):
        def ask(self, request):
            if text_of(request) != "b":
                raise TimeoutError("late")
            return JudgeReply("b")

    replies = ask_all(OnlyB(), [request_of(text) for text in "abc"])
    assert [reply.text for reply in replies] == [None, "b", None]
    assert [reply.failure is None for reply in replies] == [False, True, False]


@pytest.mark.parametrize("answer", [None, "yes", {"text": "yes"}])
def test_an_answer_that_is_no_reply_is_a_failed_reply(answer):
    class Odd(Echo):
        def ask(self, request):
            return answer

    (reply,) = ask_all(Odd(), [request_of("a")])
    assert reply.failure.detail == f"expected a JudgeReply; got {type(answer).__name__}"


def test_ctrl_c_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        ask_all(Raises(KeyboardInterrupt()), [request_of("a"), request_of("b")])
