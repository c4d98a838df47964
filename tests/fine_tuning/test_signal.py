"""What samples are worth: known rewards give known shares, and each trouble its finding."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders.batch import Path as ValuePath
from graders.cache import Cache
from graders.fine_tuning import Grading, Joining, Probes, Sampling
from graders.judges import JudgeReply
from graders.judges.scripted import ScriptedJudge
from graders.stats import describe


@pytest.fixture
def try_samples(attempt: Any, tmp_path: Path) -> Any:
    """Try a grader out on rows with so many samples each."""

    def run(body: Any, rows: Any, samples: Any, *, label: str | None = None, **more: Any) -> Any:
        path = tmp_path / "samples.jsonl"
        lines = [{"item_id": number, "samples": each} for number, each in enumerate(samples) if each]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        joining = Joining(label=None if label is None else ValuePath.parse(label))
        return attempt(body, rows, sampling=Sampling(path, joining), **more)

    return run


EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


def rows(n: int = 12) -> list[Any]:
    return [
        {"messages": [{"role": "user", "content": f"Question {number}?"}], "answer": f"word{number}"}
        for number in range(n)
    ]


def job(grader: Any = EXACT, **below: Any) -> dict[str, Any]:
    return {
        "model": "o4-mini",
        "training_file": "a",
        "validation_file": "b",
        "method": {"type": "reinforcement", "reinforcement": {"grader": grader, **below}},
    }


def kinds(report: Any) -> dict[str, str]:
    return {finding.kind: finding.severity for finding in report.findings}


def test_shares_are_counted_by_item(try_samples: Any) -> None:
    samples = [[f"word{number}", f"word{number}"] for number in range(3)]
    samples += [["wrong", "wrong"] for _ in range(3)]
    samples += [[f"word{number}", "wrong"] for number in range(6, 12)]
    signal = try_samples(job(hyperparameters={"batch_size": 3}), rows(), samples).signal
    assert (signal.no_gradient, signal.at_floor, signal.at_ceiling) == (0.5, 0.25, 0.25)
    assert (signal.reward["mean"], signal.failing, signal.spread) == (0.5, 0.5, 0.25)
    assert signal.silent_batches[3] == 0.125
    rewards = [*[1.0] * 6, *[0.0] * 6, *[1.0, 0.0] * 6]
    clustered = describe(rewards, clusters=[place // 2 for place in range(24)])
    assert signal.reward == clustered.to_dict()


def test_rewards_that_are_all_the_same_teach_nothing(try_samples: Any) -> None:
    report = try_samples(job(), rows(), [["wrong", "worse"]] * 12)
    assert kinds(report)["reward_constant"] == "error"
    assert report.verdict == "NOT READY"


def test_items_that_are_all_too_easy_or_too_hard_teach_nothing(try_samples: Any) -> None:
    samples = [[f"word{number}"] * 4 if number % 2 else ["wrong"] * 4 for number in range(12)]
    assert kinds(try_samples(job(), rows(), samples))["reward_constant"] == "error"


def test_mostly_constant_items_are_a_warning(try_samples: Any) -> None:
    samples = [[f"word{number}", "wrong"] if number < 4 else ["wrong"] * 2 for number in range(12)]
    assert kinds(try_samples(job(), rows(), samples))["no_gradient"] == "warning"


@pytest.mark.parametrize(("right", "severity"), [(0.6, None), (0.3, "note"), (0.02, "warning")])
def test_the_share_of_failures_is_held_against_what_is_advised(
    try_samples: Any, right: float, severity: str | None
) -> None:
    n = 50
    samples = [
        [f"word{number}" if (index + 0.5) / n < right else "wrong" for index in range(n)]
        for number in range(12)
    ]
    assert kinds(try_samples(job(), rows(), samples)).get("failure_share") == severity


def test_a_reward_for_length_is_seen(try_samples: Any) -> None:
    source = "def grade(sample, item):\n    return min(1.0, len(sample['output_text']) / 100)\n"
    samples = [["x" * length for length in (10, 30, 60, 90)] for _ in range(12)]
    report = try_samples(job({"type": "python", "name": "p", "source": source}), rows(), samples)
    assert report.signal.length == pytest.approx(1.0)
    assert {"rewards_length", "probe_pays"} <= set(kinds(report))
    paid = {each.name for each in report.probing.results if each.verdict in ("pays", "gains")}
    assert {"long padding", "repeated answer", "instructions to the judge"} <= paid


def test_a_part_that_never_moves_the_total_is_named(try_samples: Any) -> None:
    still = {**EXACT, "input": "{{item.answer}}"}
    multi = {
        "type": "multi",
        "name": "m",
        "graders": {"right": EXACT, "still": still},
        "calculate_output": "0.5 * right + 0.5 * still",
    }
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    report = try_samples(job(multi), rows(), samples)
    assert report.signal.parts["still"].contribution == 0.0
    assert report.signal.parts["right"].contribution == pytest.approx(1.0)
    assert "part_still" in kinds(report)


def test_failed_grades_count_zero_and_are_named(try_samples: Any) -> None:
    source = "def grade(sample, item):\n    return 1 / (len(sample['output_text']) - 5)\n"
    samples = [["12345", "123456"] for _ in range(12)]
    report = try_samples(job({"type": "python", "name": "p", "source": source}), rows(), samples)
    assert report.signal.errors["python_grader_runtime_error"]["grades"] == 12
    assert report.signal.reward["mean"] == 0.5
    assert kinds(report)["grading_errors"] == "error"


def test_a_reward_that_does_not_follow_the_label_is_seen(try_samples: Any) -> None:
    samples = [
        [{"output_text": f"word{number}", "good": False}, {"output_text": "wrong", "good": True}]
        for number in range(12)
    ]
    report = try_samples(job(), rows(), samples, label="sample.good")
    assert report.signal.label == pytest.approx(-1.0)
    assert [each.samples for each in report.signal.disagreements] == [12, 12]
    assert "label_disagreement" in kinds(report)


def test_rows_without_samples_and_samples_without_rows_are_counted(try_samples: Any) -> None:
    samples = [[f"word{number}", "x"] if number < 6 else None for number in range(12)] + [["y"]]
    report = try_samples(job(), rows(), samples)
    assert {"rows_unsampled": "note", "samples_unmatched": "warning"}.items() <= kinds(report).items()


def score_model(prompt: str = "{{sample.output_text}}") -> dict[str, Any]:
    return {
        "type": "score_model",
        "name": "s",
        "model": "gpt-4o-2024-08-06",
        "input": [{"role": "user", "content": prompt}],
        "range": [0, 1],
    }


def test_a_judge_that_wavers_is_seen_and_probes_are_bounded(try_samples: Any) -> None:
    asked: list[Any] = []

    def waver(request: Any) -> JudgeReply:
        asked.append(request)
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        text = json.dumps({"steps": [], "result": 0.5 + 0.4 * request.repetition})
        return JudgeReply(text, model=request.model, usage=usage)

    samples = [[f"word{number}", "wrong"] for number in range(12)]
    grading = Grading(judge=ScriptedJudge(waver, identity="waver"))
    report = try_samples(job(score_model()), rows(), samples, grading=grading, probes=Probes(3))
    assert report.repeatability.differing == 1.0
    assert report.repeatability.most == pytest.approx(0.4)
    assert kinds(report)["unrepeatable"] == "warning"
    assert {result.items for result in report.probing.results} == {3}
    assert report.projection.tokens["gpt-4o-2024-08-06"]["total_tokens"] == 12 * 2 * 15
    assert report.judging["calls"] == len(asked)


class Remembered(ScriptedJudge):
    """A scripted judge whose replies are kept, as those of models are."""

    final = False


def test_replies_that_took_no_time_are_named_beside_the_time(try_samples: Any, tmp_path: Path) -> None:
    judge = Remembered(lambda request: {"steps": [], "result": 1}, identity="kind")
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    said = []
    for _ in range(2):
        grading = Grading(judge=judge, cache=Cache(tmp_path / "kept"))
        report = try_samples(job(score_model()), rows(), samples, grading=grading, probes=Probes(1))
        said.append([each for each in report.projection.assumptions if "from the cache" in each])
    assert said[0] == []
    assert said[1][0].startswith("13 replies came from the cache")


def test_a_judge_that_obeys_the_answer_is_seen(try_samples: Any) -> None:
    def obey(request: Any) -> Any:
        text = request.messages[0]["content"]
        return {"steps": [], "result": 1 if "maximum score" in text or text.startswith("word") else 0}

    samples = [[f"word{number}", "wrong"] for number in range(12)]
    grading = Grading(judge=ScriptedJudge(obey, identity="obey"))
    report = try_samples(job(score_model()), rows(), samples, grading=grading)
    result = next(each for each in report.probing.results if each.name == "instructions to the judge")
    assert (result.verdict, result.mean) == ("pays", 1.0)


def test_without_a_judge_the_rest_is_said(attempt: Any) -> None:
    report = attempt(job(score_model()), rows())
    (found,) = [each for each in report.findings if each.kind == "not_graded"]
    assert found.places[0].path == "$.method.reinforcement.grader.model"
    assert report.signal is None
    assert report.verdict == "READY WITH WARNINGS"


def test_silence_that_pays_is_an_error(attempt: Any) -> None:
    report = attempt(job({**EXACT, "operation": "ne"}), rows())
    assert kinds(report)["silence_pays"] == "error"


def test_references_inside_json_are_composed(attempt: Any) -> None:
    part = {**EXACT, "input": "{{sample.output_json.name}}"}
    other = {**EXACT, "input": "{{sample.output_json.where.city}}", "reference": "{{item.city}}"}
    multi = {
        "type": "multi",
        "name": "m",
        "graders": {"a": part, "b": other},
        "calculate_output": "(a + b) / 2",
    }
    report = attempt(job(multi), [{**row, "city": f"city{number}"} for number, row in enumerate(rows())])
    first = report.probing.results[0]
    assert (first.name, first.mean, first.verdict) == ("the reference", 1.0, "ok")
    extra = next(each for each in report.probing.results if each.name == "JSON with extra keys")
    assert extra.mean == 1.0


def test_a_reference_that_earns_nothing_is_a_broken_grader(attempt: Any) -> None:
    broken = {**EXACT, "reference": "Answer: {{item.answer}}", "input": "<{{sample.output_text}}>"}
    assert kinds(attempt(job(broken), rows()))["reference_low"] == "error"


def test_a_list_of_all_labels_is_no_answer(attempt: Any) -> None:
    labelled = [{**row, "answer": ("yes", "no", "unclear")[number % 3]} for number, row in enumerate(rows())]
    report = attempt(job({**EXACT, "operation": "like"}), labelled)
    result = next(each for each in report.probing.results if each.name == "every label listed")
    assert (result.verdict, result.mean, result.example) == ("pays", 1.0, "no, unclear, yes")


def test_a_judge_that_may_not_be_asked_is_no_fault_of_the_job(try_samples: Any) -> None:
    judge = ScriptedJudge(lambda request: JudgeReply.failed("unauthorized", "no key"), identity="locked")
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    report = try_samples(job(score_model()), rows(), samples, grading=Grading(judge=judge))
    assert kinds(report)["not_graded"] == "warning"
    assert report.verdict == "READY WITH WARNINGS"
    assert report.signal is None


def test_azure_takes_other_models_and_no_validation_file(attempt: Any) -> None:
    body = {**job(), "model": "gpt-5", "validation_file": None}
    body["method"]["reinforcement"]["tools"] = []
    assert attempt(body, rows()).verdict == "NOT READY"
    assert kinds(attempt(body, rows(), azure=True))["validation_file_missing"] == "warning"


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_rewards_at_the_end_of_floats_give_a_report(try_samples: Any) -> None:
    source = (
        "def grade(sample, item):\n    return 1.7e308 if sample['output_text'] == 'wrong' else -1.7e308\n"
    )
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    report = try_samples(
        job({"type": "python", "name": "p", "source": source}), rows(), samples, probes=Probes(2)
    )
    json.dumps(report.to_dict(), allow_nan=False)


def test_variables_that_lack_are_told_apart(attempt: Any) -> None:
    grader = {**EXACT, "reference": "{{item.answer}} {{item.unit}}"}
    report = attempt(job(grader), [{"messages": row["messages"]} for row in rows()])
    found = [each for each in report.findings if each.kind == "variable_missing" and each.places[0].line == 1]
    paths = {each.places[0].path: each.count for each in found if each.places[0].file == "train.jsonl"}
    assert paths == {"$.answer": 12, "$.unit": 12}


def test_a_grader_that_also_pays_for_the_form_is_not_called_broken(try_samples: Any) -> None:
    form = "def grade(sample, item):\n    return float(sample['output_text'].startswith('<think>'))\n"
    multi = {
        "type": "multi",
        "name": "m",
        "graders": {
            "right": {**EXACT, "operation": "like"},
            "form": {"type": "python", "name": "f", "source": form},
        },
        "calculate_output": "0.3 * right + 0.7 * form",
    }
    samples = [[f"<think> word{number}", "wrong"] for number in range(12)]
    report = try_samples(job(multi), rows(), samples, probes=Probes(4))
    assert kinds(report)["reference_low"] == "warning"
    assert report.verdict == "READY WITH WARNINGS"


def test_a_wrong_guess_of_the_right_answer_is_no_fault_of_the_grader(attempt: Any) -> None:
    source = "def grade(sample, item):\n    return float(sample['output_text'] == item['answer'][::-1])\n"
    grader = {"type": "python", "name": "p", "source": source}
    report = attempt(job(grader), rows(), probes=Probes(3))
    assert kinds(report)["reference_unknown"] == "note"
    assert report.probing.reference is None
    assert report.verdict == "READY"


def test_the_same_seed_gives_the_same_report(try_samples: Any) -> None:
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    reports = [try_samples(job(), rows(), samples, probes=Probes(5, seed=3)).to_dict() for _ in range(2)]
    for report in reports:
        del report["projection"]
    assert reports[0] == reports[1]


def test_a_part_that_works_against_the_others_is_not_called_still(try_samples: Any) -> None:
    wrong = {**EXACT, "operation": "ne"}
    multi = {
        "type": "multi",
        "name": "m",
        "graders": {"right": EXACT, "wrong": wrong},
        "calculate_output": "right + 0.5 * wrong",
    }
    samples = [[f"word{number}", "wrong"] for number in range(12)]
    report = try_samples(job(multi), rows(), samples)
    shares = {key: part.contribution for key, part in report.signal.parts.items()}
    assert shares == pytest.approx({"right": 2.0, "wrong": -1.0})
    assert "part_still" not in kinds(report)


def test_a_few_samples_do_not_condemn_a_job(try_samples: Any) -> None:
    report = try_samples(job(), rows(), [[f"word{number}"] * 4 for number in range(3)])
    assert kinds(report)["reward_constant"] == "warning"
    assert report.verdict == "READY WITH WARNINGS"


def test_rows_that_differ_in_what_nobody_reads_are_the_same_example(attempt: Any) -> None:
    given = [*rows(), {**rows()[3], "id": "other"}, {**rows()[4], "answer": "other"}]
    found = {each.kind: each.places for each in attempt(job(), given).findings}
    assert [(place.path, place.line) for place in found["rows_duplicate"]] == [("$", 13)]
    assert [(place.path, place.line) for place in found["rows_conflict"]] == [("$.messages", 14)]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("item['unit']", "source_variable_missing"),
        ("item.get('unit')", None),
        ("('unit' in item and item['unit'])", None),
    ],
)
def test_what_a_source_reads_must_be_there(attempt: Any, body: str, kind: str | None) -> None:
    right = "float(sample['output_text'] == item['answer'])"
    source = f"def grade(sample, item):\n    return {right} if {body} else 0.0\n"
    found = kinds(attempt(job({"type": "python", "name": "p", "source": source}), rows(), probes=Probes(2)))
    assert found.get("source_variable_missing") == (kind and "warning")


def test_keys_that_a_source_reads_of_an_answer_are_held_against_the_schema(attempt: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"value": {"type": "string"}},
        "required": ["value"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}}
    source = "def grade(sample, item):\n    return float(sample['output_json']['valeu'] == item['answer'])\n"
    grader = {"type": "python", "name": "p", "source": source}
    report = attempt(job(grader, response_format=form), rows(), probes=Probes(2))
    (found,) = [each for each in report.findings if each.kind == "source_schema_path"]
    assert found.places[0].path == "$.method.reinforcement.grader.source"


def test_integers_among_decimals_are_no_warning(attempt: Any) -> None:
    given = [{**row, "answer": number if number % 2 else number + 0.5} for number, row in enumerate(rows())]
    assert kinds(attempt(job(), given, valid=None))["variable_types"] == "note"


def test_tokens_are_counted_as_the_metric_counts_them(attempt: Any) -> None:
    alike = {**EXACT, "type": "text_similarity", "evaluation_metric": "bleu"}
    given = [{**row, "answer": "Don't stop, please."} for row in rows()]
    assert "reference_short" not in kinds(attempt(job(alike), given, valid=None))
