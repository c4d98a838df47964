"""Judges whose replies are written beforehand: in order, by request, by function, from a file."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from graders.errors import ConfigError, Failure
from graders.judges import JudgeReply, JudgeRequest
from graders.judges.pool import JudgePool
from graders.judges.scripted import ScriptedJudge

VERDICT = {"steps": [], "result": 1}


def request_of(text):
    return JudgeRequest("m", ({"role": "user", "content": text},), {})


A, B, C = map(request_of, "abc")


def texts(replies):
    return [reply.text for reply in replies]


def shout(request):
    return request.messages[0]["content"].upper()


def script_of(folder, *lines):
    path = folder / "replies.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return ScriptedJudge.from_spec(str(path), None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("text", JudgeReply("text")),
        (VERDICT, JudgeReply('{"steps":[],"result":1}')),
        ({}, JudgeReply("{}")),
        ({"refusal": "no"}, JudgeReply(refusal="no")),
        ({"text": "x", "model": "m-1", "finish_reason": "stop"}, JudgeReply("x", None, "stop", "m-1")),
        ({"usage": {"prompt_tokens": 1}}, JudgeReply(usage={"prompt_tokens": 1})),
        (
            {"failure": {"reason": "timeout", "detail": "60 s"}},
            JudgeReply(failure=Failure("timeout", "60 s")),
        ),
        (JudgeReply("x"), JudgeReply("x")),
    ],
)
def test_an_answer_is_a_reply_a_text_or_an_object(answer, expected):
    assert ScriptedJudge([answer]).ask(A) == expected
    assert ScriptedJudge({A.fingerprint(): answer}).ask(A) == expected
    assert ScriptedJudge(lambda _: answer).ask(A) == expected


def test_a_list_is_read_in_the_order_of_distinct_requests():
    replies = JudgePool(ScriptedJudge(["one", "two", "three"])).ask([B, A, B, C]).wait()
    assert texts(replies) == ["one", "two", "one", "three"]


def test_a_script_that_has_run_out_says_so():
    replies = JudgePool(ScriptedJudge(["one"])).ask([A, B, C]).wait()
    assert texts(replies) == ["one", None, None]
    assert replies[1].failure == Failure("judge_failed", "the script has run out; it held 1")


def test_no_answer_of_a_list_is_given_twice_however_many_threads_ask():
    judge = ScriptedJudge([str(n) for n in range(500)])
    with ThreadPoolExecutor(8) as executor:
        replies = list(executor.map(judge.ask, [A] * 500))
    assert sorted(texts(replies), key=int) == [str(n) for n in range(500)]


def test_a_mapping_answers_by_fingerprint():
    judge = ScriptedJudge({A.fingerprint(): "a", C.fingerprint(): "c"})
    replies = JudgePool(judge).ask([C, B, A]).wait()
    assert texts(replies) == ["c", None, "a"]
    assert replies[1].failure.detail == f"the script has no reply to the request {B.fingerprint()}"


def test_a_script_by_row_answers_by_the_number_of_the_row(tmp_path):
    judge = script_of(tmp_path, {"row": 7, "reply": "seven"}, {"row": 0, "reply": VERDICT})
    replies = JudgePool(judge).ask([replace(A, row=7), replace(B, row=0), replace(C, row=3)]).wait()
    assert texts(replies) == ["seven", '{"steps":[],"result":1}', None]
    assert replies[2].failure.detail.endswith(" of row 3")
    assert ScriptedJudge({7: "seven"}).ask(replace(A, row=7)).text == "seven"


def test_a_function_answers_each_request():
    assert texts(JudgePool(ScriptedJudge(shout)).ask([B, A, C]).wait()) == ["B", "A", "C"]


def test_what_a_function_raises_or_gives_wrongly_is_a_failed_reply():
    for function in (lambda _: 1 / 0, lambda _: None, lambda _: {"text": 1}):
        (reply,) = JudgePool(ScriptedJudge(function)).ask([A]).wait()
        assert reply.failure.reason == "judge_failed"


def test_a_wrong_answer_in_a_list_is_found_at_once():
    with pytest.raises(TypeError, match="expected a JudgeReply, a text or a mapping; got int"):
        ScriptedJudge(["x", 1])


def test_a_file_without_keys_is_read_in_order(tmp_path):
    judge = script_of(tmp_path, "﻿" + json.dumps("text"), "", VERDICT, {"refusal": "no"})
    replies = JudgePool(judge).ask([A, B, C]).wait()
    assert texts(replies) == ["text", '{"steps":[],"result":1}', None]
    assert replies[2].refusal == "no"


def test_a_file_with_keys_answers_by_fingerprint(tmp_path):
    lines = [{"key": each.fingerprint(), "reply": text} for each, text in ((C, "c"), (A, VERDICT))]
    assert texts(JudgePool(script_of(tmp_path, *lines)).ask([A, C]).wait()) == [
        '{"steps":[],"result":1}',
        "c",
    ]


def test_an_empty_file_has_no_replies(tmp_path):
    assert script_of(tmp_path).ask(A).failure.detail == "the script has run out; it held 0"


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (["{", "[1]"], ["line 1: expecting property name", "line 2: expected a JudgeReply"]),
        (["NaN"], ["line 1: NaN is not JSON"]),
        (['{"steps": [], "steps": []}'], ["line 1: key 'steps' stands twice"]),
        (['{"text": 1}'], ["line 1: text: expected a text or None; got int"]),
        (['{"failure": {"reason": "tired", "detail": ""}}'], ["line 1: failure: expected one of budget"]),
        (['{"key": "a", "reply": "x"}', '{"key": "a", "reply": "y"}'], ["line 2: expected a key of its own"]),
        (['{"key": "a", "reply": "x"}', '"y"'], ["expected a key or a row in every line or in none"]),
        (
            ['{"row": true, "reply": "x"}', '{"row": -1.0, "reply": "y"}'],
            ["line 1: expected a row of its own", "line 2: expected a row of its own"],
        ),
        (["[" * 100_000], ["line 1: nested too deeply"]),
    ],
)
def test_every_wrong_line_of_a_file_is_named(tmp_path, lines, problems):
    with pytest.raises(ConfigError) as caught:
        script_of(tmp_path, *lines)
    actual = [str(each).partition("replies.jsonl: ")[2] for each in caught.value.problems]
    assert [found[: len(expected)] for found, expected in zip(actual, problems, strict=True)] == problems


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.jsonl: cannot be read: No such file"):
        ScriptedJudge.from_spec(str(tmp_path / "none.jsonl"), None)


@pytest.mark.parametrize(("model", "base_url"), [(None, None), ("x", "http://h")])
def test_a_spec_names_a_file_and_no_address(model, base_url):
    with pytest.raises(ConfigError, match=r"^judge: expected scripted:FILE"):
        ScriptedJudge.from_spec(model, base_url)


def test_the_identity_of_a_script_by_request_is_what_it_says():
    one, same, other = ({A.fingerprint(): text} for text in ("a", "a", "b"))
    assert ScriptedJudge(one).identity == ScriptedJudge(same).identity != ScriptedJudge(other).identity


def test_the_identity_of_a_function_is_its_name_or_the_one_that_is_given():
    assert ScriptedJudge(shout).identity == f"scripted:{shout.__module__}.shout"
    assert ScriptedJudge(lambda _: "x", identity="always x").identity == "scripted:always x"


def test_a_script_in_order_is_no_other_script_and_stays_in_its_process():
    assert ScriptedJudge(["a"]).identity != ScriptedJudge(["a"]).identity
    with pytest.raises(TypeError, match="cannot go to another process"):
        pickle.dumps(ScriptedJudge(["a"]))


def test_a_script_by_request_goes_to_another_process():
    judge = pickle.loads(pickle.dumps(ScriptedJudge({A.fingerprint(): "a"})))
    assert judge.ask(A).text == "a"
