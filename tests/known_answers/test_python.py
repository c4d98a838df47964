"""python against published results.

Sources: OpenAI's API reference (the WRatio example, run on the hosted `/graders/run`); a published run of
reinforcement fine-tuning on Azure with a Countdown grader, whose payload for an empty answer is public too
(the grader here is written anew after its description); a sample of Azure's documentation whose source has a
broken indentation: the hosted run completed, every row 0.0 and failed.
"""

import json

import pytest

from graders import ConfigError, load_grader
from graders.batch import Batch
from graders.scoring.python import Python

WRATIO = (
    "from rapidfuzz import fuzz, utils\n"
    "\n"
    "def grade(sample, item):\n"
    '    output, reference = sample["output_text"], item["reference_answer"]\n'
    "    return fuzz.WRatio(output, reference, processor=utils.default_process) / 100\n"
)
BROKEN = "def grade(sample, item):\nreturn 1.0\n"
EMPTY_MESSAGE = {"role": "assistant", "content": "", "tool_calls": []}
EMPTY = {
    "choices": [{"index": 0, "message": EMPTY_MESSAGE, "finish_reason": "stop"}],
    "output_text": "",
    "output_json": None,
    "output_tools": [],
    "output_reasoning_summary": None,
}


def test_the_example_of_the_api_reference_gets_the_hosted_reward(confinement):
    document = {"type": "python", "source": WRATIO, "image_tag": "2025-05-08"}
    grader = load_grader(document, confinement=confinement)
    grade = grader.grade({"reference_answer": "fuzzy wuzzy had no hair"}, "fuzzy wuzzy was a bear")
    assert grade.reward == 0.7555555555555555


def test_a_countdown_answer_that_reaches_the_target_gets_5_points(confinement):
    answer = {"expression": "(72 + 22) / (88 - 86)", "result": 47}
    grade = load_grader("template:countdown", confinement=confinement).grade(
        {"target": 47, "nums": [86, 22, 88, 72]}, json.dumps(answer)
    )
    assert (grade.reward, grade.passed) == (5.0, True)


def test_an_empty_countdown_answer_gets_no_points(confinement):
    item = {"target": 28, "nums": [25, 11, 11, 33]}
    grade = load_grader("template:countdown", confinement=confinement).grade(item, EMPTY)
    assert (grade.reward, grade.passed, grade.errors) == (0.0, False, ())


def test_a_source_with_a_broken_indentation_fails_its_rows_and_not_the_run(confinement):
    scores = Python("broken", confinement.sandbox(BROKEN)).score_batch(Batch([{}] * 2, ["x", None]))
    details = [scores.error_details[row].detail for row in (0, 1)]
    assert {scores.error_details[row].reason for row in (0, 1)} == {"python_exception"}
    assert all("IndentationError: expected an indented block" in detail for detail in details)


def test_where_the_document_is_checked_a_broken_indentation_is_refused(confinement):
    with pytest.raises(ConfigError) as caught:
        load_grader({"type": "python", "source": BROKEN}, confinement=confinement)
    assert str(caught.value) == (
        "$.source: line 2: IndentationError: expected an indented block after function definition on line 1"
    )
