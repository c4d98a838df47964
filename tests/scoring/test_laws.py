"""What holds for every grader type that can be computed, on rows that hypothesis makes up."""

import copy
import json
import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graders import Options, load_grader
from graders.batch import Batch
from graders.errors import Code, Failure
from graders.judges.scripted import ScriptedJudge

TEMPLATES = {"input": "{{sample.output_text}}", "reference": "{{item.a}}"}


def string_check(operation, **fields):
    return {"type": "string_check", "operation": operation, **TEMPLATES, **fields}


def text_similarity(metric, **fields):
    return {"type": "text_similarity", "evaluation_metric": metric, **TEMPLATES, **fields}


def multi(formula, **graders):
    return {"type": "multi", "graders": graders, "calculate_output": formula}


NESTED = multi(
    "(exact + alike) / (2 * deep) - other",
    exact=string_check("eq"),
    alike=text_similarity("fuzzy_match"),
    deep=string_check("like", input="{{sample.output_json.k}}", reference="v"),
    other=text_similarity("rouge_1", reference="{{item.b.c}} and {{item}}"),
)
SEVERAL = {
    "first": string_check("like"),
    "second": text_similarity("gleu", pass_threshold=0.5),
    "third": NESTED,
}
JUDGED = {
    "model": "any",
    "input": [{"role": "user", "content": ["{{sample.output_text}}", "{{item.a}}"]}],
}
SCORED = {"type": "score_model", "range": [0, 3], **JUDGED}
LABELLED = {"type": "label_model", "labels": ["v", "w"], "passing_labels": ["v"], **JUDGED}
BOTH_MODES = {
    "score_model": SCORED,
    "multi of judged": multi("number * label", number=SCORED, label=LABELLED),
    "string_check": string_check("eq"),
    "multi": NESTED,
    "several": SEVERAL,
    "several with thresholds": {"first": string_check("like"), "second": string_check("ne")},
}
DOCUMENTS = {
    "ilike": string_check("ilike"),
    "constant": string_check("eq", input="x", reference="x"),
    "label_model": LABELLED,
    **{name: text_similarity(name) for name in ("fuzzy_match", "bleu", "rouge_l")},
    "multi of a constant": multi("0.5", a=string_check("eq")),
}


def answer(request):
    """Judge by the length of the first text, and refuse, mumble or break off at some."""
    first, second = (block["text"] for block in request.messages[0]["content"])
    if first == "{":
        return {"refusal": "no"}
    if "enum" in request.response_schema["schema"]["properties"]["result"]:
        return {"steps": [], "result": second[:1]}
    usage = {"prompt_tokens": len(first)}
    return {"text": json.dumps({"steps": [], "result": len(first)}) if first else "", "usage": usage}


JUDGE = ScriptedJudge(answer)
GRADERS = {
    **{name: load_grader(document, judge=JUDGE) for name, document in (BOTH_MODES | DOCUMENTS).items()},
    **{
        f"{name} zero": load_grader(each, judge=JUDGE, options=Options(on_error="zero"))
        for name, each in BOTH_MODES.items()
    },
}
WORDS = st.sampled_from(
    ["", "v", "V", "the cat sat on the mat", "The cat", '{"k": "v"}', "{", "日本", "\ud800"]
)
ITEMS = st.fixed_dictionaries(
    {}, optional={"a": WORDS | st.none() | st.integers(0, 2), "b": st.fixed_dictionaries({"c": WORDS})}
)
MESSAGES = st.fixed_dictionaries({"role": st.just("assistant")}, optional={"content": WORDS | st.none()})
SAMPLES = st.one_of(
    WORDS,
    st.none(),
    st.fixed_dictionaries({"output_text": WORDS}),
    st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries({"message": MESSAGES}), max_size=1)}),
)
UNREADABLE = Failure("malformed_json", "line 7")
ROWS = st.lists(st.tuples(ITEMS, SAMPLES) | st.just(UNREADABLE), max_size=6)


def batch_of(rows):
    readable = [(None, None) if row is UNREADABLE else row for row in rows]
    failures = {index: row for index, row in enumerate(rows) if row is UNREADABLE}
    return Batch([item for item, _ in readable], [sample for _, sample in readable], failures)


def grades_of(grader, rows):
    return list(grader.grades(grader.score_batch(batch_of(rows))))


def everything(scores):
    """Give a grader's scores and those of all its parts, at any depth."""
    yield scores
    for part in scores.parts.values():
        yield from everything(part)


@given(rows=ROWS, data=st.data())
def test_permuting_rows_permutes_grades(rows, data):
    order = data.draw(st.permutations(range(len(rows))))
    for grader in GRADERS.values():
        grades = grades_of(grader, rows)
        assert grades_of(grader, [rows[index] for index in order]) == [grades[index] for index in order]


@given(rows=ROWS, data=st.data())
def test_grading_two_halves_equals_grading_the_whole(rows, data):
    middle = data.draw(st.integers(0, len(rows)))
    for grader in GRADERS.values():
        halves = grades_of(grader, rows[:middle]) + grades_of(grader, rows[middle:])
        assert halves == grades_of(grader, rows)


@given(rows=ROWS)
def test_a_row_has_no_score_if_and_only_if_it_has_a_code(rows):
    for grader in GRADERS.values():
        for scores in everything(grader.score_batch(batch_of(rows))):
            assert scores.values.shape == scores.error_codes.shape == (len(rows),)
            assert (scores.values.dtype, scores.error_codes.dtype) == (np.float64, np.uint8)
            assert np.isnan(scores.values).tolist() == (scores.error_codes != 0).tolist()
            assert not np.isinf(scores.values).any()


@given(rows=ROWS)
def test_every_failed_row_says_why_and_no_other_row_does(rows):
    for grader in GRADERS.values():
        scores = grader.score_batch(batch_of(rows))
        failed = scores.failed_rows()
        for index, row in enumerate(rows):
            errors = list(scores.row_errors(index))
            assert bool(errors) == bool(failed[index])
            assert len(set(errors)) == len(errors)
            assert (row is UNREADABLE) == any(error.code == Code.row_parse_error for error in errors)
            if row is UNREADABLE:
                assert len(errors) == 1


@given(rows=ROWS)
def test_an_unpickled_grader_grades_the_same(rows):
    for grader in GRADERS.values():
        again = pickle.loads(pickle.dumps(grader))
        assert grades_of(again, rows) == grades_of(grader, rows)


@given(rows=ROWS)
def test_grading_leaves_the_rows_as_they_were(rows):
    before = copy.deepcopy(rows)
    for grader in GRADERS.values():
        grader.score_batch(batch_of(rows))
        assert rows == before


@given(row=st.tuples(ITEMS, SAMPLES))
def test_one_row_is_graded_as_a_batch_of_one(row):
    item, sample = row
    for grader in GRADERS.values():
        assert [grader.grade(item, sample)] == grades_of(grader, [row])


@given(rows=ROWS)
def test_scores_survive_pickling(rows):
    for grader in GRADERS.values():
        scores = grader.score_batch(batch_of(rows))
        again = pickle.loads(pickle.dumps(scores))
        assert list(grader.grades(again)) == list(grader.grades(scores))
