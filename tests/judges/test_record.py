"""A recording: what a judge answered, for whoever repeats the run without it."""

import json
import pickle

import pytest

from graders.errors import ConfigError
from graders.judges import JudgeReply, JudgeRequest
from graders.judges.pool import JudgePool
from graders.judges.record import Recorder, ReplayJudge, Who

WHO = Who("somebody", "m", {"a": "b"})


def request_of(text):
    return JudgeRequest("m", ({"role": "user", "content": text},), {})


class Moody:
    """Answers all but one."""

    identity = "somebody"
    model = "m"

    def ask(self, request):
        text = request.messages[0]["content"]
        if text == "bad":
            return JudgeReply.failed("request_refused", "bad")
        return JudgeReply(text.upper(), usage={"prompt_tokens": 3}, model="m-2024-08-06")


REQUESTS = [request_of(text) for text in ("one", "bad", "two", "one")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "record.jsonl"


def record(path, requests=REQUESTS):
    return JudgePool(Moody(), recorder=Recorder(path, WHO)).ask(requests).wait()


def test_a_replay_answers_as_the_judge_did_failures_included(path):
    said = record(path)
    judge = ReplayJudge.from_spec(str(path), None)
    assert JudgePool(judge).ask(REQUESTS).wait() == said
    assert (judge.model, judge.models) == ("m", {"a": "b"})


def test_each_request_is_recorded_once_in_the_order_of_the_rows(path):
    record(path)
    head, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert head == {"identity": "somebody", "model": "m", "models": {"a": "b"}}
    assert [line["key"] for line in lines] == [request.fingerprint() for request in REQUESTS[:3]]


def test_what_was_not_recorded_is_a_failure(path):
    record(path)
    (reply,) = JudgePool(ReplayJudge(path)).ask([request_of("new")]).wait()
    assert reply.failure.reason == "judge_failed"
    assert "no reply to the request" in reply.failure.detail


def test_a_recording_goes_on_behind_a_torn_line(path):
    record(path, REQUESTS[:2])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"key": "torn')
    record(path)
    assert path.read_bytes().startswith(whole)
    assert len(path.read_text().splitlines()) == 4
    assert JudgePool(ReplayJudge(path)).ask(REQUESTS).wait()[2].text == "TWO"


def test_a_recording_of_another_judge_is_not_gone_on_with(path):
    record(path)
    with pytest.raises(ConfigError, match="records somebody; another file is needed for another"):
        Recorder(path, Who("another"))


@pytest.mark.parametrize(
    "text",
    ["", "prose\n", "[]\n", '{"identity": "x", "other": 1}\n', '{"identity": "x"}\n{"key": "k"}\n'],
)
def test_what_is_no_recording_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(ConfigError, match="recording"):
        ReplayJudge(path)


def test_a_file_that_is_no_recording_is_not_written_to(path):
    path.write_text("my notes\n")
    with pytest.raises(ConfigError, match="line 1 is none of a recording"):
        Recorder(path, WHO)
    assert path.read_text() == "my notes\n"


def test_a_missing_file_and_a_missing_folder_are_named(path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        ReplayJudge(path)
    with pytest.raises(ConfigError, match="cannot be written"):
        Recorder(path / "deeper", WHO)
    with pytest.raises(ConfigError, match="expected replay:FILE"):
        ReplayJudge.from_spec(None, None)


def test_a_recording_stays_in_its_process(path):
    with pytest.raises(TypeError, match="another process"):
        pickle.dumps(Recorder(path, WHO))
