"""What graders are bound with, and what they begin and give up."""

from dataclasses import dataclass, field

import pytest

from graders.batch import Batch
from graders.errors import ConfigError
from graders.scoring import Binding, Combination, begin, cancel


@dataclass
class Noting:
    """A scorer that notes what it is told."""

    told: list[object] = field(default_factory=list)

    def begin(self, batch):
        self.told.append(batch)

    def cancel(self):
        self.told.append("cancel")


@dataclass
class Whole(Combination):
    parts: dict[str, object]


@pytest.mark.parametrize("name", ["judge", "embedder", "sandbox"])
def test_a_grader_that_needs_what_nobody_gave_is_refused(name):
    needed = getattr(Binding("own", "$", lambda metric: metric), name)
    with pytest.raises(ConfigError) as caught:
        needed("source") if name == "sandbox" else needed()
    assert [(each.path, each.message) for each in caught.value.problems] == [(name, "there is none")]


def test_every_part_begins_and_is_given_up_however_deep_it_lies():
    batch, scorers = Batch([], []), [Noting(), Noting()]
    whole = Whole({"a": scorers[0], "b": Whole({"c": scorers[1]}), "plain": object()})
    begin(whole, batch)
    cancel(whole)
    assert [scorer.told for scorer in scorers] == [[batch, "cancel"]] * 2


def test_who_waits_for_nothing_is_neither_begun_nor_given_up():
    begin(object(), Batch([], []))
    cancel(object())
