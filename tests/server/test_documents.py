"""Grader documents that a machine makes up, sound and broken ones: a grade or an error, never a fault."""

import json
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graders.server.answered import Error, Grade

pytestmark = pytest.mark.one_database("what is graded for whoever asks is not stored")

RUN, VALIDATE = "/v1/fine_tuning/alpha/graders/run", "/v1/fine_tuning/alpha/graders/validate"
EXAMPLES = settings().max_examples
METRICS = ("fuzzy_match", "bleu", "gleu", "meteor", *(f"rouge_{n}" for n in "12345l"))
PATHS = (
    "item.a", "item.b.c", "item.b.c[0]", "item.list[1].a", "sample.output_text", "sample.output_json.a",
    "sample.choices[0].message.content", "sample.output_tools", "sample.model", " item.a ",
)  # fmt: skip
NEARLY = (
    "{{",
    "}}",
    "{",
    "{{item..a}}",
    "{{item.a[-1]}}",
    "{{foo}}",
    "{{foo.bar}}",
    "{{ }}",
    "{{item}}",
    "{{{",
)
SOURCES = ("def grade(sample, item):\n    return 1.0\n", "def grade(", "", "x" * 300_000, "\x00", "grade = 1")

anything = st.characters(exclude_categories=())  # lone surrogates and control characters among them
texts = st.text(anything, max_size=30)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400) | st.just(-0.0)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)
known_items = st.fixed_dictionaries(
    {}, optional={"a": values, "b": st.fixed_dictionaries({"c": values}) | values, "list": values}
)
items = known_items | st.dictionaries(texts, values, max_size=4)
samples = texts | values.map(json.dumps) | st.fixed_dictionaries({"a": values}).map(json.dumps)

places = st.sampled_from(PATHS).map(lambda path: "{{" + path + "}}")
plain = texts.filter(lambda text: not re.search("[{}]", text))
templates = st.lists(places | plain, max_size=4).map("".join)
broken_templates = st.lists(places | texts | st.sampled_from(NEARLY), max_size=5).map("".join)
names = st.none() | st.text(anything, min_size=1, max_size=20)
thresholds = st.none() | st.integers(-3, 3) | st.floats(-1, 2)


def named(kind, **fields):
    return st.fixed_dictionaries({"type": st.just(kind), **fields}, optional={"name": names})


pair = {"input": templates, "reference": templates}
checks = named("string_check", **pair, operation=st.sampled_from(["eq", "ne", "like", "ilike"]))
similarities = named(
    "text_similarity", **pair, evaluation_metric=st.sampled_from(METRICS), pass_threshold=thresholds
)
leaves = checks | similarities


@st.composite
def formulas(draw, keys):
    """Make a formula over the keys of graders."""
    atoms = st.sampled_from(keys) | st.sampled_from(["0", "1", "2.5", "1e3", "1e308"])
    inner = st.recursive(
        atoms,
        lambda below: (
            st.tuples(below, st.sampled_from("+-*/^"), below).map(lambda it: f"({' '.join(it)})")
            | st.tuples(st.sampled_from(["abs", "floor", "ceil", "exp", "sqrt", "log"]), below).map(
                "{0[0]}({0[1]})".format
            )
            | st.tuples(st.sampled_from(["min", "max"]), below, below).map("{0[0]}({0[1]}, {0[2]})".format)
            | below.map("-{}".format)
        ),
        max_leaves=8,
    )
    return draw(inner)


@st.composite
def multis(draw):
    """Make a combination of several graders."""
    keys = draw(
        st.lists(st.sampled_from(["a", "b", "type", "min", "_x9"]), min_size=1, max_size=3, unique=True)
    )
    parts = {key: draw(leaves) for key in keys}
    return {"type": "multi", "name": "m", "graders": parts, "calculate_output": draw(formulas(keys))}


sound = leaves | multis()
judged = named(
    "score_model",
    model=plain,
    input=st.lists(
        st.fixed_dictionaries({"role": st.just("user"), "content": templates}), min_size=1, max_size=2
    ),
)


@st.composite
def broken(draw):
    """Make a grader, and spoil it somewhere."""
    document = draw(sound | judged | named("python", source=st.sampled_from(SOURCES)))
    spoilt = json.loads(json.dumps(document))
    part = spoilt
    if spoilt["type"] == "multi" and draw(st.booleans()):
        part = spoilt["graders"][draw(st.sampled_from(sorted(spoilt["graders"])))]
    for _ in range(draw(st.integers(1, 3))):
        key = draw(st.sampled_from([*sorted(part), "graders", "calculate_output", "labels", "range"]))
        change = draw(st.sampled_from(["remove", "replace", "template", "text", "rename"]))
        if change == "remove":
            part.pop(key, None)
        elif change == "rename":
            part[draw(texts)] = part.pop(key, None)
        else:
            part[key] = draw({"replace": values, "template": broken_templates, "text": texts}[change])
    return spoilt


def is_envelope(answer):
    return Error.model_validate(answer.body).error.type == "invalid_request_error"


@given(document=sound, sample=samples, item=items)
@example(
    document={"type": "string_check", "input": "{{item.a}}", "reference": "\ud800", "operation": "eq"},
    sample="\x00\ud800", item={"a": "\ud800"},
)  # fmt: skip
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_every_sound_document_is_valid_and_gets_a_grade(server, document, sample, item):
    body = {"grader": document, "model_sample": sample, "item": item}
    shown = server.ask("POST", VALIDATE, {"grader": document})
    assert shown.status == 200, shown.raw
    assert shown.body["grader"] == {**document, "name": shown.body["grader"]["name"]}
    answer = server.ask("POST", RUN, body)
    assert answer.status == 200, answer.raw
    grade = Grade.model_validate(answer.body)
    assert set(grade.sub_rewards) == set(document.get("graders", ()))
    if document["type"] != "multi":
        assert 0.0 <= grade.reward <= 1.0
    assert grade.reward == 0.0 or not any(answer.body["metadata"]["errors"].values()) or grade.sub_rewards


@given(document=broken(), sample=samples | values, item=items | values)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_a_broken_document_is_an_error_in_the_envelope_or_gets_a_grade(server, document, sample, item):
    for path in (RUN, VALIDATE):
        answer = server.ask("POST", path, {"grader": document, "model_sample": sample, "item": item})
        assert answer.status in (200, 400), answer.raw
        assert answer.status == 200 or is_envelope(answer)
        if answer.status == 200 and path == RUN:
            Grade.model_validate(answer.body)


@given(document=judged, sample=samples)
@settings(max_examples=EXAMPLES // 10)
def test_a_judged_document_is_valid_and_not_graded_without_a_judge(server, document, sample):
    assert server.ask("POST", VALIDATE, {"grader": document}).status == 200
    answer = server.ask("POST", RUN, {"grader": document, "model_sample": sample, "item": {}})
    assert answer.status == 400
    assert is_envelope(answer)
