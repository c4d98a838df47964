"""The content of a message: a text, a block, or texts and blocks as `GraderInputs`."""

import json

import openai.types.graders as official
import pytest

from graders.config import GraderInputs, GraderMessage, check, dump, load
from graders.config.messages import InputAudio, InputImage, InputText, OutputText, message_templates

TEXT = {"type": "input_text", "text": "{{item.a}}", "prompt_cache_breakpoint": {"mode": "explicit"}}
OUTPUT = {"type": "output_text", "text": "{{sample.output_text}}"}
IMAGE = {"type": "input_image", "image_url": "{{item.b}}", "detail": "auto"}
AUDIO = {"type": "input_audio", "input_audio": {"data": "{{item.c}}", "format": "mp3"}}
EVERY_BLOCK = ["{{item.d}}", TEXT, OUTPUT, IMAGE, AUDIO]


def document_of(*contents):
    messages = [{"role": "user", "content": content} for content in contents]
    return {"type": "score_model", "name": "s", "model": "m", "input": messages}


def content_of(content):
    return load(document_of(content)).input[0].content


def test_an_array_is_grader_inputs_and_reads_like_a_list():
    content = content_of(EVERY_BLOCK)
    assert type(content) is GraderInputs
    assert [type(each) for each in content] == [str, InputText, OutputText, InputImage, InputAudio]
    assert content == GraderInputs(content) == list(content)
    assert len(content_of([])) == 0


def test_on_the_wire_grader_inputs_are_a_plain_array():
    dumped = dump(load(document_of(EVERY_BLOCK)))["input"][0]["content"]
    assert type(dumped) is list
    assert json.loads(json.dumps(dumped)) == EVERY_BLOCK


def test_a_message_can_be_made_of_grader_inputs():
    message = GraderMessage(role="user", content=GraderInputs(["a", InputText(type="input_text", text="b")]))
    assert type(message.content) is GraderInputs
    assert message.model_dump(exclude_unset=True)["content"] == ["a", {"type": "input_text", "text": "b"}]


@pytest.mark.parametrize("content", EVERY_BLOCK)
def test_a_text_and_one_block_stay_what_they_are(content):
    assert dump(load(document_of(content)))["input"][0]["content"] == content
    assert not isinstance(content_of(content), list)


def test_the_official_client_has_the_array_under_the_same_name():
    assert hasattr(official, GraderInputs.__name__)


@pytest.mark.parametrize("content", [*EVERY_BLOCK, EVERY_BLOCK])
def test_a_grader_of_the_official_client_loads_with_every_content(content):
    theirs = official.ScoreModelGrader.model_validate(document_of(content))
    document = theirs.model_dump(exclude_unset=True)
    checked = check(document)
    assert (checked.problems, checked.warnings) == ([], [])
    assert dump(checked.config) == document == document_of(content)


def test_every_text_image_and_sound_is_a_template_string():
    found = list(message_templates(document_of(EVERY_BLOCK, TEXT, "{{item.e}}")["input"]))
    assert found == [
        ("[0].content[0]", "{{item.d}}"),
        ("[0].content[1].text", "{{item.a}}"),
        ("[0].content[2].text", "{{sample.output_text}}"),
        ("[0].content[3].image_url", "{{item.b}}"),
        ("[0].content[4].input_audio.data", "{{item.c}}"),
        ("[1].content.text", "{{item.a}}"),
        ("[2].content", "{{item.e}}"),
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"mode": "implicit"}, ".mode: expected one of explicit; got 'implicit' (did you mean 'explicit'?)"),
        ({}, ": missing field 'mode'"),
        ("explicit", ": expected an object; got 'explicit'"),
    ],
)
def test_a_mistake_in_a_breakpoint_is_named_with_its_place(found, expected):
    checked = check(document_of([TEXT | {"prompt_cache_breakpoint": found}]))
    place = "$.input[0].content[0].prompt_cache_breakpoint"
    assert [str(problem) for problem in checked.problems] == [place + expected]


def test_an_unknown_field_of_a_breakpoint_is_kept_and_warned_about():
    block = TEXT | {"prompt_cache_breakpoint": {"mode": "explicit", "kept": 1}}
    checked = check(document_of([block]))
    assert [warning.path for warning in checked.warnings] == [
        "$.input[0].content[0].prompt_cache_breakpoint.kept"
    ]
    assert dump(checked.config) == document_of([block])
