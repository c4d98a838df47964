"""Every way in which a grader document can be wrong, with the words for it."""

import pytest

from graders.config import check, load
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
MULTI = {"type": "multi", "name": "x", "graders": {"a": STRING, "b": STRING}, "calculate_output": "a * b"}

TYPE_LIST = "string_check, text_similarity, score_model, label_model, python, multi"
METRIC_LIST = "fuzzy_match, bleu, gleu, meteor, cosine, rouge_1, rouge_2, rouge_3, rouge_4, rouge_5, rouge_l"
BLOCK_LIST = "input_text, output_text, input_image, input_audio"


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


WRONG = {
    "no object": (5, ["$: expected a grader, an object; got 5"]),
    "null": (None, ["$: expected a grader, an object; got null"]),
    "an array": ([STRING], ["$: expected a grader, an object; got an array"]),
    "no type": (without(STRING, "type"), [f"$: missing field 'type', one of {TYPE_LIST}"]),
    "misspelt type": (
        STRING | {"type": "string-check"},
        [f"$.type: expected one of {TYPE_LIST}; got 'string-check' (did you mean 'string_check'?)"],
    ),
    "unknown type": (
        STRING | {"type": "endpoint"},
        [f"$.type: expected one of {TYPE_LIST}; got 'endpoint'"],
    ),
    "type is no text": (STRING | {"type": ["x"]}, [f"$.type: expected one of {TYPE_LIST}; got an array"]),
    "misspelt operation": (
        STRING | {"operation": "ilke"},
        ["$.operation: expected one of eq, ne, like, ilike; got 'ilke' (did you mean 'ilike'?)"],
    ),
    "operation in capitals": (
        STRING | {"operation": "EQ"},
        ["$.operation: expected one of eq, ne, like, ilike; got 'EQ' (did you mean 'eq'?)"],
    ),
    "operation like no other": (
        STRING | {"operation": "xyz"},
        ["$.operation: expected one of eq, ne, like, ilike; got 'xyz'"],
    ),
    "operation null": (
        STRING | {"operation": None},
        ["$.operation: expected one of eq, ne, like, ilike; got null"],
    ),
    "long operation": (
        STRING | {"operation": "x" * 1000},
        [f"$.operation: expected one of eq, ne, like, ilike; got '{'x' * 56}…"],
    ),
    "an integer of more digits than Python writes": (
        STRING | {"operation": 10**5000, "input": 10**5000},
        [
            "$.input: expected a string; got a huge integer",
            "$.operation: expected one of eq, ne, like, ilike; got a huge integer",
        ],
    ),
    "half a surrogate pair": (
        STRING | {"operation": "\ud800"},
        ["$.operation: expected a string without half a surrogate pair; got '\\ud800'"],
    ),
    "half a surrogate pair in a key": (
        STRING | {"\ud800": 1},
        ["$: expected a string without half a surrogate pair; got '\\ud800'"],
    ),
    "misspelt metric": (
        SIMILARITY | {"evaluation_metric": "rouge-l"},
        [f"$.evaluation_metric: expected one of {METRIC_LIST}; got 'rouge-l' (did you mean 'rouge_l'?)"],
    ),
    "metric is no text": (
        SIMILARITY | {"evaluation_metric": 5},
        ["$.evaluation_metric: expected a string; got 5"],
    ),
    "text is a number": (STRING | {"input": 1.5}, ["$.input: expected a string; got 1.5"]),
    "text is null": (STRING | {"reference": None}, ["$.reference: expected a string; got null"]),
    "text is a bool": (STRING | {"input": True}, ["$.input: expected a string; got true"]),
    "text is an array": (STRING | {"input": []}, ["$.input: expected a string; got an array"]),
    "name is an object": (STRING | {"name": {}}, ["$.name: expected a string; got an object"]),
    "source is null": (PYTHON | {"source": None}, ["$.source: expected a string; got null"]),
    "image_tag is a number": (PYTHON | {"image_tag": 5}, ["$.image_tag: expected a string; got 5"]),
    "bool as number": (
        SIMILARITY | {"pass_threshold": True},
        ["$.pass_threshold: expected a number; got true"],
    ),
    "text as number": (
        PYTHON | {"pass_threshold": "0.5"},
        ["$.pass_threshold: expected a number; got '0.5'"],
    ),
    "not finite": (
        MULTI | {"pass_threshold": float("nan")},
        ["$.pass_threshold: expected a finite number; got nan"],
    ),
    "beyond a float": (
        SIMILARITY | {"pass_threshold": 10**400},
        ["$.pass_threshold: expected a number that a float can hold; got a larger integer"],
    ),
    "range is a number": (SCORE | {"range": 5}, ["$.range: expected an array; got 5"]),
    "range is a tuple": (SCORE | {"range": (0, 1)}, ["$.range: expected an array; got a tuple"]),
    "range of one": (SCORE | {"range": [0]}, ["$.range: expected at least 2 entries; got 1"]),
    "range of three": (SCORE | {"range": [0, 1, 2]}, ["$.range: expected at most 2 entries; got 3"]),
    "range falls": (SCORE | {"range": [1, 0]}, ["$.range: expected the lower number first; got [1, 0]"]),
    "range is empty": (
        SCORE | {"range": [1, 1.0]},
        ["$.range: expected the lower number first; got [1, 1.0]"],
    ),
    "range of no numbers": (
        SCORE | {"range": [True, "1"]},
        ["$.range[0]: expected a number; got true", "$.range[1]: expected a number; got '1'"],
    ),
    "range is infinite": (
        SCORE | {"range": [0, float("inf")]},
        ["$.range[1]: expected a finite number; got inf"],
    ),
    "input is text": (SCORE | {"input": "x"}, ["$.input: expected an array; got 'x'"]),
    "message is text": (SCORE | {"input": ["x"]}, ["$.input[0]: expected an object; got 'x'"]),
    "empty message": (SCORE | {"input": [{}]}, ["$.input[0]: missing field 'role', missing field 'content'"]),
    "unknown role": (
        SCORE | {"input": [*MESSAGES, {"role": "usr", "content": "x"}]},
        [
            "$.input[1].role: expected one of user, assistant, system, developer; got 'usr'"
            " (did you mean 'user'?)"
        ],
    ),
    "content is a number": (
        prompt(5),
        ["$.input[0].content: expected a string, an object or an array; got 5"],
    ),
    "content is null": (
        prompt(None),
        ["$.input[0].content: expected a string, an object or an array; got null"],
    ),
    "array in an array": (
        prompt([[]]),
        ["$.input[0].content[0]: expected a string or an object; got an array"],
    ),
    "unknown block": (
        prompt([{"type": "text", "text": "x"}]),
        [f"$.input[0].content[0]: expected one of {BLOCK_LIST}; got 'text'"],
    ),
    "block without type": (
        prompt({"text": "x"}),
        ["$.input[0].content: expected an object with a type; got an object"],
    ),
    "block without text": (prompt({"type": "input_text"}), ["$.input[0].content: missing field 'text'"]),
    "text of a block": (
        prompt({"type": "input_text", "text": 5}),
        ["$.input[0].content.text: expected a string; got 5"],
    ),
    "blocks of an array": (
        prompt(["x", 5, {"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}]),
        [
            "$.input[0].content[1]: expected a string or an object; got 5",
            "$.input[0].content[2].input_audio.format: expected one of mp3, wav; got 'ogg'",
        ],
    ),
    "detail": (
        prompt({"type": "input_image", "image_url": "u", "detail": "highest"}),
        ["$.input[0].content.detail: expected one of low, high, auto; got 'highest' (did you mean 'high'?)"],
    ),
    "sampling_params": (
        SCORE | {"sampling_params": []},
        ["$.sampling_params: expected an object; got an array"],
    ),
    "seed": (sampling(seed=1.5), ["$.sampling_params.seed: expected an integer; got 1.5"]),
    "temperature": (
        sampling(temperature=True),
        ["$.sampling_params.temperature: expected a number; got true"],
    ),
    "max tokens": (
        sampling(max_completions_tokens=0),
        ["$.sampling_params.max_completions_tokens: expected at least 1; got 0"],
    ),
    "reasoning_effort": (
        sampling(reasoning_effort="lowest"),
        [
            "$.sampling_params.reasoning_effort: expected one of none, minimal, low, medium, high, xhigh,"
            " max; got 'lowest' (did you mean 'low'?)"
        ],
    ),
    "no labels": (
        LABEL | {"labels": [], "passing_labels": []},
        ["$.labels: expected at least 1 entries; got 0"],
    ),
    "labels twice": (
        LABEL | {"labels": ["good", "bad", "good"]},
        ["$.labels: expected each label once; got 'good' more than once"],
    ),
    "labels are numbers": (LABEL | {"labels": [1]}, ["$.labels[0]: expected a string; got 1"]),
    "passing labels not offered": (
        LABEL | {"passing_labels": ["fine", "good", "ok"]},
        ["$.passing_labels: expected some of the labels 'good', 'bad'; got 'fine', 'ok'"],
    ),
    "passing labels twice": (
        LABEL | {"passing_labels": ["good", "good"]},
        ["$.passing_labels: expected each label once; got 'good' more than once"],
    ),
    "passing labels null": (
        LABEL | {"passing_labels": None},
        ["$.passing_labels: expected an array; got null"],
    ),
    "nested multi": (
        MULTI | {"graders": {"a": STRING, "b": MULTI}},
        ["$.graders.b.type: a multi grader cannot hold a multi grader"],
    ),
    "list of graders": (
        MULTI | {"graders": [STRING]},
        ["$.graders: expected an object that maps names to graders; got an array"],
    ),
    "one grader": (
        MULTI | {"graders": STRING},
        ["$.graders: expected an object that maps names to graders; got one grader"],
    ),
    "graders is text": (
        MULTI | {"graders": "a"},
        ["$.graders: expected an object that maps names to graders; got 'a'"],
    ),
    "graders is null": (MULTI | {"graders": None}, ["$.graders: expected an object; got null"]),
    "empty graders": (MULTI | {"graders": {}}, ["$.graders: expected at least 1 entries; got 0"]),
    "grader is no object": (
        MULTI | {"graders": {"type": "a", "b c": 5}},
        [
            "$.graders.type: expected a grader, an object; got 'a'",
            '$.graders["b c"]: expected a grader, an object; got 5',
        ],
    ),
    "grader is wrong": (
        MULTI | {"graders": {"a": STRING | {"operation": "x"}, "b": without(STRING, "input")}},
        [
            "$.graders.a.operation: expected one of eq, ne, like, ilike; got 'x'",
            "$.graders.b: missing field 'input'",
        ],
    ),
    "formula is a number": (
        MULTI | {"calculate_output": 5},
        ["$.calculate_output: expected a string; got 5"],
    ),
    "empty multi": ({"type": "multi"}, ["$: missing field 'graders', missing field 'calculate_output'"]),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named_with_its_place(document, expected):
    assert problems_of(document) == expected


MISTAKEN_WORDS = {
    "contains": "$.operation: expected one of eq, ne, like, ilike; got 'contains' (did you mean 'like'?)",
    "icontains": "$.operation: expected one of eq, ne, like, ilike; got 'icontains' (did you mean 'ilike'?)",
    "neq": "$.operation: expected one of eq, ne, like, ilike; got 'neq' (did you mean 'ne'?)",
    "equals": "$.operation: expected one of eq, ne, like, ilike; got 'equals' (did you mean 'eq'?)",
    "starts_with": "$.operation: expected one of eq, ne, like, ilike; got 'starts_with'"
    " (string_check has no patterns; a python grader can test this)",
    "regex": "$.operation: expected one of eq, ne, like, ilike; got 'regex'"
    " (string_check has no patterns; a python grader can test this)",
}


@pytest.mark.parametrize(("word", "expected"), MISTAKEN_WORDS.items())
def test_a_common_mistake_for_an_operation_is_told_the_right_word(word, expected):
    assert problems_of(STRING | {"operation": word}) == [expected]


@pytest.mark.parametrize(
    ("document", "wrong", "right"),
    [
        (SCORE, "prompt", "input"),
        (SCORE, "messages", "input"),
        (PYTHON, "script", "source"),
        (PYTHON, "code", "source"),
        (MULTI, "formula", "calculate_output"),
        (SIMILARITY, "metric", "evaluation_metric"),
        (STRING, "expected", "reference"),
        (STRING, "refrence", "reference"),
        (PYTHON, "sorce", "source"),
    ],
)
def test_a_missing_field_under_another_name_is_recognised(document, wrong, right):
    mistaken = without(document, right) | {wrong: document[right]}
    assert problems_of(mistaken) == [f"$: missing field '{right}' (found '{wrong}')"]
    assert warnings_of(mistaken) == [f"$.{wrong}: unknown field, kept but not used (did you mean '{right}'?)"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "user", "contents": "x"}, "$.input[0]: missing field 'content' (found 'contents')"),
        (
            {"role": "user", "content": {"type": "input_image", "image": "u"}},
            "$.input[0].content: missing field 'image_url' (found 'image')",
        ),
        ({"role": "user", "content": {"type": "input_text"}}, "$.input[0].content: missing field 'text'"),
    ],
)
def test_another_name_for_a_missing_field_is_looked_for_beside_it_alone(message, expected):
    assert problems_of(SCORE | {"input": [message], "texts": 1}) == [expected]


def test_all_problems_come_at_once():
    document = {
        "type": "multi",
        "name": 5,
        "graders": {
            "one": {"type": "string_check", "operation": "contains"},
            "two": LABEL | {"passing_labels": ["x"], "model": None},
            "three": {"type": "python"},
            "four": [],
        },
        "formula": "one",
        "pass_threshold": False,
    }
    assert problems_of(document) == [
        "$.name: expected a string; got 5",
        "$: missing field 'calculate_output' (found 'formula')",
        "$.pass_threshold: expected a number; got false",
        "$.graders.one: missing field 'input', missing field 'reference'",
        "$.graders.one.operation: expected one of eq, ne, like, ilike; got 'contains' (did you mean 'like'?)",
        "$.graders.two.model: expected a string; got null",
        "$.graders.two.passing_labels: expected some of the labels 'good', 'bad'; got 'x'",
        "$.graders.three: missing field 'source'",
        "$.graders.four: expected a grader, an object; got an array",
    ]


def test_the_message_of_the_error_is_its_problems_line_by_line():
    with pytest.raises(ConfigError) as caught:
        load(STRING | {"input": 1, "name": 2})
    assert str(caught.value) == "$.name: expected a string; got 2\n$.input: expected a string; got 1"


def test_a_document_with_a_key_that_is_no_text_is_refused():
    assert problems_of(STRING | {1: 2}) == ["$[1]: expected a key that is a string; got 1"]
    assert problems_of(MULTI | {"graders": {1: STRING}})[0] == "$.graders[1]: expected a string; got 1"
    for key, place in ((None, "null"), (1.5, "1.5"), ((1, "a"), '[1, "a"]'), (b"x", "\"b'x'\"")):
        problems = problems_of(MULTI | {"graders": {key: {"type": "x"}}})
        assert f"$.graders[{place}].type: expected one of {TYPE_LIST}; got 'x'" in problems


@pytest.mark.parametrize(
    ("graders", "came"), [(1, "1"), (True, "true"), (3.5, "3.5"), ("x", "'x'"), ([], "an array")]
)
def test_whatever_stands_in_the_place_of_the_map_of_graders_is_named(graders, came):
    problems = check({"type": "multi", "graders": graders, "calculate_output": "a"}).problems
    expected = f"$.graders: expected an object that maps names to graders; got {came}"
    assert [str(problem) for problem in problems] == [expected]
