"""What a grader document may say, and how it is read."""

import pytest
from pydantic import ValidationError

from graders.config import Vocabulary, check, load
from graders.config.graders import METRICS, TYPES, StringCheckGrader
from graders.errors import ConfigError

MESSAGES = [{"role": "user", "content": "{{sample.output_text}}"}]
STRING = {"type": "string_check", "name": "s", "input": "a", "reference": "b", "operation": "eq"}
SIMILARITY = {
    "type": "text_similarity",
    "name": "t",
    "input": "a",
    "reference": "b",
    "evaluation_metric": "bleu",
}
SCORE = {"type": "score_model", "name": "m", "model": "gpt-4o", "input": MESSAGES}
LABEL = SCORE | {"type": "label_model", "labels": ["good", "bad"], "passing_labels": ["good"]}
PYTHON = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0\n"}
MULTI = {"type": "multi", "name": "x", "graders": {"a": STRING, "b": SIMILARITY}, "calculate_output": "a * b"}
EVERY_TYPE = [STRING, SIMILARITY, SCORE, LABEL, PYTHON, MULTI]


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


def prompt(content):
    return SCORE | {"input": [{"role": "user", "content": content}]}


def sampling(**parameters):
    return SCORE | {"sampling_params": parameters}


def problems_of(document):
    with pytest.raises(ConfigError) as caught:
        load(document)
    return [str(problem) for problem in caught.value.problems]


def warnings_of(document):
    return [str(warning) for warning in check(document).warnings]


@pytest.mark.parametrize("document", EVERY_TYPE, ids=lambda document: document["type"])
def test_every_published_type_loads_as_its_class(document):
    config = load(document)
    assert type(config) is TYPES[document["type"]]
    assert config.name == document["name"]
    assert warnings_of(document) == []


@pytest.mark.parametrize("document", EVERY_TYPE, ids=lambda document: document["type"])
def test_a_name_is_optional(document):
    assert load(without(document, "name")).name is None


@pytest.mark.parametrize("metric", METRICS)
def test_every_published_metric_loads(metric):
    assert load(SIMILARITY | {"evaluation_metric": metric}).evaluation_metric == metric


@pytest.mark.parametrize(
    "content",
    [
        "text",
        {"type": "input_text", "text": "text"},
        {"type": "output_text", "text": "text"},
        {"type": "input_image", "image_url": "{{item.url}}"},
        {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "low"},
        {"type": "input_audio", "input_audio": {"data": "{{item.sound}}", "format": "wav"}},
        [],
        ["text", {"type": "input_text", "text": "text"}, {"type": "input_image", "image_url": "u"}],
        {"type": "input_text", "text": "text", "prompt_cache_breakpoint": {"mode": "explicit"}},
    ],
)
def test_every_form_of_a_messages_content_loads(content):
    assert check(prompt(content)).problems == []


@pytest.mark.parametrize("role", ["user", "assistant", "system", "developer"])
def test_every_role_loads(role):
    assert load(SCORE | {"input": [{"role": role, "content": "x", "type": "message"}]}).input[0].role == role


@pytest.mark.parametrize("document", EVERY_TYPE, ids=lambda document: document["type"])
def test_a_config_cannot_be_changed(document):
    with pytest.raises(ValidationError, match="frozen"):
        load(document).name = "other"


def test_a_message_and_the_sampling_parameters_cannot_be_changed():
    config = load(sampling(seed=1))
    with pytest.raises(ValidationError, match="frozen"):
        config.input[0].role = "system"
    with pytest.raises(ValidationError, match="frozen"):
        config.sampling_params.seed = 2


def test_loading_leaves_the_document_as_it_was():
    graders = {"a": dict(STRING), "b": dict(SIMILARITY)}
    document = MULTI | {"graders": graders}
    load(document)
    assert document == MULTI
    assert document["graders"] is graders


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (STRING | {"invalid_grade": 0}, ["$.invalid_grade: unknown field, kept but not used"]),
        (STRING | {"a key": 1}, ['$["a key"]: unknown field, kept but not used']),
        (
            SIMILARITY | {"pass_treshold": 1},
            ["$.pass_treshold: unknown field, kept but not used (did you mean 'pass_threshold'?)"],
        ),
        (
            MULTI | {"graders": {"a": STRING | {"pass_threshold": 1}}, "calculate_output": "a"},
            ["$.graders.a.pass_threshold: unknown field, kept but not used"],
        ),
        (
            sampling(temprature=1),
            ["$.sampling_params.temprature: unknown field, kept but not used (did you mean 'temperature'?)"],
        ),
        (
            SCORE | {"input": [{"role": "user", "content": "x", "more": 1}]},
            ["$.input[0].more: unknown field, kept but not used"],
        ),
        (
            prompt(["x", {"type": "input_image", "image_url": "u", "detial": "low"}]),
            ["$.input[0].content[1].detial: unknown field, kept but not used (did you mean 'detail'?)"],
        ),
    ],
)
def test_an_unknown_field_is_kept_and_warned_about(document, expected):
    checked = check(document)
    assert (checked.problems, [str(warning) for warning in checked.warnings]) == ([], expected)


def test_a_key_named_type_may_hold_a_grader():
    config = load(MULTI | {"graders": {"type": STRING, "name": STRING}, "calculate_output": "type"})
    assert list(config.graders) == ["type", "name"]


def test_the_spelling_without_the_first_s_is_the_same_field():
    config = load(sampling(max_completion_tokens=7))
    assert config.sampling_params.max_completions_tokens == 7
    assert warnings_of(sampling(max_completion_tokens=7)) == []


class OwnGrader(StringCheckGrader):
    type: str


def test_a_wider_vocabulary_knows_more_types_and_metrics():
    vocabulary = Vocabulary({**TYPES, "own": OwnGrader}, (*METRICS, "own_metric"))
    own = STRING | {"type": "own"}
    measured = SIMILARITY | {"evaluation_metric": "own_metric"}
    multi = MULTI | {"graders": {"a": own, "b": measured}}
    assert type(load(own, vocabulary=vocabulary)) is OwnGrader
    assert type(load(multi, vocabulary=vocabulary).graders["a"]) is OwnGrader
    assert problems_of(own)[0].startswith("$.type: expected one of")
    assert problems_of(measured)[0].startswith("$.evaluation_metric: expected one of")
