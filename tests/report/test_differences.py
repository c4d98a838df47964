"""What differs between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from graders.report.differences import Change, differences

words = st.lists(st.sampled_from(["a", "b", "the", " ", "\n", ".", "é"]), max_size=30).map("".join)


def test_words_that_differ_stand_together():
    expected = [
        Change("", "the "),
        Change("del", "black cat"),
        Change("ins", "white dog"),
        Change("", " sat"),
    ]
    assert differences("the black cat sat", "the white dog sat") == expected


def test_short_texts_are_compared_even_if_they_share_nothing():
    assert differences("Madrid", "Barcelona") == [Change("del", "Madrid"), Change("ins", "Barcelona")]


def test_long_texts_that_share_nearly_nothing_are_not_compared():
    assert differences("one two three " * 20, "four five six " * 20 + "one") is None


@given(words, words)
def test_each_text_can_be_read_from_the_comparison(first, second):
    changes = differences(first, second)
    if changes is None:
        return
    assert "".join(change.text for change in changes if change.kind != "ins") == first
    assert "".join(change.text for change in changes if change.kind != "del") == second
