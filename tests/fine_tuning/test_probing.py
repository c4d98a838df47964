"""Probes mean something for every kind of grader, and nothing is held against a sound one."""

import json
from typing import Any

import pytest

from graders.fine_tuning import DryRun, Grading, Probes
from graders.fine_tuning.probes import PROBES, Case
from graders.fine_tuning.standards import Standard
from graders.judges import JudgeReply
from graders.judges.scripted import ScriptedJudge

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
NUMERIC = """
def grade(sample, item):
    try:
        return float(float(sample["output_text"].replace(",", "")) == float(item["answer"]))
    except ValueError:
        return 0.0
"""


def rows(*answers: Any, **more: Any) -> list[dict[str, Any]]:
    return [
        {"messages": [{"role": "user", "content": f"Question {number}?"}], "answer": answer, **more}
        for number, answer in enumerate(answers)
    ]


WORDS = rows(*(f"word{number}" for number in range(12)))


def job(grader: Any, **below: Any) -> dict[str, Any]:
    return {
        "model": "o4-mini",
        "training_file": "a",
        "validation_file": "b",
        "method": {"type": "reinforcement", "reinforcement": {"grader": grader, **below}},
    }


def source(text: str) -> dict[str, Any]:
    return {"type": "python", "name": "p", "source": text}


def results(report: DryRun) -> dict[str, Any]:
    assert report.probing is not None
    return {each.name: each for each in report.probing.results}


def kinds(report: DryRun) -> dict[str, str]:
    return {finding.kind: finding.severity for finding in report.findings}


def case(reference: str, **more: Any) -> Case:
    given: dict[str, Any] = {"keys": None, "value": None, **more}
    return Case("?", reference, reference, [], [], None, None, syntax="", **given)


def probe(name: str) -> Any:
    return next(each for each in PROBES if each.name == name)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("18", "180"),
        ("A: 1,234 eggs.", "A: 1,2340 eggs."),
        ("0", "05"),
        ("18.5", None),
        (".5", None),
        ("none", None),
        ("7 of 9", "7 of 90"),
    ],
)
def test_more_digits_are_another_number_or_nothing(right: str, wrong: str | None) -> None:
    assert probe("reference with extra digits").make(case(right)) == wrong


def test_a_numeric_grader_of_decimals_and_zeros_is_not_accused(attempt: Any) -> None:
    answers = ["0", "0.5", "18.5", "1,000", "-3", "2.25", "7", "100", "3.0", "12", "9", "41"]
    report = attempt(
        job(source(NUMERIC.replace('item["answer"]', 'item["answer"].replace(",", "")'))), rows(*answers)
    )
    found = results(report)
    assert (found["the reference"].mean, found["reference with extra digits"].mean) == (1.0, 0.0)
    assert report.verdict == "READY"


def test_changes_stay_within_what_is_read_of_an_object() -> None:
    given = case('{"n_1": 18, "why": "as 9"}', keys=[("n_1",), ("why",)])
    changed = {
        name: json.loads(probe(name).make(given))
        for name in ("reference with extra digits", "invisible characters")
    }
    assert changed["reference with extra digits"] == {"n_1": 180, "why": "as 90"}
    assert changed["invisible characters"] == {"n_1": 18, "why": "a\u200bs\u200b \u200b9"}
    assert json.loads(probe("refusal").make(given)) == dict.fromkeys(
        ("n_1", "why"), "I'm sorry, but I can't help with that."
    )


def test_an_answer_in_json_meets_probes_in_json(attempt: Any) -> None:
    grader = {**EXACT, "input": "{{sample.output_json.name}}", "operation": "like"}
    found = results(attempt(job(grader), WORDS))
    assert found["several answers at once"].verdict == "pays"
    assert found["repeated answer"].mean == 1.0
    assert found["reference buried in noise"].verdict == "keeps 100%"
    assert json.loads(found["empty answer"].example) == {"name": ""}


def test_of_an_object_one_wrong_part_costs_one_part(attempt: Any) -> None:
    names = ("city", "street", "zip", "name")
    parts = {
        name: {**EXACT, "input": f"{{{{sample.output_json.{name}}}}}", "reference": f"{{{{item.{name}}}}}"}
        for name in names
    }
    multi = {"type": "multi", "name": "m", "graders": parts, "calculate_output": f"({' + '.join(names)}) / 4"}
    given = [
        {
            **row,
            "city": f"C{'abcdefghijkl'[n]}",
            "street": f"S{'abcdefghijkl'[n]}",
            "zip": f"{100 + n}",
            "name": "x",
        }
        for n, row in enumerate(WORDS)
    ]
    found = results(attempt(job(multi), given))
    assert (found["reference with another number"].mean, found["reference with another number"].verdict) == (
        0.75,
        "ok",
    )


def test_a_part_that_nobody_checks_is_seen() -> None:
    standard = Standard(0.0, 1.0, 1.0, 0.3, known=True, parts=4)
    assert standard.pays(1.0, one_part=True)
    assert not standard.pays(0.75, one_part=True)
    assert standard.pays(0.75, one_part=False)


@pytest.mark.parametrize(
    "sides",
    [
        {"input": "A: {{sample.output_text}}.", "reference": "A: {{item.result}}."},
        {"input": "{{item.result}}", "reference": "{{sample.output_text}}"},
        {"input": "{{item.result}} is it", "reference": "{{sample.choices[0].message.content}} is it"},
    ],
)
def test_a_right_answer_is_known_however_it_is_compared(attempt: Any, sides: dict[str, str]) -> None:
    report = attempt(
        job({**EXACT, **sides}), [{"messages": row["messages"], "result": row["answer"]} for row in WORDS]
    )
    assert results(report)["the reference"].mean == 1.0
    assert "reference_low" not in kinds(report)


def test_a_field_that_the_source_reads_is_tried_as_the_right_answer(attempt: Any) -> None:
    given = [{"messages": row["messages"], "wanted": row["answer"]} for row in WORDS]
    text = "def grade(sample, item):\n    return float(sample['output_text'] == item['wanted'])\n"
    other = [{"messages": [{"role": "user", "content": "Which?"}], "wanted": "this"}]
    report = attempt(job(source(text)), given, valid=other, probes=Probes(3))
    assert report.probing is not None
    assert report.probing.reference == "item.wanted"
    assert report.verdict == "READY"


def test_a_grader_that_always_fails_is_not_ready(attempt: Any) -> None:
    report = attempt(
        job(source("def grade(sample, item):\n    raise ValueError('no idea')\n")), WORDS, probes=Probes(2)
    )
    assert kinds(report)["grading_errors"] == "error"
    assert "no idea" in str(report.findings[0].places[0])


def test_a_grader_that_fails_on_silence_is_named(attempt: Any) -> None:
    text = "def grade(sample, item):\n    return float(sample['output_text'].split()[0] == item['answer'])\n"
    report = attempt(job(source(text)), WORDS, probes=Probes(2))
    assert kinds(report)["probe_errors"] == "note"
    assert report.verdict == "READY"


def test_probes_that_no_judge_answered_say_nothing(attempt: Any) -> None:
    judge = ScriptedJudge(lambda request: JudgeReply.failed("unauthorized", "no key"), identity="locked")
    score = {
        "type": "score_model",
        "name": "s",
        "model": "gpt-4o-2024-08-06",
        "input": [{"role": "user", "content": "{{sample.output_text}} or {{item.answer}}"}],
    }
    report = attempt(job(score), WORDS, grading=Grading(judge=judge))
    assert results(report) == {}
    assert kinds(report)["not_graded"] == "warning"
    assert report.projection is None


def test_silence_that_earns_more_than_trying_is_seen() -> None:
    standard = Standard(0.0, 1.0, 1.0, -0.5, known=False)
    assert standard.pays(0.0, one_part=False)
    assert not Standard(0.0, 1.0, 1.0, 0.4, known=False).pays(0.0, one_part=False)


def test_template_syntax_is_that_of_the_grader(attempt: Any) -> None:
    report = attempt(job({**EXACT, "reference": "{{item.answer}}"}), WORDS, probes=Probes(2))
    assert results(report)["template syntax"].example == "{{item.answer}} {{sample.output_text}}"


def test_words_of_objects_are_labels_too(attempt: Any) -> None:
    labelled = rows(*(("yes", "no", "unclear")[number % 3] for number in range(12)))
    grader = {**EXACT, "input": "{{sample.output_json.label}}", "operation": "like"}
    result = results(attempt(job(grader), labelled))["every label listed"]
    assert (result.verdict, json.loads(result.example)) == ("pays", {"label": "no, unclear, yes"})
