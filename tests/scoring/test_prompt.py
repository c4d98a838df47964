"""Prompts with pictures and sounds: each file is read once a batch, and fails no row but its own."""

import base64
import pickle

import pytest

from graders import Options, load_grader
from graders.batch import Batch
from graders.config import GraderMessage
from graders.judges.scripted import ScriptedJudge
from graders.scoring import _media
from graders.scoring.prompt import Prompt

PNG = b"\x89PNG\r\n\x1a\n and pixels"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PICTURE = {"type": "input_image", "image_url": "{{item.picture}}", "detail": "low"}
SOUND = {"type": "input_audio", "input_audio": {"data": "{{item.sound}}", "format": "wav"}}
CONTENT = ["{{item.text}}", PICTURE, SOUND]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "cat.png").write_bytes(PNG)
    (tmp_path / "cat.wav").write_bytes(WAV)
    return tmp_path


def prompt_of(content, root=None):
    return Prompt.of([GraderMessage(role="user", content=content)], root)


def rendered(rows, root=None, content=CONTENT):
    return prompt_of(content, root).render(Batch(rows, [None] * len(rows)))


def row(**fields):
    return {"text": "t", "picture": "https://x/y.png", "sound": "UklG"} | fields


def encoded(content):
    return base64.b64encode(content).decode()


def test_files_are_sent_in_their_places(root):
    messages, failures = rendered([row(picture="cat.png", sound="cat.wav")], root)
    assert failures == {}
    assert messages[0][0]["content"] == [
        {"type": "input_text", "text": "t"},
        {**PICTURE, "image_url": f"data:image/png;base64,{encoded(PNG)}"},
        {"type": "input_audio", "input_audio": {"data": encoded(WAV), "format": "wav"}},
    ]


def test_what_cannot_be_read_fails_its_row_only(root):
    rows = [row(), row(picture="dog.png"), row(picture="cat.png"), row(sound="../cat.wav"), {}]
    messages, failures = rendered(rows, root)
    assert list(messages) == [0, 2]
    assert {number: failure.reason for number, failure in failures.items()} == {
        1: "media_unavailable",
        3: "media_unavailable",
        4: "missing_variable",
    }


def test_each_file_is_read_once_a_batch(root, monkeypatch):
    read = []
    content = _media._content
    monkeypatch.setattr(_media, "_content", lambda *place: read.append(place) or content(*place))
    both = [PICTURE, "and again", PICTURE]
    batch = Batch([row(picture="cat.png")] * 5, [None] * 5)
    assert len(prompt_of(both, root).render(batch)[0]) == 5
    assert len(prompt_of(both, root).render(batch)[0]) == 5
    assert len(read) == 1
    rendered([row(picture="cat.png")], root)
    assert len(read) == 2


def test_two_media_roots_and_two_kinds_do_not_share_what_was_read(root, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "cat.png").write_bytes(PNG + b"other")
    batch = Batch([row(picture="cat.png", sound="cat.png")], [None])
    first, second = (prompt_of([PICTURE], folder).render(batch)[0][0] for folder in (root, other))
    assert first != second
    assert prompt_of([SOUND], root).render(batch)[1][0].reason == "media_unavailable"


def test_a_row_that_fails_anyway_reads_nothing(root, monkeypatch):
    monkeypatch.setattr(_media, "_content", None)
    _, failures = rendered([{"picture": "cat.png", "sound": "UklG"}], root)
    assert failures[0].detail == "Variable 'item.text' was not found."


def test_of_two_failures_in_a_row_the_first_in_the_prompt_is_named(root):
    _, failures = rendered([row(picture="", sound="")], root)
    assert failures[0].detail == "the image_url is empty"


def test_a_text_that_looks_like_a_path_is_only_a_text(root):
    messages, _ = rendered([row(text="cat.png")], root)
    assert messages[0][0]["content"][0]["text"] == "cat.png"


def test_the_breakpoint_of_a_text_is_sent():
    block = {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}
    messages, _ = rendered([{}], content=[block])
    assert messages[0][0]["content"] == [block]


def test_a_prompt_survives_pickling(root):
    prompt = prompt_of(CONTENT, root)
    assert pickle.loads(pickle.dumps(prompt)) == prompt


@pytest.mark.parametrize("with_root", [True, False])
def test_a_grader_reads_below_the_media_root_of_its_options(root, with_root):
    document = {
        "type": "score_model",
        "model": "any",
        "input": [{"role": "user", "content": PICTURE}],
    }
    judge = ScriptedJudge(lambda _: {"steps": [], "result": 1})
    options = Options(media_root=root if with_root else None)
    scores = load_grader(document, judge=judge, options=options).score([row(picture="cat.png"), row()])
    assert [error.reason for error in scores.row_errors(0)] == ([] if with_root else ["media_unavailable"])
    assert list(scores.row_errors(1)) == []
