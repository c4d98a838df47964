"""score_model: what is asked, which answers count, and how every other one fails."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import Options, load_grader
from graders.errors import REASONS, ConfigWarning
from graders.judges import JudgeReply
from graders.judges.scripted import ScriptedJudge

TEXT = "{{sample.output_text}}"
DOCUMENT = {
    "type": "score_model",
    "name": "judge",
    "model": "gpt-4o",
    "range": [0, 10],
    "input": [{"role": "user", "content": f"Rate {TEXT}"}],
}
STEPS = [{"description": "read it", "conclusion": "fine"}]


def said(result, steps=()):
    return json.dumps({"steps": list(steps), "result": result})


def grade_of(answer, **changes):
    """Grade one row by a judge that gives this answer."""
    grader = load_grader(DOCUMENT | changes, judge=ScriptedJudge([answer]))
    return grader.grade({}, "x")


def asked_of(rows=({},), samples=("one",), **changes):
    """Give the requests that a judge gets for some rows."""
    asked = []

    def note(request):
        asked.append(request)
        return said(0)

    judge = ScriptedJudge(note)
    judge.concurrency = 1
    load_grader(DOCUMENT | changes, judge=judge).score(rows, samples)
    return asked


def test_the_reward_is_the_number_itself():
    assert [grade_of(said(number)).reward for number in (0, 7, 2.5, 10)] == [0.0, 7.0, 2.5, 10.0]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(-1, 0.0), (11, 10.0), (10.000001, 10.0), (-1e300, 0.0), (10**400, 10.0), (-(10**400), 0.0)],
)
def test_a_number_beyond_the_range_becomes_the_nearer_bound(number, expected):
    assert grade_of(said(number)).reward == expected


def test_without_a_range_it_is_0_to_1():
    document = {key: value for key, value in DOCUMENT.items() if key != "range"}
    grader = load_grader(document, judge=ScriptedJudge([said(-3), said(0.25), said(3)]))
    assert grader.score([{}] * 3, ["a", "b", "c"]).values.tolist() == [0.0, 0.25, 1.0]


def test_a_reward_is_never_a_negative_zero():
    assert math.copysign(1.0, grade_of('{"steps": [], "result": -0.0}').reward) == 1.0


@given(number=st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_every_reward_is_within_the_range(number):
    reward = grade_of(said(number), range=[-2.5, 3]).reward
    assert reward == min(max(number, -2.5), 3)


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        ({"refusal": "I cannot judge this"}, "refusal", "I cannot judge this"),
        ({"refusal": "no", "text": said(3)}, "refusal", "no"),
        ({"text": said(3), "finish_reason": "length"}, "token_limit", "cut off at its token limit"),
        ({"text": '{"steps": [', "finish_reason": "length"}, "token_limit", "cut off"),
        ({"text": "", "finish_reason": "content_filter"}, "content_filter", "a content filter stopped"),
        (JudgeReply.failed("timeout", "60 s are over"), "timeout", "60 s are over"),
        (JudgeReply.failed("rate_limited", "429"), "rate_limited", "429"),
        (JudgeReply.failed("server_error", "500"), "server_error", "500"),
        (JudgeReply.failed("budget", "all spent"), "budget", "all spent"),
        ({"finish_reason": "stop"}, "not_json", "the judge gave no text"),
        ("", "not_json", "not JSON: expecting value at line 1 column 1"),
        ("Score: 5", "not_json", "not JSON"),
        (f"```json\n{said(5)}\n```", "not_json", "not JSON"),
        (f"{said(5)} {said(6)}", "not_json", "extra data"),
        ('{"steps": [], "result": 5', "not_json", "not JSON"),
        ('{"steps": [], "result": NaN}', "not_json", "NaN is not JSON"),
        ('{"steps": [], "result": Infinity}', "not_json", "Infinity is not JSON"),
        ('{"steps": [], "result": 1e999}', "not_json", "number out of range"),
        ('{"steps": [], "result": 1, "result": 9}', "not_json", "key 'result' stands twice"),
        ("[" * 200_000, "not_json", "nested too deeply"),
        ("5", "wrong_reply_shape", "steps and result and nothing else"),
        ("[]", "wrong_reply_shape", "steps and result"),
        ('{"result": 5}', "wrong_reply_shape", "steps and result"),
        ('{"steps": [], "result": 5, "note": ""}', "wrong_reply_shape", "nothing else"),
        ('{"steps": null, "result": 5}', "wrong_reply_shape", "each of the steps"),
        ('{"steps": ["read"], "result": 5}', "wrong_reply_shape", "description and conclusion"),
        ('{"steps": [{"description": "d"}], "result": 5}', "wrong_reply_shape", "description and conclusion"),
        (said(5, [STEPS[0] | {"more": ""}]), "wrong_reply_shape", "description and conclusion"),
        (said(5, [STEPS[0] | {"conclusion": 1}]), "wrong_reply_shape", "description and conclusion"),
        (said("5"), "not_a_number", "expected a number as the result; got '5'"),
        (said(True), "not_a_number", "got true"),
        (said(None), "not_a_number", "got null"),
        (said([5]), "not_a_number", "got an array"),
        (said("x" * 5000), "not_a_number", "got 'xxxx"),
    ],
)
def test_everything_else_is_a_failure_with_its_reason(answer, reason, detail):
    grade = grade_of(answer)
    (error,) = grade.errors
    assert (grade.reward, grade.passed) == (None, None)
    assert (error.reason, error.code, error.grader) == (reason, REASONS[reason], "judge")
    assert detail in error.detail
    assert len(error.detail) <= 2000


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"text": "", "finish_reason": "length"}, "the judge was cut off at its token limit"),
        ({"text": "", "finish_reason": "content_filter"}, "a content filter stopped the judge"),
        ({"finish_reason": "stop"}, "the judge gave no text"),
        ("5", "expected an object with steps and result and nothing else"),
        ('{"steps": [1], "result": 5}', "expected each of the steps with description and conclusion"),
    ],
)
def test_the_words_for_an_answer_that_is_no_verdict(answer, detail):
    (error,) = grade_of(answer).errors
    assert error.detail == detail


def test_a_judge_that_repairs_is_asked_once_more_for_what_is_no_verdict():
    asked = []

    class Hasty:
        identity, repairs = "hasty", True

        def ask(self, request):
            asked.append(request)
            return JudgeReply(said("five") if len(asked) == 1 else said(5))

    assert load_grader(DOCUMENT, judge=Hasty()).grade({}, "x").reward == 5.0
    assert len(asked) == 2


def test_a_judge_is_told_which_row_it_is_asked_about():
    assert [request.row for request in asked_of([{}, {}], ["one", "two"])] == [0, 1]


@pytest.mark.parametrize(
    ("reason", "flag"),
    [
        ("refusal", "model_grader_refusal_error"),
        ("content_filter", "model_grader_refusal_error"),
        ("not_json", "model_grader_parse_error"),
        ("wrong_reply_shape", "model_grader_parse_error"),
        ("not_a_number", "model_grader_parse_error"),
        ("token_limit", "model_grader_exceeded_max_tokens_error"),
        *((reason, "model_grader_server_error") for reason in ("timeout", "rate_limited", "server_error")),
        *((reason, "model_grader_server_error") for reason in ("budget", "judge_failed")),
    ],
)
def test_on_the_wire_a_failure_is_0_with_its_flag(reason, flag):
    grader = load_grader(
        DOCUMENT | {"range": [1, 5]},
        judge=ScriptedJudge([JudgeReply.failed(reason, "why")]),
        options=Options(on_error="zero"),
    )
    body = grader.grade({}, "x").to_hosted(0.0)
    raised = {name: value for name, value in body["metadata"]["errors"].items() if value}
    details = {} if reason == "token_limit" else {f"{flag}_details": "why"}
    assert (body["reward"], raised) == (0.0, {flag: True} | details)


def test_white_space_round_the_verdict_and_any_order_of_keys_count():
    assert grade_of(' \n{"result": 4,\n "steps": []}\t').reward == 4.0


def test_only_rows_that_can_be_rendered_are_asked_about():
    judge = ScriptedJudge([said(1), said(2)])
    document = DOCUMENT | {"input": [{"role": "user", "content": "{{item.q}}"}]}
    scores = load_grader(document, judge=judge).score([{"q": "a"}, {}, {"q": "c"}])
    assert scores.values[[0, 2]].tolist() == [1.0, 2.0]
    assert scores.error_details[1].reason == "missing_variable"
    assert sorted(scores.traces) == [0, 2]


def test_equal_rows_are_asked_about_once_and_share_the_reply():
    asked = []

    def count(request):
        asked.append(request)
        return {"text": said(len(asked)), "usage": {"prompt_tokens": 3}}

    scores = load_grader(DOCUMENT, judge=ScriptedJudge(count)).score([{}] * 4, ["a"] * 4)
    assert scores.values.tolist() == [1.0] * 4
    assert len(asked) == 1
    assert scores.usage["gpt-4o"]["prompt_tokens"] == 12


def test_no_rows_ask_nothing():
    scores = load_grader(DOCUMENT, judge=ScriptedJudge([])).score([], [])
    assert (scores.values.shape, scores.traces) == ((0,), {})


def test_a_prompt_without_messages_is_asked():
    assert grade_of(said(3), input=[]).reward == 3.0


def test_the_request_has_the_hosted_defaults_and_the_schema():
    (request,) = asked_of()
    assert (request.model, request.temperature, request.top_p, request.max_tokens) == ("gpt-4o", 1, 1, 4096)
    assert (request.seed, request.reasoning_effort) == (None, None)
    assert request.response_schema == {
        "name": "float_score_classification",
        "description": "A number from 0 to 10.",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "steps": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "description": {"type": "string"},
                            "conclusion": {"type": "string"},
                        },
                        "required": ["description", "conclusion"],
                        "additionalProperties": False,
                    },
                },
                "result": {"type": "number"},
            },
            "required": ["steps", "result"],
            "additionalProperties": False,
        },
    }


def test_what_the_document_says_about_sampling_is_asked_for():
    (request,) = asked_of(
        model="local",
        sampling_params={
            "temperature": 0,
            "top_p": 0.5,
            "seed": 7,
            "max_completion_tokens": 64,
            "reasoning_effort": "low",
        },
    )
    assert (request.temperature, request.top_p, request.seed) == (0, 0.5, 7)
    assert (request.max_tokens, request.reasoning_effort) == (64, "low")


def test_null_sampling_parameters_are_the_defaults():
    names = ("temperature", "top_p", "seed", "max_completions_tokens", "reasoning_effort")
    assert asked_of(sampling_params=dict.fromkeys(names)) == asked_of(sampling_params=None) == asked_of()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT, "one"),
        ("no template", "no template"),
        ({"type": "input_text", "text": TEXT}, [{"type": "input_text", "text": "one"}]),
        (
            ["see:", {"type": "output_text", "text": f"<{TEXT}>"}],
            [{"type": "input_text", "text": "see:"}, {"type": "output_text", "text": "<one>"}],
        ),
        (
            [{"type": "input_image", "image_url": "https://x/{{item.i}}.png", "detail": "low"}],
            [{"type": "input_image", "image_url": "https://x/7.png", "detail": "low"}],
        ),
        (
            [{"type": "input_audio", "input_audio": {"data": "{{item.a}}", "format": "wav"}}],
            [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}],
        ),
        ([], []),
    ],
)
def test_every_kind_of_content_is_rendered_and_keeps_its_form(content, expected):
    messages = [{"role": "user", "content": content, "type": "message"}]
    (request,) = asked_of([{"i": 7, "a": "UklG"}], input=messages)
    assert request.messages == ({"role": "user", "content": expected},)


def test_a_field_that_its_block_does_not_have_is_kept_and_not_rendered():
    block = {"type": "input_text", "text": TEXT, "image_url": TEXT}
    with pytest.warns(ConfigWarning, match="unknown field, kept but not used"):
        (request,) = asked_of(input=[{"role": "user", "content": block}])
    assert request.messages[0]["content"] == [block | {"text": "one"}]


def test_messages_keep_their_order_and_their_rows():
    messages = [
        {"role": "system", "content": "{{item.a}}"},
        {"role": "user", "content": ["{{item.b}}", {"type": "input_text", "text": "{{item.a}}{{item.b}}"}]},
    ]
    asked = asked_of([{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], ["", ""], input=messages)
    texts = [[m["content"] for m in request.messages] for request in asked]
    assert texts == [
        ["1", [{"type": "input_text", "text": "2"}, {"type": "input_text", "text": "12"}]],
        ["3", [{"type": "input_text", "text": "4"}, {"type": "input_text", "text": "34"}]],
    ]


def test_data_that_hold_braces_change_no_prompt():
    (request,) = asked_of(samples=["{{item.secret}}"], rows=[{"secret": "s"}])
    assert request.messages[0]["content"] == "Rate {{item.secret}}"


def test_a_judge_that_names_a_model_is_asked_for_that_one():
    asked = []

    class Fixed:
        identity, model = "fixed", "local-8b"

        def ask(self, request):
            asked.append(request.model)
            return JudgeReply(said(1))

    grader = load_grader(DOCUMENT, judge=Fixed())
    (trace,) = grader.grade({}, "x").traces
    assert (asked, trace["model"]) == (["local-8b"], "local-8b")
    assert grader.judge == {"identity": "fixed", "model": "local-8b", "models": {}}


def test_a_trace_says_what_the_judge_answered():
    usage = {"prompt_tokens": 190, "completion_tokens": 134}
    answer = {"text": said(12, STEPS), "model": "gpt-4o-2024-08-06", "usage": usage, "finish_reason": "stop"}
    (trace,) = grade_of(answer).traces
    assert list(trace.items()) == [
        ("grader", "judge"),
        ("model", "gpt-4o-2024-08-06"),
        ("steps", STEPS),
        ("result", 12),
        ("usage", {"prompt_tokens": 190, "total_tokens": 324, "completion_tokens": 134, "cached_tokens": 0}),
        ("raw", said(12, STEPS)),
    ]


@pytest.mark.parametrize(
    ("answer", "steps", "result", "raw"),
    [
        (JudgeReply.failed("timeout", "late"), None, None, None),
        ({"refusal": "no"}, None, None, "no"),
        ("prose", None, None, "prose"),
        (said("5", STEPS), STEPS, "5", said("5", STEPS)),
        (said([[5]]), [], None, said([[5]])),
    ],
)
def test_a_failure_leaves_a_trace_too(answer, steps, result, raw):
    (trace,) = grade_of(answer).traces
    assert (trace["model"], trace["usage"]) == ("gpt-4o", None)
    assert (trace["steps"], trace["result"], trace["raw"]) == (steps, result, raw)


@pytest.mark.parametrize(
    ("text", "reward"),
    [
        (said(5, [{"description": "d" * 10_000_000, "conclusion": ""}]), 5.0),
        (" " * 10_000_000 + said(5), 5.0),
        ("x" * 10_000_000, None),
        ('{"' + "x" * 10_000_000 + '": 1, "result": 1}', None),
    ],
    ids=["steps", "blanks", "prose", "key"],
)
def test_of_a_very_long_answer_little_is_kept(text, reward):
    grade = grade_of(text)
    assert grade.reward == reward
    assert len(json.dumps(grade.traces)) < 2**16 + 2**10
    assert all(len(error.detail) <= 2000 for error in grade.errors)


def test_usage_is_added_up_by_model():
    def answer(request):
        model = "a" if "1" in request.messages[0]["content"] else "b"
        return {"text": said(1), "model": model, "usage": {"prompt_tokens": 2, "completion_tokens": 1}}

    scores = load_grader(DOCUMENT, judge=ScriptedJudge(answer)).score([{}] * 3, ["1", "2", "13"])
    assert scores.usage == {
        "a": {"prompt_tokens": 4, "total_tokens": 6, "completion_tokens": 2, "cached_tokens": 0},
        "b": {"prompt_tokens": 2, "total_tokens": 3, "completion_tokens": 1, "cached_tokens": 0},
    }


def test_the_hosted_body_has_the_tokens_and_the_snapshot():
    usage = {"prompt_tokens": 190, "completion_tokens": 134}
    grade = grade_of({"text": said(1), "model": "gpt-4o-2024-08-06", "usage": usage})
    body = grade.to_hosted(4.365)
    counts = {"prompt_tokens": 190, "total_tokens": 324, "completion_tokens": 134, "cached_tokens": 0}
    assert list(body["metadata"]["token_usage"].items()) == list(counts.items())
    assert body["metadata"]["sampled_model_name"] == "gpt-4o-2024-08-06"
    assert body["model_grader_token_usage_per_model"] == {"gpt-4o-2024-08-06": counts}


def test_the_hosted_body_of_a_judge_that_was_not_reached_names_no_model():
    body = grade_of(JudgeReply.failed("timeout", "")).to_hosted(0.0)
    assert (body["metadata"]["token_usage"], body["metadata"]["sampled_model_name"]) == (None, None)
    assert body["model_grader_token_usage_per_model"] == {}


class TenLines:
    identity = "ten lines"

    def ask(self, request):
        text = request.messages[-1]["content"]
        if "bad" in text:
            raise RuntimeError("gone")
        return JudgeReply(said(len(text)))


def test_a_judge_of_ten_lines_answers_and_its_exceptions_fail_their_rows_only():
    scores = load_grader(DOCUMENT, judge=TenLines()).score([{}] * 4, ["", "bad", "abc", "bad"])
    assert np.isnan(scores.values).tolist() == [False, True, False, True]
    assert scores.values[[0, 2]].tolist() == [5.0, 8.0]
    assert scores.error_details[3].reason == "judge_failed"
    assert scores.error_details[3].detail == "the judge failed: RuntimeError: gone"


def multi_of(*answers, on_error):
    part = {key: value for key, value in DOCUMENT.items() if key != "name"}
    exact = {"type": "string_check", "input": TEXT, "reference": "x", "operation": "eq"}
    document = {
        "type": "multi",
        "name": "both",
        "graders": {"exact": exact, "first": part, "second": part | {"model": "gpt-4.1"}},
        "calculate_output": "exact + first + second",
    }
    judge = ScriptedJudge(answers)
    return load_grader(document, judge=judge, options=Options(on_error=on_error)).grade({}, "x")


def test_in_a_multi_a_failed_part_leaves_the_total_without_a_score():
    grade = multi_of(said(4), {"refusal": "no"}, on_error="null")
    assert (grade.reward, grade.sub_rewards) == (None, {"exact": 1.0, "first": 4.0, "second": None})
    assert [(error.grader, error.reason) for error in grade.errors] == [("second", "refusal")]


def test_in_a_multi_a_failed_part_counts_0_where_failures_are_zero():
    grade = multi_of(said(4), {"refusal": "no"}, on_error="zero")
    assert (grade.reward, grade.sub_rewards) == (5.0, {"exact": 1.0, "first": 4.0, "second": 0.0})
    body = grade.to_hosted(0.0)
    assert body["metadata"]["errors"]["model_grader_refusal_error_details"] == "no"


@pytest.mark.parametrize("on_error", ["null", "zero"])
def test_the_traces_and_tokens_of_parts_are_the_totals(on_error):
    answers = [{"text": said(n), "usage": {"prompt_tokens": n}} for n in (3, 4)]
    grade = multi_of(*answers, on_error=on_error)
    assert [(trace["grader"], trace["result"]) for trace in grade.traces] == [("first", 3), ("second", 4)]
    body = grade.to_hosted(0.0)
    assert body["metadata"]["token_usage"]["prompt_tokens"] == 7
    assert body["metadata"]["sampled_model_name"] is None
    assert list(body["model_grader_token_usage_per_model"]) == ["gpt-4o", "gpt-4.1"]


def test_a_part_of_a_part_goes_by_both_keys():
    inner = {"type": "multi", "name": "m", "graders": {"m": DOCUMENT}, "calculate_output": "m"}
    grader = load_grader({"m": inner, "alone": DOCUMENT}, judge=ScriptedJudge(lambda _: {"refusal": "no"}))
    grade = grader.grade({}, "x")
    assert [trace["grader"] for trace in grade.traces] == ["m.m", "alone"]
    assert [error.grader for error in grade.errors] == ["m.m", "alone"]
