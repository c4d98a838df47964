"""What graders, grades and scores show of themselves in a terminal and in a notebook."""

from html.parser import HTMLParser

import pytest

from graders import ConfigWarning, Confinement, load_grader
from graders.facts import as_lines, as_table
from graders.judges import JudgeReply

EXACT = {
    "type": "string_check",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
MULTI = {
    "type": "multi",
    "name": "capital",
    "graders": {"exact": EXACT, "near": {**EXACT, "operation": "ilike"}},
    "calculate_output": "(exact + near) / 2",
    "pass_threshold": 0.75,
}
JUDGED = {
    "type": "score_model",
    "name": "polite",
    "model": "some-model",
    "range": [0, 5],
    "input": [{"role": "user", "content": "{{sample.output_text}}"}],
}
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


class Judge:
    identity = "told"

    def ask(self, request):
        step = '{"description": "look for a please", "conclusion": "there is none"}'
        return JudgeReply(f'{{"steps": [{step}], "result": 2}}')


def test_a_grader_shows_its_parts_and_its_formula():
    assert repr(load_grader(MULTI)).splitlines() == [
        "Grader('capital')",
        "  type: multi",
        "  exact: string_check eq",
        "  near: string_check ilike",
        "  formula: (exact + near) / 2",
        "  passes: from 0.75",
    ]


def test_a_grader_shows_who_judges_who_embeds_and_where_sources_run(confinement):
    cosine = {
        "type": "text_similarity",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "evaluation_metric": "cosine",
    }
    source = {"type": "python", "source": "def grade(sample, item): return 1"}
    document = {"polite": JUDGED, "close": cosine, "counted": source}
    inside = Confinement(confinement.level, workers=1)
    shown = repr(load_grader(document, judge=Judge(), embedder="lexical", confinement=inside)).splitlines()
    assert "  type: several graders, of which all have to pass" in shown
    assert "  polite: score_model some-model" in shown
    assert "  close: text_similarity cosine" in shown
    assert "  judge: told" in shown
    assert f"  sandbox: {confinement.level}" in shown
    assert any(line.startswith("  embedder: lexical") for line in shown)


def test_a_grader_without_a_threshold_says_so():
    document = {key: value for key, value in MULTI.items() if key != "pass_threshold"}
    assert repr(load_grader(document)).endswith("  passes: no threshold is known")


@pytest.mark.parametrize("graders", [{"a": 1}, {"a": {}}, [], None])
def test_a_field_that_its_type_does_not_have_is_no_part_of_a_grader(graders):
    with pytest.warns(ConfigWarning, match="unknown field"):
        grader = load_grader({**EXACT, "graders": graders})
    assert repr(grader) == repr(load_grader(EXACT))


def test_a_grade_shows_its_reward_its_parts_and_its_errors():
    grader = load_grader(MULTI)
    assert repr(grader.grade({"answer": "Paris"}, "paris")) == (
        "Grade('capital')\n  reward: 0.5000, not passed\n  exact: 0.0000\n  near: 1.0000"
    )
    assert "  reward: none\n" in repr(grader.grade({}, "paris"))
    assert "  reward: 1.0000, passed\n" in repr(grader.grade({"answer": "Paris"}, "Paris"))
    assert "  invalid_variable_error: exact: Variable 'item.answer' was not found.\n" in repr(
        grader.grade({}, "a")
    )


def test_a_grade_shows_what_the_judge_said():
    shown = repr(load_grader(JUDGED, judge=Judge()).grade(sample="Tea."))
    assert "  judge: some-model: 2\n  step: look for a please → there is none" in shown


def test_scores_show_their_mean_their_first_values_and_what_failed():
    scores = load_grader(MULTI).score([{"answer": "a"}] * 9 + [{}], ["a"] * 8 + ["A", "a"])
    assert repr(scores).splitlines() == [
        "Scores('capital')",
        "  rows: 10, 9 scored",
        "  mean: 0.9444",
        "  values: " + "1.0000, " * 8 + "…",
        "  mean of exact: 0.8889",
        "  mean of near: 1.0000",
        "  invalid_variable_error: 1 rows",
    ]


def test_a_row_without_a_score_is_shown_as_such():
    scores = load_grader(EXACT).score([{"answer": "a"}, {}], ["a", "a"])
    assert "  values: 1.0000, none\n" in repr(scores)
    whole = load_grader(MULTI).score([{}], ["a"])
    assert "  mean of exact: -\n" in repr(whole)


def test_as_many_values_as_are_shown_are_followed_by_nothing():
    shown = [repr(load_grader(EXACT).score([{"answer": "a"}] * n, ["a"] * n)) for n in (8, 9)]
    assert [text.endswith("…") or ", …" in text for text in shown] == [False, True]


def test_scores_of_nothing_have_no_mean():
    assert repr(load_grader(EXACT).score([])).splitlines()[1:] == [
        "  rows: 0, 0 scored",
        "  mean: -",
        "  values: ",
    ]


def test_all_of_them_are_tables_in_a_notebook():
    grader = load_grader(MULTI)
    scores = grader.score([{"answer": "a"}], ["a"])
    for shown in (grader, grader.grade({"answer": "a"}, "a"), scores):
        assert shown._repr_html_().startswith("<table><tr><th style='text-align:left'>")
        assert "<td>capital</td>" in shown._repr_html_()
        kind = "scores" if shown is scores else "grader"
        assert f">{kind}</th>" in shown._repr_html_()


@pytest.mark.parametrize("form", [repr, lambda shown: shown._repr_html_()], ids=["terminal", "notebook"])
def test_names_and_texts_steer_nobody(form):
    elements = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            elements.append(tag)

    grader = load_grader(
        {
            **MULTI,
            "name": HOSTILE,
            "graders": {"exact": EXACT, "near": {**EXACT, "reference": f'{{{{item["{HOSTILE}"]}}}}'}},
        }
    )
    for shown in (grader, grader.grade({"answer": "a"}, "a"), grader.score([{"answer": "a"}], ["a"])):
        text = form(shown)
        assert text.replace("\n", "").isprintable()
        if form is not repr:
            Reader().feed(text)
    assert set(elements) <= {"table", "tr", "th", "td"}


def test_what_is_long_is_cut():
    for shown in (as_lines("x", [("a", "b" * 1000)]), as_table([("a", "b" * 1000)])):
        assert len(shown) < 650
        assert "…" in shown
