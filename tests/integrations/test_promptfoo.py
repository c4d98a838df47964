"""Configs of promptfoo become graders that give promptfoo's own verdicts.

`promptfoo/answers.json` is what promptfoo 0.121.20 says of `promptfoo/promptfooconfig.yaml`; `answers.mjs`
made it.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graders import DataError, MissingExtraError, load_grader
from graders.integrations.promptfoo import Conversion, convert
from graders.integrations.promptfoo.notes import DIFFERENCES, NoCounterpartError
from graders.integrations.promptfoo.patterns import python_pattern
from graders.sandbox.confinement import Confinement

FOLDER = Path(__file__).with_name("promptfoo")
CONFIG = FOLDER / "promptfooconfig.yaml"
BY_MEASURE = {15}
"""Tests whose scores differ by definition; their verdicts do not."""
INCOMPLETE = {2, 16}
"""Tests of which something cannot be carried over."""


@pytest.fixture(scope="module")
def converted() -> Conversion:
    return convert(CONFIG)


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What promptfoo says of each test, by what its row is called."""
    told = json.loads((FOLDER / "answers.json").read_text())["answers"]
    many = Counter(each["test"] for each in told)
    found: dict[str, dict[str, Any]] = {}
    for each in told:
        name = f"tests[{each['test']}]"
        place = sum(key.startswith(f"{name}#") for key in found)
        found[f"{name}#{place}" if many[each["test"]] > 1 else name] = each
    return found


@pytest.fixture(scope="module")
def graded(converted: Conversion, confinement: Confinement) -> dict[str, Any]:
    """The grade of each row."""
    inside = Confinement(confinement.level, isolation="worker", workers=2)
    found = {}
    for group in converted.groups:
        grader = load_grader(group.document, confinement=inside)
        scores = grader.score([row["item"] for row in group.rows], [row["sample"] for row in group.rows])
        found |= dict(zip((row["id"] for row in group.rows), grader.grades(scores), strict=True))
    return found


def whole(name: str) -> bool:
    return int(re.findall(r"\d+", name)[0]) not in INCOMPLETE


def test_every_test_has_a_row_that_is_graded(graded, answers):
    assert set(graded) == set(answers)
    assert [name for name, grade in graded.items() if grade.errors] == []


def test_verdicts_are_those_of_promptfoo(graded, answers):
    expected = {name: each["pass"] for name, each in answers.items() if whole(name)}
    assert {name: graded[name].passed for name in expected} == expected
    assert set(expected.values()) == {True, False}


def test_scores_of_assertions_are_those_of_promptfoo(graded, answers):
    compared = 0
    for name, each in answers.items():
        told = [part for part in each["each"] if part["type"] != "not-python"]
        plain = all(part["type"] != "assert-set" and "contains-" not in part["type"] for part in told)
        if whole(name) and plain and each["test"] not in BY_MEASURE and each["test"] != 7:
            actual = list(graded[name].sub_rewards.values())[: len(told)]
            assert actual == pytest.approx([part["score"] for part in told]), name
            compared += len(told)
    assert compared >= 25


def test_a_test_with_a_threshold_earns_the_weighted_mean(graded, answers):
    for name in ("tests[6]", "tests[7]"):
        assert graded[name].reward == pytest.approx(answers[name]["score"], abs=1e-12)


def test_tests_that_assert_alike_share_a_document(converted):
    shared = [
        group for group in converted.groups if {"tests[0]", "tests[1]"} <= {row["id"] for row in group.rows}
    ]
    assert len(shared) == 1
    assert [row["item"]["asserted"]["equals"] for row in shared[0].rows] == ["Paris", "Madrid"]
    criteria = {each["name"]: each for each in shared[0].document["testing_criteria"]}
    assert criteria["equals"]["reference"] == "{{item.asserted.equals}}"
    assert criteria["not_icontains"]["graders"]["icontains"]["reference"] == "I cannot"


def test_what_cannot_be_carried_over_is_listed_with_its_place(converted):
    listed = {note.path: note.reason for note in converted.left_out}
    assert set(listed) == {"tests[2].assert[2]", *(f"tests[16].assert[{place}]" for place in (2, 3, 4, 5, 6))}
    assert "JavaScript runs in promptfoo only" in listed["tests[16].assert[2]"]
    assert "nunjucks beyond plain variables" in listed["tests[16].assert[3]"]
    assert "`transform` is code" in listed["tests[16].assert[4]"]


def test_kinds_whose_numbers_differ_are_listed(converted):
    assert set(converted.differences) == {
        "levenshtein",
        "regex",
        "python",
        "rouge-n",
        "bleu",
        "gleu",
        "is-json",
    }
    assert converted.differences["bleu"] == DIFFERENCES["bleu"]


def write(tmp_path: Path, config: Any) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return path


def test_judged_assertions_become_judged_graders(tmp_path):
    tests = [
        {
            "vars": {"q": "Capital of Peru?"},
            "assert": [
                {"type": "llm-rubric", "value": "answers {{q}}"},
                {"type": "not-llm-rubric", "value": "is rude", "provider": "openai:chat:gpt-4.1"},
                {"type": "model-graded-closedqa", "value": "names one city"},
                {"type": "factuality", "value": "It is Lima"},
                {"type": "similar", "value": ["Lima", "Ciudad de los Reyes"], "threshold": 0.9},
            ],
        }
    ]
    converted = convert(write(tmp_path, {"prompts": ["Say: {{q}}"], "tests": tests}))
    assert converted.left_out == []
    document = converted.groups[0].document
    replies = iter(
        [
            {"steps": [], "result": 0.75}, {"steps": [], "result": 0.0},
            {"steps": [], "result": "Y"}, {"steps": [], "result": "C"},
        ]
    )  # fmt: skip
    asked = []

    class Judge:
        identity = "told"

        def ask(self, request):
            from graders.judges import JudgeReply

            asked.append((request.model, request.messages[-1]["content"]))
            return JudgeReply(json.dumps(next(replies)))

    grader = load_grader(document, judge=Judge(), embedder="lexical")
    grade = grader.grade(converted.groups[0].rows[0]["item"], "Lima")
    assert grade.passed
    assert grade.sub_rewards["llm_rubric"] == 0.75
    assert ("gpt-5", "Rubric:\nanswers Capital of Peru?\n\nOutput:\nLima") in asked
    assert ("gpt-4.1", "Rubric:\nis rude\n\nOutput:\nLima") in asked
    assert any("Question:\nSay: Capital of Peru?" in text for _, text in asked)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"a$", "a\n", False),
        (r"^\d$", "٣", False),
        (r"\w", "é", False),
        (r"a\sb", "a\u00a0b", True),
        (r"a\Sb", "a\u00a0b", False),
        (r"a.b", "a\u2028b", False),
        (r"[^]", "\n", True),
        (r"[]", "a", False),
        (r"[$.&&~|]", "|", True),
        (r"[\s,]", "\ufeff", True),
        (r"(?<x>a)\k<x>", "aa", True),
        (r"\/\-\$", "/-$", True),
        (r"a{2}", "aa", True),
    ],
)
def test_patterns_match_what_they_match_in_javascript(pattern, text, matches):
    assert (re.search(python_pattern(pattern), text, re.ASCII) is not None) is matches


@pytest.mark.parametrize("pattern", [r"\p{Lu}", "(", r"\cA", r"[\S]", "(?i)a(?-i)", "a**"])
def test_patterns_that_python_has_no_words_for_are_refused(pattern):
    with pytest.raises(NoCounterpartError):
        python_pattern(pattern)


def test_tests_may_stand_in_files_beside_the_config(tmp_path):
    (tmp_path / "more.csv").write_text(
        'country,__expected\nPeru,Lima\nKenya,"icontains: nairobi"\nChile,similar(0.9):x\n'
    )
    (tmp_path / "rest.jsonl").write_text(
        '{"vars": {"country": "Fiji"}, "assert": [{"type": "equals", "value": "Suva"}]}\n'
    )
    converted = convert(
        write(tmp_path, {"tests": ["file://more.csv", "rest.jsonl", "file://../../etc/passwd"]})
    )
    rows = [row for group in converted.groups for row in group.rows]
    assert sorted(row["item"]["country"] for row in rows) == ["Chile", "Fiji", "Kenya", "Peru"]
    assert [note.path for note in converted.left_out] == ["tests[2]"]
    types = [group.document["type"] for group in converted.groups]
    assert sorted(types) == ["string_check", "string_check", "text_similarity"]


def test_what_is_odd_in_a_config_costs_no_other_test(tmp_path):
    plain = {"vars": {"a": 1}, "assert": [{"type": "equals", "value": 1}]}
    (tmp_path / "round.json").write_text(json.dumps(["round.json", plain]))
    equals = {"type": "equals", "value": "x"}
    odd = [
        5,
        {"vars": {"a": "file://a.txt"}, "assert": [equals]},
        {"assert": [{**equals, "weight": "heavy"}, {"type": "none"}, "x", {}]},
        {"assert": [{"type": "assert-set", "threshold": "high", "assert": [equals]}]},
        {"vars": {"asserted": 1}, "assert": [equals]},
        {"vars": {name: list("abcdefghij") for name in "abcde"}, "assert": []},
        {"assert": [{"type": "python", "value": "1 +"}, {"type": "python", "value": "file://../x.py"}]},
        {"assert": [{"type": "contains-any", "value": []}, {"type": "word-count", "value": "many"}]},
    ]
    converted = convert(write(tmp_path, {"scenarios": [1], "tests": ["file://round.json", *odd]}))
    assert [row["item"]["a"] for group in converted.groups for row in group.rows] == [1]
    places = {note.path.partition(".")[0] for note in converted.left_out}
    assert places == {"scenarios", "tests[0][0]", *(f"tests[{place}]" for place in range(1, 9))}


HOSTILE = [
    {"type": "equals", "value": "{{" + " " * 20_000},
    {"type": "equals", "value": "{{ a" * 20_000},
    {"type": "contains-any", "value": "x" * 200_000},
    {"type": "word-count", "value": "²"},
    {"type": "word-count", "value": "9" * 5000},
    {"type": "equals", "value": "x", "weight": 10**400},
]


@pytest.mark.parametrize("assertion", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_assertion_is_listed_and_holds_nobody_up(tmp_path, assertion):
    converted = convert(write(tmp_path, {"tests": [{"assert": [assertion]}]}))
    assert converted.groups == []
    assert converted.left_out[0].path.startswith("tests[0]")


HALVES = [
    {"type": "factuality", "value": "It is Lima"},  # there is no prompt that the judge could see
    {"type": "contains-all", "value": ["Lima", {}]},
    {"type": "icontains", "value": "Lima", "weight": "heavy"},
    {"type": "assert-set", "threshold": "high", "assert": [{"type": "icontains", "value": "Lima"}]},
]


@pytest.mark.parametrize("half", HALVES, ids=lambda half: half["type"])
def test_an_assertion_that_is_left_out_leaves_nothing_behind(tmp_path, half):
    equals = {"type": "equals", "value": "Lima"}
    tests = [{"assert": [equals, half]}, {"assert": [equals]}]
    (group,) = convert(write(tmp_path, {"tests": tests})).groups
    assert [row["item"] for row in group.rows] == [{}, {}]
    assert group.document["reference"] == "Lima"


def test_a_word_count_may_be_a_text_with_leading_zeros(tmp_path):
    converted = convert(write(tmp_path, {"tests": [{"assert": [{"type": "word-count", "value": " 007"}]}]}))
    assert converted.groups[0].rows[0]["item"]["asserted"]["word_count"] == {"min": 7.0, "max": 7.0}


@pytest.mark.parametrize("threshold", ["'0.5'", "true", ".nan", ".inf", "9" * 400])
def test_a_test_whose_threshold_is_no_number_is_listed(tmp_path, threshold):
    (tmp_path / "tests.yaml").write_text(f"- threshold: {threshold}\n")
    equals = {"type": "equals", "value": "x"}
    config = {"defaultTest": {"assert": [equals]}, "tests": "tests.yaml"}
    converted = convert(write(tmp_path, config))
    assert converted.groups == []
    (note,) = converted.left_out
    assert (note.path, note.reason[:31]) == ("tests[0]", "expected a number as threshold;")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.js", "", r"expected a \.yaml, \.yml or \.json file"),
        ("config.json", "{", "line 1 column 2"),
        ("config.yaml", "a: [", "config.yaml: while parsing"),
        ("config.json", '{"a": 1}', "not a promptfoo config"),
        ("config.yaml", "tests: &a [*a]", "too large, or it holds itself"),
        ("config.json", '{"tests": [{"$ref": "#/none"}]}', r"\$ref points nowhere: '#/none'"),
        ("config.json", '{"tests": {"$ref": "#/tests"}}', "too large, or it holds itself"),
    ],
)
def test_what_is_no_config_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        convert(tmp_path / name)


def test_without_the_extra_yaml_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ruamel.yaml", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[promptfoo\]'"):
        convert(CONFIG)
