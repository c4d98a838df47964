"""Many requests to one judge: order, equal requests, how many at once, and what a judge does wrong."""

import asyncio
import pickle
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.cache import Cache, key_of
from graders.endpoints.limits import Limits
from graders.errors import Failure
from graders.judges import JudgeReply, JudgeRequest
from graders.judges.pool import JudgePool


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


FAST = Limits(retries=0)


def ask_all(judge, requests, **options):
    return JudgePool(judge, **{"limits": FAST, **options}).ask(requests).wait()


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


def test_what_was_asked_once_is_known_as_long_as_the_pool():
    judge = Echo()
    pool = JudgePool(judge)
    for _ in range(3):
        assert [reply.text for reply in pool.ask([request_of("a"), request_of("b")]).wait()] == ["a", "b"]
    assert sorted(judge.asked) == ["a", "b"]


def test_an_equal_request_that_is_under_way_is_waited_for():
    judge = Together(1)
    pool = JudgePool(judge)
    first, second = pool.ask([request_of("a")], no_check), pool.ask([request_of("a")], no_check)
    assert [first.wait(), second.wait()] == [[JudgeReply("a")]] * 2
    assert pool.account()["calls"] == 1


def no_check(reply):
    return None


def test_as_many_requests_are_on_their_way_at_once_as_the_limits_say():
    judge = Together(5)
    replies = ask_all(judge, [request_of(str(n)) for n in range(25)], limits=Limits(concurrency=5))
    assert [reply.text for reply in replies] == [str(n) for n in range(25)]
    assert judge.most == 5


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
    ("error", "reason", "detail"),
    [
        (RuntimeError("no line"), "judge_failed", "RuntimeError: no line"),
        (KeyError("x"), "judge_failed", "KeyError: 'x'"),
        (UnspeakableError(), "judge_failed", "UnspeakableError: its message cannot be read"),
        (ValueError("x" * 10_000_000), "judge_failed", "ValueError: " + "x" * 1988),
        (ConnectionResetError("gone"), "no_answer", "ConnectionResetError: gone"),
        (TimeoutError("late"), "timeout", "TimeoutError: late"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_judge_raises_is_a_failed_reply(error, reason, detail):
    (reply,) = ask_all(Raises(error), [request_of("a")])
    assert (reply.failure.reason, reply.failure.detail) == (reason, "the judge failed: " + detail)


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


class Scarce(Echo):
    """Fails with each of some reasons once before it answers."""

    def __init__(self, *reasons, **options):
        super().__init__()
        self.reasons, self.options, self.lock = list(reasons), options, threading.Lock()

    def ask(self, request):
        with self.lock:
            self.asked.append(text_of(request))
            if self.reasons:
                return JudgeReply(failure=Failure(self.reasons.pop(0), "not now"), **self.options)
        return JudgeReply(text_of(request), usage={"prompt_tokens": 10})


@pytest.mark.parametrize("reason", ["rate_limited", "server_error", "timeout", "no_answer"])
def test_what_may_pass_is_asked_for_again(reason):
    judge = Scarce(reason, reason)
    pool = JudgePool(judge)
    (reply,) = pool.ask([request_of("a")]).wait()
    assert reply.text == "a"
    assert judge.asked == ["a"] * 3
    assert {"calls": 3, "retried": 2}.items() <= pool.account().items()


@pytest.mark.parametrize("reason", ["request_refused", "judge_failed", "content_filter"])
def test_what_will_not_pass_is_asked_for_once(reason):
    judge = Scarce(reason)
    (reply,) = ask_all(judge, [request_of("a")], limits=Limits())
    assert reply.failure.reason == reason
    assert judge.asked == ["a"]


def test_without_retries_a_failure_stands():
    judge = Scarce("rate_limited")
    (reply,) = ask_all(judge, [request_of("a")], limits=Limits(retries=0))
    assert reply.failure.reason == "rate_limited"
    assert judge.asked == ["a"]


def test_retries_end():
    judge = Scarce(*["server_error"] * 10, retry_after=0.0)
    (reply,) = ask_all(judge, [request_of("a")], limits=Limits(retries=3))
    assert reply.failure.reason == "server_error"
    assert judge.asked == ["a"] * 4


def test_a_pause_that_the_endpoint_asks_for_is_kept_by_every_request():
    judge = Scarce("rate_limited", retry_after=0.3)
    judge.concurrency = 1
    started = time.monotonic()
    replies = ask_all(judge, [request_of("a"), request_of("b")], limits=Limits())
    assert time.monotonic() - started >= 0.3
    assert [reply.text for reply in replies] == ["a", "b"]
    assert judge.asked == ["a", "a", "b"]


def test_a_pause_that_is_too_long_ends_the_asking():
    judge = Scarce("rate_limited", retry_after=3600.0)
    judge.concurrency = 1
    replies = ask_all(judge, [request_of("a"), request_of("b")], limits=Limits())
    assert [reply.failure.reason for reply in replies] == ["budget"] * 2
    assert replies[1].failure.detail == "the endpoint asks for a pause of 3600 s"
    assert judge.asked == ["a"]


def test_an_endpoint_that_refuses_the_key_is_asked_nothing_more():
    judge = Scarce("unauthorized")
    judge.concurrency = 1
    replies = ask_all(judge, [request_of(text) for text in "abc"])
    assert [reply.failure.reason for reply in replies] == ["unauthorized"] * 3
    assert judge.asked == ["a"]


def test_the_budget_of_calls_is_never_exceeded():
    judge = Echo()
    pool = JudgePool(judge, limits=Limits(max_calls=7))
    replies = pool.ask([request_of(str(n)) for n in range(20)]).wait()
    assert sum(reply.failure is None for reply in replies) == len(judge.asked) == 7
    refused = [reply.failure for reply in replies if reply.failure]
    assert set(refused) == {Failure("budget", "the budget of 7 calls is used up")}


def test_a_call_that_is_made_again_counts():
    judge = Scarce("server_error", "server_error", retry_after=0.0)
    (reply,) = ask_all(judge, [request_of("a")], limits=Limits(max_calls=2))
    assert reply.failure.reason == "budget"
    assert judge.asked == ["a"] * 2


def test_the_budget_of_tokens_ends_the_asking():
    judge = Scarce()
    judge.concurrency = 1
    replies = ask_all(judge, [request_of(str(n)) for n in range(9)], limits=Limits(max_tokens=25))
    assert [reply.failure is None for reply in replies] == [True] * 3 + [False] * 6
    assert replies[3].failure.detail == "the budget of 25 tokens is used up, by 30"


class Stuck(Echo):
    """Does not answer the first request before it is let go."""

    def __init__(self):
        super().__init__()
        self.free = threading.Event()

    def ask(self, request):
        self.asked.append(text_of(request))
        if text_of(request) == "stuck":
            self.free.wait(30)
        return JudgeReply(text_of(request))


def test_a_judge_that_does_not_answer_fails_its_row_and_no_other():
    judge = Stuck()
    judge.concurrency = 1
    replies = ask_all(judge, [request_of("stuck"), request_of("b")], limits=Limits(seconds=0.2, retries=0))
    judge.free.set()
    assert replies[0].failure == Failure("timeout", "the judge gave no answer in 0.2 s")
    assert replies[1].text == "b"


def test_a_reply_that_comes_late_is_kept_for_the_next_time(tmp_path):
    judge, cache = Stuck(), Cache(tmp_path)
    limits = Limits(seconds=0.2, retries=0)
    pool = JudgePool(judge, limits=limits, cache=cache)
    pool.ask([request_of("stuck")]).wait()
    judge.free.set()
    deadline = time.monotonic() + 10
    while not cache.info()["judge"].entries and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [reply.text for reply in pool.ask([request_of("stuck")]).wait()] == ["stuck"]
    assert judge.asked == ["stuck"]


def test_a_judge_that_can_give_up_is_told_when():
    class Limited(Echo):
        def limited(self, seconds):
            other = Limited()
            other.asked, other.seconds = self.asked, seconds
            return other

        def ask(self, request):
            return JudgeReply(str(self.seconds))

    (reply,) = ask_all(Limited(), [request_of("a")], limits=Limits(seconds=7.0))
    assert reply.text == "7.0"


def test_replies_are_kept_when_they_arrive_and_errors_never(tmp_path):
    judge = Scarce("request_refused")
    judge.concurrency = 1
    requests = [request_of(text) for text in "abc"]
    first = JudgePool(judge, cache=Cache(tmp_path)).ask(requests).wait()
    assert [reply.text for reply in first] == [None, "b", "c"]
    pool = JudgePool(judge, cache=Cache(tmp_path))
    assert [reply.text for reply in pool.ask(requests).wait()] == ["a", "b", "c"]
    assert judge.asked == ["a", "b", "c", "a"]
    assert {"calls": 1, "from_cache": 2}.items() <= pool.account().items()


def test_a_reply_of_no_use_is_not_kept(tmp_path):
    judge = Echo()
    for _ in range(2):
        pool = JudgePool(judge, cache=Cache(tmp_path))
        pool.ask([request_of("a")], lambda reply: Failure("not_json", "no JSON")).wait()
    assert judge.asked == ["a", "a"]


def test_judges_of_other_identities_do_not_share_replies(tmp_path):
    one, other = Echo(), Echo()
    other.identity = "another"
    for judge in (one, other):
        JudgePool(judge, cache=Cache(tmp_path)).ask([request_of("a")]).wait()
    assert (one.asked, other.asked) == (["a"], ["a"])


def test_a_cached_value_of_another_form_is_asked_for_anew(tmp_path):
    judge, cache = Echo(), Cache(tmp_path)
    pool = JudgePool(judge, cache=cache)
    pool.ask([request_of("a")]).wait()
    ((key, _),) = (
        pool._cache._open().get_many("judge", [key_of("echo", request_of("a").fingerprint())]).items()
    )
    for damaged in (b"", b"[]", b'{"text": 3}', b'{"failure": {"reason": "x"}}'):
        cache.put_many("judge", {key: damaged})
        assert JudgePool(judge, cache=cache).ask([request_of("a")]).wait() == [JudgeReply("a")]


class Repaired(Echo):
    """Answers prose, and properly when it is asked once more."""

    repairs = True

    def ask(self, request):
        self.asked.append(request)
        better = len(request.messages) > 1
        return JudgeReply("better" if better else "prose", usage={"prompt_tokens": 5})


def only_better(reply):
    return None if reply.text == "better" else Failure("not_json", "it is no JSON")


def test_a_judge_that_repairs_is_asked_once_more_with_what_is_wrong():
    judge = Repaired()
    pool = JudgePool(judge)
    (reply,) = pool.ask([request_of("a")], only_better).wait()
    assert (reply.text, reply.usage["prompt_tokens"]) == ("better", 10)
    assert [message["role"] for message in judge.asked[1].messages] == ["user", "assistant", "user"]
    assert "it is no JSON" in judge.asked[1].messages[2]["content"]
    assert pool.account()["calls"] == 2


def test_a_reply_is_repaired_once_only():
    judge = Repaired()
    (reply,) = JudgePool(judge).ask([request_of("a")], lambda _: Failure("not_json", "never")).wait()
    assert len(judge.asked) == 2
    assert reply.failure is None


def test_a_repaired_reply_is_kept_for_the_request_that_was_made(tmp_path):
    judge = Repaired()
    for _ in range(2):
        (reply,) = JudgePool(judge, cache=Cache(tmp_path)).ask([request_of("a")], only_better).wait()
        assert (reply.text, reply.usage["prompt_tokens"]) == ("better", 10)
    assert len(judge.asked) == 2


def test_a_repair_that_the_budget_forbids_leaves_the_reply_as_it_is():
    (reply,) = JudgePool(Repaired(), limits=Limits(max_calls=1)).ask([request_of("a")], only_better).wait()
    assert reply.text == "prose"


class Batched(Echo):
    """Takes many requests in one call; some of them fail once."""

    def __init__(self, *failing):
        super().__init__()
        self.failing, self.sizes = set(failing), []

    def ask_many(self, requests):
        self.sizes.append(len(requests))
        return [self.ask(request) for request in requests]

    def ask(self, request):
        self.asked.append(text_of(request))
        if text_of(request) in self.failing:
            self.failing.remove(text_of(request))
            return JudgeReply.failed("server_error", "once")
        return JudgeReply(text_of(request))


def test_a_judge_that_takes_many_is_asked_many():
    judge = Batched()
    judge.concurrency = 1
    texts = [str(n) for n in range(70)]
    assert [reply.text for reply in ask_all(judge, [request_of(text) for text in texts])] == texts
    assert judge.sizes == [32, 32, 6]


def test_of_many_only_those_that_failed_are_asked_again():
    judge = Batched("3", "5")
    replies = ask_all(judge, [request_of(str(n)) for n in range(8)], limits=Limits())
    assert [reply.text for reply in replies] == [str(n) for n in range(8)]
    assert (judge.sizes, len(judge.asked)) == ([8], 10)


def test_the_budget_counts_each_of_many():
    judge = Batched()
    replies = ask_all(judge, [request_of(str(n)) for n in range(40)], limits=Limits(max_calls=35))
    assert sum(reply.failure is None for reply in replies) == len(judge.asked) == 35


@pytest.mark.parametrize("answer", [None, [], [JudgeReply("x")] * 3, "ab"])
def test_another_number_of_replies_is_a_failure_of_each(answer):
    class Odd(Batched):
        def ask_many(self, requests):
            return answer

    replies = ask_all(Odd(), [request_of("a"), request_of("b")])
    assert {reply.failure.reason for reply in replies} == {"judge_failed"}


def test_a_refused_key_ends_the_asking_also_of_many():
    class Locked(Batched):
        def ask_many(self, requests):
            self.sizes.append(len(requests))
            return [JudgeReply.failed("unauthorized", "no")] * len(requests)

    judge = Locked()
    judge.concurrency = 1
    replies = ask_all(judge, [request_of(str(n)) for n in range(70)])
    assert {reply.failure.reason for reply in replies} == {"unauthorized"}
    assert judge.sizes == [32]


def test_what_is_cancelled_is_not_asked():
    judge = Stuck()
    judge.concurrency = 1
    pool = JudgePool(judge)
    replies = pool.ask([request_of("stuck"), request_of("b"), request_of("c")], no_check)
    while not judge.asked:
        time.sleep(0.001)
    pool.cancel()
    judge.free.set()
    assert [reply.text for reply in replies.wait()] == ["stuck", None, None]
    assert judge.asked == ["stuck"]
    assert pool.ask([request_of("d")]).wait()[0].text == "d"


def test_the_pool_works_within_a_running_event_loop():
    async def inside():
        return ask_all(Echo(), [request_of("a")])

    assert asyncio.run(inside()) == [JudgeReply("a")]


def test_threads_end_when_there_is_nothing_to_do():
    ask_all(Together(4, concurrency=4), [request_of(str(n)) for n in range(8)])
    deadline = time.monotonic() + 20
    while any(thread.name.startswith("judge") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_pickled_pool_asks_the_same_judge():
    pool = pickle.loads(pickle.dumps(JudgePool(Echo(), limits=FAST)))
    assert pool.ask([request_of("a")]).wait() == [JudgeReply("a")]
