"""python: which results count, how every other one fails, and what a source finds when it runs."""

import json
import math
import pickle
import signal
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders import Options, evaluate, load_grader
from graders.errors import REASONS

EVALUATE = """\
import ctypes, decimal, fractions, os, sys
import numpy

class Half(float):
    pass

class Liar:
    def __float__(self):
        return 1.0

class Wordless(Exception):
    def __str__(self):
        raise ValueError

def fail(error):
    raise error

def grade(sample, item):
    return eval(item["result"])
"""
CONSTANT = "def grade(sample, item): return {}"


def document_of(source, **more):
    return {"type": "python", "name": "checked", "source": source} | more


@pytest.fixture(scope="module")
def evaluating(confinement):
    """A grader that returns whatever the expression in `item.result` gives."""
    return load_grader(document_of(EVALUATE), confinement=replace(confinement, seconds=0.5))


@pytest.fixture
def grade_by(confinement):
    """Grade one row by a source."""

    def grade(source, item=None, sample=None):
        return load_grader(document_of(source), confinement=confinement).grade(item, sample)

    return grade


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        *(("1", 1.0), ("0", 0.0), ("2.5", 2.5), ("True", 1.0), ("False", 0.0), ("Half(0.5)", 0.5)),
        *(("5", 5.0), ("-3", -3.0), ("10**300", 1e300), ("5e-324", 5e-324), ("2**53 + 1", 2.0**53)),
        *(("numpy.float64(0.1)", 0.1), ("numpy.float32(0.1)", float(np.float32(0.1)))),
        *(("numpy.int64(3)", 3.0), ("numpy.uint8(255)", 255.0), ("numpy.bool_(True)", 1.0)),
    ],
)
def test_every_finite_number_is_the_reward_whatever_its_range(evaluating, result, expected):
    assert evaluating.grade({"result": result}).reward == expected


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        *(("'1'", "str"), ("b'1'", "bytes"), ("None", "None"), ("[1]", "list"), ("(1,)", "tuple")),
        *(("{'reward': 1}", "dict"), ("1j", "complex"), ("Liar()", "Liar"), ("float", "type")),
        *(("fractions.Fraction(1, 2)", "Fraction"), ("decimal.Decimal(1)", "Decimal")),
        *(("numpy.array([1.0])", "ndarray"), ("numpy.array(1.0)", "ndarray")),
        *(("numpy.complex128(1)", "complex128"), ("(n for n in [1])", "generator")),
    ],
)
def test_what_is_no_number_is_a_failure_that_names_its_type(evaluating, result, kind):
    grade = evaluating.grade({"result": result})
    (error,) = grade.errors
    assert (grade.reward, grade.passed, error.grader) == (None, None, "checked")
    assert (error.reason, error.code) == ("python_result", REASONS["python_result"])
    assert error.detail == f"grade returned {kind}, not a number."


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        *(("float('nan')", "nan"), ("float('inf')", "inf"), ("float('-inf')", "-inf")),
        *(("numpy.float64('nan')", "nan"), ("numpy.float32('inf')", "inf"), ("1e999", "inf")),
    ],
)
def test_what_is_no_finite_number_is_a_failure_that_shows_it(evaluating, result, shown):
    (error,) = evaluating.grade({"result": result}).errors
    assert (error.reason, error.detail) == (
        "python_result",
        f"grade returned {shown}, not a finite number.",
    )


@pytest.mark.parametrize(
    ("result", "reason", "detail"),
    [
        ("10**400", "python_exception", "OverflowError: int too large to convert to float"),
        ("item['none']", "python_exception", "KeyError: 'none'"),
        ("fail(ValueError('wrong\\nhere'))", "python_exception", "ValueError: wrong\nhere"),
        ("fail(Wordless())", "python_exception", "Wordless"),
        ("fail(KeyboardInterrupt())", "python_exception", "KeyboardInterrupt"),
        ("sys.exit('bye')", "python_exception", "SystemExit: bye"),
        ("(lambda f: f(f))(lambda f: f(f))", "python_exception", "RecursionError"),
        ("list(iter(int, 1))", "python_timeout", "Execution exceeded the 0.5 second limit."),
        ("bytearray(4 << 30)", "python_memory", "Execution exceeded the 2 GB memory limit."),
        ("os._exit(0)", "python_crash", "The process ended with status 0 before grade returned."),
        ("ctypes.string_at(0)", "python_crash", "The process was ended by SIGSEGV before grade returned."),
    ],
)
def test_a_source_that_does_not_return_is_a_failure_with_its_reason(evaluating, result, reason, detail):
    grade = evaluating.grade({"result": result})
    (error,) = grade.errors
    assert (grade.reward, error.reason) == (None, reason)
    assert error.code.name == "python_grader_runtime_error"
    assert detail in error.detail


def test_failed_rows_leave_their_neighbours_alone(evaluating):
    bad = ["'x'", "item['none']", "list(iter(int, 1))", "os._exit(1)", "ctypes.string_at(0)", "float('nan')"]
    rows = [{"result": result} for n, text in enumerate(bad) for result in (str(n), text)]
    scores = evaluating.score(rows)
    assert scores.values[::2].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert np.isnan(scores.values[1::2]).all()
    assert [scores.error_details[row].reason for row in range(1, 12, 2)] == [
        *("python_result", "python_exception", "python_timeout"),
        *("python_crash", "python_crash", "python_result"),
    ]


def test_a_traceback_has_the_lines_of_the_source_and_no_frames_of_ours(grade_by):
    source = (
        "def half(text):\n"
        "    return int(text) / 2\n"
        "\n"
        "def grade(sample, item):\n"
        "    try:\n"
        "        return half(sample['output_text'])\n"
        "    except ValueError as error:\n"
        "        raise KeyError('answer') from error\n"
    )
    (error,) = grade_by(source, sample="two").errors
    shown = [line for line in error.detail.splitlines() if line.strip(" ^~")]
    assert shown == [
        "Traceback (most recent call last):",
        '  File "grader.py", line 6, in grade',
        "    return half(sample['output_text'])",
        '  File "grader.py", line 2, in half',
        "    return int(text) / 2",
        "ValueError: invalid literal for int() with base 10: 'two'",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
        '  File "grader.py", line 8, in grade',
        "    raise KeyError('answer') from error",
        "KeyError: 'answer'",
    ]


def test_a_very_long_traceback_is_cut_in_its_middle(grade_by):
    (error,) = grade_by("def grade(sample, item):\n    raise ValueError('x' * 10**6 + 'end')").errors
    assert error.detail.startswith("Traceback (most recent call last):")
    assert error.detail.endswith("xend")
    assert len(error.detail) < 10_000


def test_the_detail_is_on_the_wire_with_its_flag_and_the_reward_is_0(confinement):
    grader = load_grader(
        document_of("def grade(sample, item):\n    return item['none']"),
        confinement=confinement,
        options=Options(on_error="zero"),
    )
    body = grader.grade().to_hosted(0.0)
    raised = {name: value for name, value in body["metadata"]["errors"].items() if value}
    assert body["reward"] == 0.0
    assert list(raised) == ["python_grader_runtime_error", "python_grader_runtime_error_details"]
    assert raised["python_grader_runtime_error_details"].endswith("KeyError: 'none'")


def test_a_fault_of_the_sandbox_is_no_fault_of_the_source(confinement, tmp_path):
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    where = replace(confinement, level="none", python=python)
    zero = Options(on_error="zero")
    grader = load_grader(document_of(CONSTANT.format(1)), confinement=where, options=zero)
    python.unlink()
    grade = grader.grade()
    (error,) = grade.errors
    assert (error.reason, error.code.name) == ("sandbox_error", "python_grader_server_error")
    assert "cannot be run" in error.detail
    raised = {name: value for name, value in grade.to_hosted(0.0)["metadata"]["errors"].items() if value}
    assert raised == {
        "python_grader_server_error": True,
        "python_grader_server_error_type": "sandbox_error",
    }


def test_zero_is_positive_and_scores_have_the_name_of_the_grader(confinement):
    scores = load_grader(document_of(CONSTANT.format(-0.0)), confinement=confinement).score([{}], ["x"])
    assert math.copysign(1.0, scores.values[0]) == 1.0
    assert scores.name == "checked"


@pytest.mark.parametrize("given", [{"item": {}, "sample": None}, {}], ids=["empty", "absent"])
def test_a_missing_item_and_a_missing_sample_are_empty(evaluating, confinement, given):
    grader = load_grader(
        document_of("def grade(sample, item): return sample == {} and item == {}"), confinement=confinement
    )
    assert grader.grade(**given).reward == 1.0


def test_a_text_becomes_the_whole_sample(grade_by):
    source = (
        "def grade(sample, item):\n"
        "    message = sample['choices'][0]['message']\n"
        "    assert message == {'role': 'assistant', 'content': '{\"a\": [1]}', 'tool_calls': []}\n"
        "    assert sample['output_text'] == message['content']\n"
        "    assert sample['output_json'] == {'a': [1]}\n"
        "    assert (sample['output_tools'], sample['output_reasoning_summary']) == ([], None)\n"
        "    return 1\n"
    )
    assert grade_by(source, sample='{"a": [1]}').reward == 1.0


def test_of_a_sample_object_only_absent_keys_are_filled(grade_by):
    source = (
        "def grade(sample, item): return sample['output_text'] == '' and sample['output_json'] == {'a': 1}"
    )
    message = {"role": "assistant", "content": None}
    assert grade_by(source, {}, {"choices": [{"message": message}], "output_json": {"a": 1}}).reward == 1.0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def comparing(confinement):
    """A grader that says whether a value arrived as its JSON text says."""
    source = (
        "import json\n"
        "def grade(sample, item):\n"
        "    return repr(item['value']) == repr(json.loads(item['text']))\n"
    )
    return load_grader(document_of(source), confinement=confinement)


@settings(max_examples=10)
@given(values=st.lists(json_values, max_size=40))
def test_every_value_of_an_item_arrives_as_it_is(comparing, values):
    scores = comparing.score([{"value": value, "text": json.dumps(value)} for value in values])
    assert scores.values.tolist() == [1.0] * len(values)


def test_long_rows_and_lone_surrogates_arrive(comparing):
    values = ["x" * 5_000_000, "\ud800", "\x00", "𝒳" * 1000, 10**400]
    scores = comparing.score([{"value": value, "text": json.dumps(value)} for value in values])
    assert scores.values.tolist() == [1.0] * len(values)


def test_rows_keep_their_order_over_several_workers(evaluating):
    assert evaluating.score([{"result": str(n)} for n in range(300)]).values.tolist() == list(range(300))


COUNTING = "seen = []\ndef grade(sample, item):\n    seen.append(1)\n    return len(seen)\n"


@pytest.mark.parametrize(("isolation", "expected"), [("row", [1.0, 1.0, 1.0]), ("worker", [1.0, 2.0, 3.0])])
def test_what_a_row_leaves_is_met_by_others_only_where_they_share_a_worker(confinement, isolation, expected):
    where = replace(confinement, isolation=isolation, workers=1)
    scores = load_grader(document_of(COUNTING), confinement=where).score([{}] * 3)
    assert scores.values.tolist() == expected


@pytest.mark.parametrize("isolation", ["row", "worker"])
def test_in_both_isolations_a_row_fails_alone(confinement, isolation):
    where = replace(confinement, isolation=isolation, seconds=0.3)
    grader = load_grader(document_of(EVALUATE), confinement=where)
    rows = [{"result": result} for result in ("1", "item['none']", "2", "list(iter(int, 1))", "3")]
    scores = grader.score(rows)
    assert scores.values[::2].tolist() == [1.0, 2.0, 3.0]
    assert [scores.error_details[row].reason for row in (1, 3)] == ["python_exception", "python_timeout"]


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations\ndef grade(sample: Sample, item: Item) -> float: return 1",
        (
            "from __future__ import annotations\n"
            "from dataclasses import dataclass\n"
            "@dataclass(frozen=True)\n"
            "class Points:\n"
            "    value: float = 1.0\n"
            "def grade(sample, item): return Points().value\n"
        ),
        (
            "from __future__ import annotations\n"
            "from pydantic import BaseModel\n"
            "class Answer(BaseModel):\n"
            "    parts: list[Part]\n"
            "class Part(BaseModel):\n"
            "    value: float\n"
            "def grade(sample, item):\n"
            "    return Answer.model_validate({'parts': [{'value': '1'}]}).parts[0].value\n"
        ),
        "def grade(sample, item): return later()\ndef later(): return 1",
        "def grade(sample, item): return __name__ != '__main__'",
        "import sys\ndef grade(sample, item): return sys.modules[__name__].grade is grade",
        "import pickle\nclass P: pass\ndef grade(s, i): return type(pickle.loads(pickle.dumps(P()))) is P",
        "import sys\nprint('loud')\ndef grade(s, i):\n    print('x' * 10**6, file=sys.stderr)\n    return 1",
        "def grade(sample, item, more=None): return 1",
        "def grade(*rows): return len(rows) - 1",
        "def grade(sample, item, **more): return 1",
        "grade = lambda sample, item: 1",
        "class Grader:\n    def __call__(self, sample, item): return 1\ngrade = Grader()",
        "import functools\ndef g(n, sample, item): return n\ngrade = functools.partial(g, 1)",
        "if True:\n    def grade(sample, item): return 1",
        "# coding: latin-1\ndef grade(sample, item): return 'é' == '\\u00e9'",
        "def grade(sample, item):\r\n    return 1\r\n",
    ],
)
def test_honest_sources_of_every_form_run(grade_by, source):
    assert grade_by(source).reward == 1.0


def multi_of(graders, formula, **more):
    parts = {name: {"type": "python", "source": source} for name, source in graders.items()}
    return {"type": "multi", "name": "m", "graders": parts, "calculate_output": formula} | more


def test_several_sources_in_a_multi_do_not_share_anything(confinement):
    graders = {"a": CONSTANT.format(2), "b": COUNTING, "c": COUNTING}
    exact = {"type": "string_check", "input": "x", "reference": "{{sample.output_text}}", "operation": "eq"}
    document = multi_of(graders, "100 * a + 10 * b + c + exact")
    document["graders"]["exact"] = exact
    where = replace(confinement, isolation="worker", workers=1)
    grader = load_grader(document, confinement=where)
    scores = grader.score([{}] * 3, ["x", "y", "x"])
    assert scores.values.tolist() == [212.0, 222.0, 234.0]
    assert {name: part.values.tolist() for name, part in scores.parts.items()} == {
        "a": [2.0] * 3,
        "b": [1.0, 2.0, 3.0],
        "c": [1.0, 2.0, 3.0],
        "exact": [1.0, 0.0, 1.0],
    }


@pytest.mark.parametrize(("on_error", "reward", "part"), [("null", None, None), ("zero", 2.0, 0.0)])
def test_a_part_that_fails_is_named_and_counts_as_asked_for(confinement, on_error, reward, part):
    document = multi_of({"good": CONSTANT.format(2), "bad": "def grade(s, i): return i['x']"}, "good + bad")
    grader = load_grader(document, confinement=confinement, options=Options(on_error=on_error))
    grade = grader.grade()
    (error,) = grade.errors
    assert (grade.reward, grade.sub_rewards) == (reward, {"good": 2.0, "bad": part})
    assert (error.grader, error.reason) == ("bad", "python_exception")


def test_a_grader_can_be_pickled_before_and_after_it_has_graded(evaluating):
    copy = pickle.loads(pickle.dumps(evaluating))
    assert copy.grade({"result": "0.25"}).reward == 0.25
    assert evaluating.grade({"result": "0.75"}).reward == 0.75
    again = pickle.loads(pickle.dumps(copy))
    assert again.grade({"result": "0.5"}).reward == 0.5
    assert again.confinement == evaluating.confinement


@pytest.mark.parametrize(("threshold", "expected"), [(None, [False, True, True]), (1, [False, False, True])])
def test_half_a_point_passes_where_the_document_asks_for_nothing_else(confinement, threshold, expected):
    grader = load_grader(document_of(EVALUATE, pass_threshold=threshold), confinement=confinement)
    scores = grader.score([{"result": text} for text in ("0.49", "0.5", "5")])
    assert [grade.passed for grade in grader.grades(scores)] == expected


@pytest.mark.parametrize("tag", [None, "2025-05-08", "alpha"])
def test_any_image_tag_is_taken(confinement, tag):
    grader = load_grader(document_of(CONSTANT.format(1), image_tag=tag), confinement=confinement)
    assert grader.grade().reward == 1.0


def test_no_rows_grade_nothing(evaluating):
    assert evaluating.score([]).values.shape == (0,)


def test_a_row_that_cannot_be_read_is_not_graded(evaluating, tmp_path):
    data = tmp_path / "rows.jsonl"
    data.write_text('{"item": {"result": "1"}}\n{"item": \n{"item": {"result": "3"}}\n')
    rows = list(evaluate(evaluating, data, out=tmp_path / "run").rows())
    assert [row["reward"] for row in rows] == [1.0, None, 3.0]
    assert [error["code"] for error in rows[1]["errors"]] == ["row_parse_error"]


def test_rewards_are_finite_or_absent(evaluating):
    scores = evaluating.score([{"result": text} for text in ("1", "float('nan')", "None")])
    assert [math.isfinite(value) for value in scores.values] == [True, False, False]
    assert sorted(scores.error_details) == [1, 2]


def test_a_run_that_is_interrupted_leaves_nothing_at_work(confinement, tmp_path):
    source = "import time\ndef grade(sample, item):\n    time.sleep(item['seconds'])\n    return 1"
    grader = load_grader(document_of(source), confinement=confinement)
    rows = [{"item": {"seconds": 0 if number < 64 else 60}} for number in range(400)]

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(2.0, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            evaluate(grader, rows, out=tmp_path / "run")
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, handler)
    deadline = time.monotonic() + 15
    while any(thread.name == "python" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert grader.grade({"seconds": 0}).reward == 1.0
