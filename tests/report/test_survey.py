"""Which rows are shown, and what is counted of all of them."""

import numpy as np
import pytest

from graders.report.survey import survey


def places(found, name):
    return next((list(choice.places) for choice in found.choices if choice.name == name), None)


def test_the_worst_and_the_best_rows_are_found(write_run, make):
    rewards = [0.5, 0.1, 0.9, None, 0.0, 1.0, 0.4]
    found = survey(write_run(make.line(row, reward) for row, reward in enumerate(rewards)), 2)
    assert places(found, "worst") == [4, 1]
    assert places(found, "best") == [5, 2]


def test_rows_that_are_all_shown_are_shown_once(write_run, make):
    found = survey(write_run(make.line(row, row / 3) for row in range(4)), 4)
    assert [choice.name for choice in found.choices] == ["rows"]
    assert places(found, "rows") == [0, 1, 2, 3]


def test_how_many_rows_share_the_lowest_reward_is_said(write_run, make):
    found = survey(write_run(make.line(row, float(row > 8)) for row in range(12)), 2)
    assert found.choices[0].words == "9 rows have the lowest reward; these are the first of them."


def test_several_samples_of_an_item_are_disputed_where_their_rewards_differ(write_run, make):
    rewards = [(0, 0.5), (0, 0.5), (1, 0.1), (1, 0.6), (1, 0.9), (2, 0.3), (2, 0.4), (2, None)]
    lines = [make.line(row, reward, sample_index=0) for row, reward in rewards]
    assert places(survey(write_run(lines), 4), "disputed") == [2, 4, 5, 6]


@pytest.mark.parametrize(("n", "expected"), [(0, None), (1, [2, 4]), (3, [2, 4])])
def test_no_more_disputed_items_are_shown_than_asked_for(write_run, make, n, expected):
    rewards = [(0, 0.5), (0, 0.5), (1, 0.1), (1, 0.6), (1, 0.9), (2, 0.3), (2, 0.4)]
    lines = [make.line(row, reward, sample_index=0) for row, reward in rewards]
    assert places(survey(write_run(lines), n), "disputed") == expected


def test_several_samples_of_a_row_are_counted_for_pass_at_k(write_run, make):
    rewards = [(0, 1.0), (0, 0.0), (0, 0.0), (1, 1.0), (1, 1.0), (2, 0.0), (2, 0.0), (2, None)]
    lines = [make.line(row, reward, sample_index=0) for row, reward in rewards]
    found = survey(write_run(lines), 4).repeats
    assert found is not None
    assert found.k == 2
    assert found.pass_at_k.mean == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found.pass_hat_k.mean == pytest.approx((0 + 1 + 0) / 3)


@pytest.mark.parametrize("lines", [[(0, 1.0), (0, 0.0), (1, 1.0)], [(0, None), (0, None)]])
def test_single_samples_have_no_pass_at_k(write_run, make, lines):
    run = write_run([make.line(row, reward, sample_index=0) for row, reward in lines])
    assert survey(run, 4).repeats is None


def test_sub_graders_dispute_each_on_its_own_range(write_run, make):
    parts = [{"a": 0.0, "b": 0.0}, {"a": 1.0, "b": 100.0}, {"a": 1.0, "b": 10.0}, {"a": 0.5, "b": None}]
    lines = [make.line(row, 0.5, sub_rewards=part) for row, part in enumerate(parts)]
    assert places(survey(write_run(lines), 2), "disputed") == [2]


def test_with_one_grader_the_rows_nearest_to_the_threshold_are_disputed(write_run, make):
    rewards = [0.0, 1.0, 0.45, 0.8, 0.52, 0.0]
    found = survey(write_run(make.line(row, reward) for row, reward in enumerate(rewards)), 2)
    assert places(found, "disputed") == [4, 2]


def test_rewards_of_two_values_are_not_disputed(write_run, make):
    found = survey(write_run(make.line(row, float(row % 2)) for row in range(9)), 2)
    assert places(found, "disputed") is None


def test_errors_are_counted_by_code_and_reason_and_one_of_each_is_shown_first(write_run, make):
    def failed(row, reason):
        error = {"code": "other_error", "reason": reason, "detail": f"detail {row}", "grader": "exact"}
        return make.line(row, None, errors=[error, error])

    lines = [failed(row, "b" if row == 4 else "a") for row in range(5)]
    found = survey(write_run(lines), 3)
    assert [(kind.reason, kind.rows) for kind in found.errors] == [("a", 4), ("b", 1)]
    assert [example["detail"] for example in found.errors[0].examples] == ["detail 0", "detail 1", "detail 2"]
    assert places(found, "failed") == [0, 4, 1]


@pytest.mark.parametrize("rewards", [[0.2, 0.7, 1.0], [-3.0, 12.5, 4.0], [0.5], []])
def test_every_reward_is_in_the_distribution(write_run, make, rewards):
    found = survey(write_run(make.line(row, reward) for row, reward in enumerate(rewards)), 2)
    assert found.reward.counts.sum() == len(rewards)
    assert np.all(np.diff(found.reward.edges) > 0)


def test_a_run_without_rows_has_nothing_to_show(write_run):
    assert list(survey(write_run([]), 5).choices) == []
