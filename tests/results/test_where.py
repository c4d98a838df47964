"""Conditions on rows, as `graders show --where` takes them."""

import pytest

from graders.results import Condition

LINE = {
    "row": 3, "id": "a", "reward": 0.25, "passed": True,
    "sub_rewards": {"match": 1.0},
    "errors": [{"code": "other_error"}],
    "item": {"model": "6b", "n": 7, "deep": {"x": [1, 2]}}, "sample": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "reward<0.3", "reward <= 0.25", "reward > 0", "reward>=0.25", "reward == 0.25",
        "reward=0.25", "reward != 0.3", "sub_rewards.match == 1", "item.model == 6b",
        'item.model == "6b"', "item.model < 7b", "item.deep.x[1] == 2", "passed == true",
        "passed != false", "sample == null", "item.absent == null", "errors[0].code == other_error",
        "item.n >= 7", 'id = "a"', "item.deep.x == [1,2]",
    ],
)  # fmt: skip
def test_a_row_fulfils_it(text: str) -> None:
    assert Condition.parse(text).holds(LINE)


@pytest.mark.parametrize(
    "text",
    [
        "reward<0.2", "item.model < 7", "item.model > 5", "sample < 1", "item.absent > 0", "passed == 1",
        "item.n == \"7\"", "errors[1].code != null", "passed > 0", "item.deep < 1",
    ],
)  # fmt: skip
def test_a_row_does_not_fulfil_it(text: str) -> None:
    assert not Condition.parse(text).holds(LINE)


@pytest.mark.parametrize(
    "text", ["", "reward", "<0.2", "reward ~ 3", "2 < reward", "item..x = 1", "__import__('os') = 1"]
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        Condition.parse(text)
