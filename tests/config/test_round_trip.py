"""Loading and dumping lose nothing: `load(dump(c)) == c`, and what is dumped is what was sent."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.config import check, dump, load
from graders.config.graders import METRICS
from graders.errors import ConfigError

TEXTS = st.text(max_size=8)
WORDS = st.text(alphabet="abc_ .-", min_size=1, max_size=5)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda below: st.lists(below, max_size=2) | st.dictionaries(TEXTS, below, max_size=2),
    max_leaves=4,
)
EXTRAS = st.dictionaries(WORDS.map("x-{}".format), ANYTHING, max_size=2)


def objects(required, optional=None):
    """Make documents with every required field, some optional ones, null or not, and unknown ones."""
    optional = {name: st.none() | values for name, values in (optional or {}).items()}
    known = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda document, extras: document | extras, known, EXTRAS)


BREAKPOINTS = objects({"mode": st.just("explicit")}, {"ttl": st.sampled_from(["30m", "12h"])})
BLOCKS = st.one_of(
    objects({"type": st.just("input_text"), "text": TEXTS}, {"prompt_cache_breakpoint": BREAKPOINTS}),
    objects({"type": st.just("output_text"), "text": TEXTS}),
    objects(
        {"type": st.just("input_image"), "image_url": TEXTS},
        {"detail": st.sampled_from(["low", "high", "auto"])},
    ),
    objects(
        {
            "type": st.just("input_audio"),
            "input_audio": objects({"data": TEXTS, "format": st.sampled_from(["mp3", "wav"])}),
        }
    ),
)
MESSAGES = st.lists(
    objects(
        {
            "role": st.sampled_from(["user", "assistant", "system", "developer"]),
            "content": TEXTS | BLOCKS | st.lists(TEXTS | BLOCKS, max_size=3),
        },
        {"type": st.just("message")},
    ),
    max_size=3,
)
EFFORTS = st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
SAMPLING = objects(
    {},
    {
        "seed": st.integers(),
        "temperature": NUMBERS,
        "top_p": NUMBERS,
        "max_completions_tokens": st.integers(min_value=1),
        "reasoning_effort": EFFORTS,
    },
)
RANGES = st.tuples(NUMBERS, NUMBERS).filter(lambda ends: ends[0] < ends[1]).map(list)
THRESHOLD = {"pass_threshold": NUMBERS}
NAME = {"name": TEXTS}
JUDGED = {"model": TEXTS, "input": MESSAGES}

LABELS = st.lists(TEXTS, min_size=1, max_size=4, unique=True)
SIMPLE = {
    "string_check": objects(
        {
            "type": st.just("string_check"),
            "input": TEXTS,
            "reference": TEXTS,
            "operation": st.sampled_from(["eq", "ne", "like", "ilike"]),
        },
        NAME,
    ),
    "text_similarity": objects(
        {
            "type": st.just("text_similarity"),
            "input": TEXTS,
            "reference": TEXTS,
            "evaluation_metric": st.sampled_from(METRICS),
        },
        NAME | THRESHOLD,
    ),
    "score_model": objects(
        {"type": st.just("score_model"), **JUDGED},
        NAME | THRESHOLD | {"range": RANGES, "sampling_params": SAMPLING},
    ),
    "label_model": LABELS.flatmap(
        lambda labels: objects(
            {
                "type": st.just("label_model"),
                **JUDGED,
                "labels": st.just(labels),
                "passing_labels": st.lists(st.sampled_from(labels), unique=True),
            },
            NAME | {"sampling_params": SAMPLING},
        )
    ),
    "python": objects({"type": st.just("python"), "source": TEXTS}, NAME | THRESHOLD | {"image_tag": TEXTS}),
}
MULTI = objects(
    {
        "type": st.just("multi"),
        "graders": st.dictionaries(
            TEXTS | st.just("type"), st.one_of(*SIMPLE.values()), min_size=1, max_size=3
        ),
        "calculate_output": TEXTS,
    },
    NAME | THRESHOLD,
)
DOCUMENTS = {**SIMPLE, "multi": MULTI}
EVERY_TYPE = pytest.mark.parametrize("name", DOCUMENTS)


@EVERY_TYPE
@given(data=st.data())
def test_a_dumped_config_loads_as_itself(name, data):
    config = load(data.draw(DOCUMENTS[name]))
    assert load(dump(config)) == config


@EVERY_TYPE
@given(data=st.data())
def test_a_document_is_dumped_as_it_was_sent(name, data):
    document = data.draw(DOCUMENTS[name])
    expected = json.dumps(document, sort_keys=True)  # the text tells 1 from 1.0 and from true
    assert json.dumps(dump(load(document)), sort_keys=True) == expected


@EVERY_TYPE
@given(data=st.data())
def test_a_config_survives_pickling(name, data):
    config = load(data.draw(DOCUMENTS[name]))
    assert pickle.loads(pickle.dumps(config)) == config


@given(document=ANYTHING | st.dictionaries(st.sampled_from(["type", "graders", "input"]), ANYTHING))
def test_whatever_is_no_grader_is_refused_with_problems(document):
    with pytest.raises(ConfigError) as caught:
        load(document)
    assert all(problem.path.startswith("$") and problem.message for problem in caught.value.problems)


FIELDS = [
    "type",
    "name",
    "input",
    "reference",
    "operation",
    "evaluation_metric",
    "pass_threshold",
    "model",
    "range",
    "sampling_params",
    "labels",
    "passing_labels",
    "source",
    "image_tag",
    "graders",
    "calculate_output",
]


@EVERY_TYPE
@given(data=st.data(), field=st.sampled_from(FIELDS), value=ANYTHING)
def test_a_document_with_any_value_in_any_field_loads_or_is_refused_with_problems(name, data, field, value):
    document = data.draw(DOCUMENTS[name]) | {field: value}
    checked = check(document)
    assert (checked.config is None) == bool(checked.problems)


def test_known_fields_keep_the_order_of_their_type_and_unknown_ones_follow():
    document = {
        "calculate_output": "a",
        "invalid_grade": 0.0,
        "graders": {"a": {"operation": "eq", "reference": "b", "input": "a", "type": "string_check"}},
        "type": "multi",
    }
    assert list(dump(load(document))) == ["type", "graders", "calculate_output", "invalid_grade"]


def test_an_explicit_null_is_echoed_and_an_absent_field_stays_absent():
    document = {"type": "python", "source": "", "name": None, "image_tag": None}
    assert dump(load(document)) == document


def test_the_singular_spelling_is_echoed_in_the_plural():
    document = {
        "type": "score_model",
        "model": "m",
        "input": [],
        "sampling_params": {"max_completion_tokens": 5},
    }
    assert dump(load(document))["sampling_params"] == {"max_completions_tokens": 5}


def test_of_both_spellings_the_plural_counts_and_both_are_echoed():
    both = {"max_completion_tokens": 5, "max_completions_tokens": 7}
    checked = check({"type": "score_model", "model": "m", "input": [], "sampling_params": both})
    assert checked.config.sampling_params.max_completions_tokens == 7
    assert dump(checked.config)["sampling_params"] == both
    assert [warning.path for warning in checked.warnings] == ["$.sampling_params.max_completion_tokens"]
