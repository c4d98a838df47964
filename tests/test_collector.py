"""The cyclic collector is paused over rows, and afterwards as it was."""

import gc
from collections.abc import Iterator

import pytest

from graders import evaluate, load_grader
from graders.dataset.collector import collector_paused


@pytest.fixture(autouse=True)
def _on_afterwards() -> Iterator[None]:
    yield
    gc.enable()


def test_it_is_off_inside_and_on_afterwards_also_after_an_error() -> None:
    states = []

    def failing() -> None:
        with collector_paused():
            states.append(gc.isenabled())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert [*states, gc.isenabled()] == [False, True]


def test_who_has_it_off_keeps_it_off() -> None:
    gc.disable()
    with collector_paused():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_pauses_may_lie_in_each_other() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_while_a_grader_scores_and_after_a_run(tmp_path, monkeypatch) -> None:
    document = {"type": "string_check", "input": "{{item.a}}", "reference": "x", "operation": "eq"}
    grader = load_grader(document)
    states = []
    scored = type(grader).score_batch
    monkeypatch.setattr(
        type(grader), "score_batch", lambda self, batch: states.append(gc.isenabled()) or scored(self, batch)
    )
    evaluate(grader, [{"item": {"a": "x"}}] * 3, out=tmp_path / "run")
    assert states == [True]
    assert gc.isenabled()
