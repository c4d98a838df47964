"""What a comparison says of two runs: joined rightly, refused where it cannot be, the same both ways."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.analysis import Pair, Repeats, compare
from graders.analysis.differences import Flip
from graders.errors import DataError, RunError
from graders.stats import Estimate, Outcomes, bootstrap_interval

RIGHT, WRONG = "yes", "no"


def rows_of(verdicts: str, **item: Any) -> list[dict[str, Any]]:
    """Make rows of `+` (right), `-` (wrong) and `?` (not gradable)."""
    return [
        {
            "item": {"q": f"q{n}", "answer": RIGHT, **item},
            "sample": {"+": RIGHT, "-": WRONG, "?": {"model": "silent"}}[verdict],
        }
        for n, verdict in enumerate(verdicts)
    ]


def only(found: Any) -> Pair:
    (pair,) = found.pairs
    assert isinstance(pair, Pair)
    return pair


def test_a_difference_is_the_second_less_the_first(write: Any) -> None:
    first, second = write("first", rows_of("+--++-")), write("second", rows_of("+++-++"))
    pair = only(compare(first, second))
    assert (pair.first, pair.second, pair.joined) == ("first", "second", 6)
    assert pair.difference.mean == pytest.approx(2 / 6)
    assert pair.outcomes == Outcomes(3, 2, 1)
    assert (pair.gained, pair.lost, pair.p_mcnemar) == (3, 1, 0.625)
    assert [(flip.id, flip.gained) for flip in pair.flips] == [(1, True), (2, True), (3, False), (5, True)]
    assert pair.sentence.startswith("no difference can be shown between second and first: 0.333 [")


def test_a_difference_that_is_shown_names_the_better_one_first(write: Any) -> None:
    first, second = write("old", rows_of("-" * 20 + "+")), write("new", rows_of("+" * 16 + "-" * 5))
    forth, back = only(compare(first, second)), only(compare(second, first))
    assert forth.sentence == back.sentence
    assert forth.sentence == "new is better than old by 0.714 [0.459, 0.969]"


verdicts = st.integers(1, 12).flatmap(
    lambda n: st.tuples(*[st.text("+-?", min_size=n, max_size=n) for _ in "ab"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(verdicts)
def test_swapping_two_runs_mirrors_everything(write: Any, pair: tuple[str, str]) -> None:
    runs = [write(name, rows_of(text), overwrite=True) for name, text in zip("ab", pair, strict=True)]
    forth, back = only(compare(*runs)), only(compare(*reversed(runs)))
    low, high = forth.difference.low, forth.difference.high
    expected = (None if high is None else -high, None if low is None else -low)
    assert (back.difference.low, back.difference.high) == pytest.approx(expected)
    assert (back.gained, back.lost) == (forth.lost, forth.gained)
    assert back.p_permutation == forth.p_permutation
    assert back.left_out["unscored"] == forth.left_out["unscored"]
    json.dumps(compare(*runs).to_dict(), allow_nan=False)


def test_rows_without_a_reward_or_a_partner_are_left_out_and_counted(write: Any) -> None:
    first, second = write("first", rows_of("+?+-")), write("second", rows_of("++?+++"))
    pair = only(compare(first, second, on="item.q"))
    assert pair.joined == 2
    assert pair.left_out == {"only_first": 0, "only_second": 2, "unscored": 2}


def test_the_order_of_rows_does_not_matter_where_a_value_joins_them(write: Any) -> None:
    first, second = rows_of("+--++-"), rows_of("+++-++")
    straight = only(compare(write("a", first), write("b", second), on="item.q"))
    turned = only(compare(write("c", first), write("d", second[::-1]), on="item.q"))
    assert turned.difference == straight.difference
    assert [flip.id for flip in turned.flips] == [flip.id for flip in straight.flips]


def test_several_rows_of_a_value_are_averaged(write: Any) -> None:
    def sampled(*answers: str) -> list[dict[str, Any]]:
        return [
            {
                "item": {"q": n, "answer": RIGHT},
                "samples": [RIGHT if each == "+" else WRONG for each in texts],
            }
            for n, texts in enumerate(answers)
        ]

    first, second = write("first", sampled("+-", "--", "++")), write("second", sampled("++", "+-", "++"))
    pair = only(compare(first, second, on="item.q"))
    assert (pair.joined, pair.difference.mean) == (3, pytest.approx(1 / 3))
    assert (pair.gained, pair.lost, pair.p_mcnemar) == (None, None, None)
    repeats = [side.repeats for side in compare(first, second, on="item.q").sides]
    assert [(each.k, each.pass_at_k.mean, each.pass_hat_k.mean) for each in repeats] == [
        (2, pytest.approx(2 / 3), pytest.approx(1 / 3)), (2, 1.0, pytest.approx(2 / 3)),
    ]  # fmt: skip
    by_id = compare(first, second)
    assert [side.repeats for side in by_id.sides] == repeats
    by_id = only(by_id)
    assert (by_id.joined, by_id.gained, by_id.lost) == (6, 2, 0)


def test_samples_of_a_row_are_one_piece_of_evidence(write: Any) -> None:
    def sampled(answers: str, k: int) -> list[dict[str, Any]]:
        texts = [RIGHT if each == "+" else WRONG for each in answers]
        return [{"item": {"q": n, "answer": RIGHT}, "samples": [text] * k} for n, text in enumerate(texts)]

    first, second = "+--++---", "+++-++-+"
    once = only(compare(write("a", sampled(first, 1)), write("b", sampled(second, 1))))
    found = compare(write("c", sampled(first, 4)), write("d", sampled(second, 4)))
    often = only(found)
    assert found.cluster_by == "row"
    assert (often.joined, often.p_mcnemar) == (32, None)
    assert (often.difference.low, often.difference.high) == pytest.approx(
        (once.difference.low, once.difference.high)
    )
    assert often.p_permutation == pytest.approx(once.p_permutation)


def test_a_flip_of_several_samples_names_the_sample(write: Any) -> None:
    def sampled(*texts: str) -> list[dict[str, Any]]:
        return [{"item": {"answer": RIGHT}, "samples": list(texts)}]

    pair = only(compare(write("a", sampled(RIGHT, WRONG)), write("b", sampled(RIGHT, RIGHT))))
    assert [(flip.first_row, flip.sample_index, flip.gained) for flip in pair.flips] == [(0, 1, True)]


def test_the_interval_of_pass_at_k_is_one_of_shares() -> None:
    found = Repeats.of([4] * 40, [0, 0] + [3] * 38)
    assert found is not None
    assert found.pass_at_k.mean == pytest.approx(0.95)
    assert (found.pass_at_k.high, found.pass_hat_k.low) == (1.0, 0.0)
    assert Repeats.of([4, 1], [2, 1]) is None
    assert Repeats.of([], []) is None


def test_intervals_are_those_of_the_bootstrap_where_it_is_asked_for(write: Any) -> None:
    texts = ("+--++--+--" * 4, "+++-++-++-" * 4)
    first, second = write("a", rows_of(texts[0])), write("b", rows_of(texts[1]))
    rewards = [[float(each == "+") for each in text] for text in texts]
    differences = [after - before for before, after in zip(*rewards, strict=True)]
    drawn = compare(first, second, bootstrap=500, seed=3)
    assert only(drawn).difference == bootstrap_interval(differences, resamples=500, seed=3)
    assert only(drawn).difference != only(compare(first, second)).difference
    assert drawn.sides[0].reward == bootstrap_interval(rewards[0], resamples=500, seed=3)
    assert (drawn.bootstrap, drawn.to_dict()["bootstrap"]) == (500, 500)
    with pytest.raises(ValueError, match="at least 1 resample"):
        compare(first, second, bootstrap=0)


def test_the_groups_of_a_run_are_compared(write: Any) -> None:
    rows = rows_of("+-+-", model="a") + rows_of("++++", model="b") + rows_of("-", nothing=1)
    found = compare(write("run", rows), by="item.model", on="item.q")
    assert [(side.name, side.rows) for side in found.sides] == [("a", 4), ("b", 4)]
    assert only(found).outcomes == Outcomes(2, 2, 0)


def test_rows_that_have_nothing_to_be_joined_by_are_named(write: Any) -> None:
    rows = rows_of("++", model="a") + rows_of("+-", model="b")
    del rows[0]["item"]["q"]
    found = compare(write("run", rows), by="item.model", on="item.q")
    assert found.notes == ["1 rows of a have no value at item.q, and are left out"]
    assert only(found).left_out == {"only_first": 0, "only_second": 1, "unscored": 0}


def test_three_runs_make_three_pairs_and_holm_counts_them(write: Any) -> None:
    runs = [write(f"r{n}", rows_of(text)) for n, text in enumerate(["-" * 12, "+" * 7 + "-" * 5, "+" * 12])]
    found = compare(*runs)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("r0", "r1"), ("r0", "r2"), ("r1", "r2")]
    plain = [pair.p_permutation for pair in found.pairs]
    assert plain == pytest.approx([2 / 2**7, 2 / 2**12, 2 / 2**5])
    adjusted = [pair.p_permutation_adjusted for pair in found.pairs]
    assert adjusted == pytest.approx([2 * plain[0], 3 * plain[1], plain[2]])
    assert adjusted == [pair.p_mcnemar_adjusted for pair in found.pairs]


def test_worse_than_the_first_by_more_than_the_tolerance(write: Any) -> None:
    base, near, far = (
        write(name, rows_of(text)) for name, text in {"b": "++++", "n": "+++-", "f": "+---"}.items()
    )
    found = compare(base, near, far)
    assert [pair.second for pair in found.worse_than_first(0.25)] == ["f"]
    assert [pair.second for pair in found.worse_than_first(0.2)] == ["n", "f"]
    assert compare(far, near, base).worse_than_first(0.0) == []


def test_rows_of_a_cluster_are_one_piece_of_evidence(write: Any) -> None:
    first, second = rows_of("-" * 12), rows_of("+" * 9 + "-" * 3)
    for rows in (first, second):
        for n, row in enumerate(rows):
            row["item"]["text"] = n // 3
    runs = [write("a", first), write("b", second)]
    alone, together = only(compare(*runs)), only(compare(*runs, cluster_by="item.text"))
    assert together.difference.mean == alone.difference.mean
    assert together.difference.low < 0 < alone.difference.low
    assert (together.p_permutation, alone.p_permutation) == pytest.approx((0.25, 2 / 2**9))
    assert (together.gained, together.p_mcnemar) == (9, None)
    assert alone.p_mcnemar == pytest.approx(2 / 2**9)
    kept = {"slim": True, "group_by": ["item.q"], "cluster_by": "item.text"}
    own = [write(name, rows, **kept) for name, rows in {"c": first, "d": second}.items()]
    assert only(compare(*own, on="item.q")).difference == together.difference


def test_slim_runs_are_compared_without_their_data(write: Any) -> None:
    rows = rows_of("+-", model="a") + rows_of("++", model="b")
    slim = write("slim", rows, slim=True, group_by=["item.model", "item.q"])
    assert only(compare(slim, by="item.model", on="item.q")).joined == 2
    with pytest.raises(RunError, match="the run is slim, and its data were in memory"):
        compare(slim, by="item.answer")


def test_sub_rewards_are_compared_by_name(write: Any) -> None:
    runs = [write("a", rows_of("+-")), write("b", rows_of("++"))]
    whole, alike = only(compare(*runs)), only(compare(*runs, sub_reward="alike"))
    assert (whole.difference.mean, alike.difference.mean) == (0.5, pytest.approx(0.5))
    with pytest.raises(DataError, match="no sub-reward 'other'; expected one of whole, alike"):
        compare(*runs, sub_reward="other")


def test_the_rows_of_one_number_must_be_one_item(write: Any) -> None:
    first, second = write("first", rows_of("++")), write("second", rows_of("++")[::-1])
    with pytest.raises(DataError, match="made from different data: row 0 is another item in each; --on PATH"):
        compare(first, second)
    assert only(compare(first, second, on="item.q")).joined == 2


def test_rows_that_differ_in_the_sample_alone_are_one_item(write: Any) -> None:
    runs = [
        write(name, [{"answer": RIGHT, "output": text, "q": 1}], sample_field="output")
        for name, text in {"a": RIGHT, "b": WRONG}.items()
    ]
    assert only(compare(*runs)).difference.mean == -1.0


def test_an_id_that_stands_twice_is_refused(write: Any) -> None:
    rows = [{**row, "key": "same"} for row in rows_of("+-")]
    runs = [write(name, rows, id_field="key") for name in "ab"]
    with pytest.raises(
        DataError, match="rows 0 and 1 have the id 'same'; --on PATH joins rows by another value"
    ):
        compare(*runs)


def test_the_groups_of_a_run_are_joined_by_ids_that_recur_in_each(write: Any) -> None:
    rows = [*rows_of("+-", model="a"), *rows_of("++", model="b")]
    run = write("run", [{**row, "key": row["item"]["q"]} for row in rows], id_field="key")
    assert only(compare(run, by="item.model")).joined == 2


def test_what_cannot_be_compared_is_refused(write: Any) -> None:
    run = write("run", rows_of("+-", model="a") + rows_of("++", model="b"))
    other = write("other", rows_of("+", q="elsewhere"))
    for message, runs, options in [
        ("expected two runs or more, or --by PATH", [run], {}),
        ("--by compares the groups of one run; got 2 runs", [run, other], {"by": "item.model"}),
        (
            "no row of a has the id of a row of b; --on PATH joins by another value",
            [run],
            {"by": "item.model"},
        ),
        ("no row of run has the value at item.q of a row of other", [run, other], {"on": "item.q"}),
        ("no row has a value at item.who", [run], {"by": "item.who"}),
        ("every row has one value at item.answer: 'yes'", [run], {"by": "item.answer"}),
        ("expected a path that begins with item or sample; got 'model'", [run], {"by": "model"}),
        ("not a path: 'item.'", [run], {"by": "item."}),
    ]:
        with pytest.raises(DataError, match=message):
            compare(*runs, **options)
    with pytest.raises(RunError, match="not a run directory"):
        compare(run, run.path / "elsewhere")


def test_too_many_groups_are_refused(write: Any) -> None:
    run = write("run", [row for n in range(51) for row in rows_of("+", model=n)])
    with pytest.raises(DataError, match=r"51 values at item\.model are too many to compare; the most are 50"):
        compare(run, by="item.model", on="item.q")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("?", "nothing can be said of a and b: no joined row has both rewards"),
        ("+", "no difference can be shown between b and a: 0.000, too few rows"),
        ("++", "no difference can be shown between b and a: 0.000 [0.000, 0.000]"),
    ],
)
def test_runs_of_nearly_nothing_show_nothing(write: Any, rows: str, sentence: str) -> None:
    pair = only(compare(*(write(name, rows_of(rows)) for name in "ab")))
    assert (pair.sentence, pair.p_permutation, pair.p_permutation_adjusted) == (sentence, 1.0, 1.0)


def test_runs_of_different_graders_are_noted(write: Any) -> None:
    found = compare(write("a", rows_of("+-")), write("b", rows_of("+-"), pass_threshold=0.9))
    assert found.notes == ["the runs were made with different graders"]


def test_runs_of_one_name_are_told_apart_by_their_folders(write: Any) -> None:
    runs = [write(f"{folder}/run", rows_of("+-")) for folder in "ab"]
    assert [side.name for side in compare(*runs).sides] == [str(run.path) for run in runs]


def test_a_comparison_is_json(write: Any) -> None:
    found = compare(write("a", rows_of("+?-")), write("b", rows_of("--+"))).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    pair = found["pairs"][0]
    assert pair["difference"] == vars(Estimate(0.0, *[pair["difference"][key] for key in ("low", "high")]))
    assert pair["flips"][0] == vars(Flip(0, 0, 0, 1.0, 0.0, False))
