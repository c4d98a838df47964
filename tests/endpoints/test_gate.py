"""How many calls may be under way: more while they succeed, half where there is too much to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.endpoints.gate import Gate
from graders.endpoints.limits import Budget, Limits


def gate_at(limit, most=64):
    gate = Gate(Limits(concurrency=most))
    while gate.limit < limit:
        gate.succeeded()
    return gate


def test_it_grows_to_the_most_while_calls_succeed_and_no_further():
    gate = gate_at(64)
    for _ in range(1000):
        gate.succeeded()
    assert gate.limit == 64


def test_it_begins_with_no_more_than_the_most():
    assert Gate(Limits(concurrency=3)).limit == 3


def test_too_much_load_halves_it_once_a_round():
    gate = gate_at(32)
    gate.overloaded(started=1.0, now=2.0)
    gate.overloaded(started=1.5, now=2.1)  # was under way when it was halved
    assert gate.limit == 16
    gate.overloaded(started=2.5, now=3.0)
    assert gate.limit == 8


def test_it_grows_fast_to_what_worked_and_slowly_beyond():
    gate = gate_at(32)
    gate.overloaded(started=1.0, now=2.0)
    for _ in range(13):
        gate.succeeded()
    assert gate.limit == 29
    for _ in range(20):
        gate.succeeded()
    assert gate.limit == 29
    for _ in range(20):
        gate.succeeded()
    assert gate.limit == 30


def test_a_pause_closes_it_until_then():
    gate = gate_at(8)
    gate.close(until=5.0)
    gate.close(until=4.0)
    assert not gate.is_open(under_way=0, now=4.9)
    assert gate.is_open(under_way=7, now=5.0)
    assert not gate.is_open(under_way=8, now=5.0)


@given(events=st.lists(st.booleans(), max_size=300), most=st.integers(1, 50))
def test_one_call_may_always_be_made_and_never_more_than_the_most(events, most):
    gate = Gate(Limits(concurrency=most))
    for time, success in enumerate(events):
        if success:
            gate.succeeded()
        else:
            gate.overloaded(started=time, now=time)
        assert 1 <= gate.limit <= most


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"seconds": 0},
        {"seconds": float("inf")},
        {"retries": -1},
        {"max_calls": -1},
        {"max_tokens": -1},
    ],
    ids=str,
)
def test_limits_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Limits(**wrong)


def test_a_budget_of_nothing_allows_nothing():
    assert Budget(Limits(max_calls=0)).take() == "the budget of 0 calls is used up"
    assert Budget(Limits(max_tokens=0)).take() == "the budget of 0 tokens is used up, by 0"
    assert Budget(Limits()).take() is None
