"""What a source reads is known where it is written out, and nowhere else."""

import pytest

from graders.fine_tuning.source_reading import Reading, reading_of

BODY = "def grade(sample, item):\n    "


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return float(sample['output_text'] == item['answer'])", {("answer",): True}),
        ("return float(item.get('answer') == 1)", {("answer",): False}),
        ("return item['meta'].get('unit', '')", {("meta", "unit"): True}),
        ("return float('a' in item and item['a'])", {("a",): False}),
        ("try:\n        return item['a']\n    except KeyError:\n        return 0.0", {("a",): False}),
        ("return 1.0", {}),
    ],
)
def test_keys_that_are_written_out_are_known(body: str, expected: dict[tuple[str, ...], bool]) -> None:
    assert reading_of(BODY + body, "item") == Reading(expected, whole=False)


def test_parameters_may_have_any_name() -> None:
    source = "def grade(out, row):\n    return float(out['output_json']['x'] == row['y'])\n"
    assert reading_of(source, "sample").keys == {("output_json", "x"): True}
    assert reading_of(source, "item").keys == {("y",): True}


@pytest.mark.parametrize(
    "source",
    [
        BODY + "return helper(item)",
        BODY + "return item[sample['output_text']]",
        BODY + "for item in item['all']:\n        pass\n    return item['x']",
        "def grade(*row):\n    return row[1]['answer']",
        "def grade(sample, item:",
        "grade = 1",
        "\0",
    ],
)
def test_what_is_handed_on_whole_may_be_read_in_any_way(source: str) -> None:
    assert reading_of(source, "item").whole


def test_a_key_that_a_helper_reads_is_known_where_it_has_the_parameter_of_that_name() -> None:
    source = "def right(item):\n    return item['answer']\n\n" + BODY + "return float(right(item) == 1)"
    assert reading_of(source, "item") == Reading({("answer",): True}, whole=True)
