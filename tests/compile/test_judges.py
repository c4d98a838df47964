"""Who judges and who embeds: named by words or given as objects, needed by some documents only."""

import pickle
import sys

import numpy as np
import pytest

from graders import load_grader, registry
from graders.compile import check_document, compile_document
from graders.errors import ConfigError, GradersError
from graders.judges import JudgeReply
from graders.judges.scripted import ScriptedJudge
from graders.registry import Registry, default_registry

TEXT = "{{sample.output_text}}"
MATCH = {"type": "string_check", "input": TEXT, "reference": "x", "operation": "eq"}
SCORE = {"type": "score_model", "model": "gpt-4o", "input": [{"role": "user", "content": TEXT}]}
LABEL = SCORE | {"type": "label_model", "labels": ["a", "b"], "passing_labels": ["a"]}
COSINE = {
    "type": "text_similarity",
    "input": TEXT,
    "reference": "{{item.a}}",
    "evaluation_metric": "cosine",
}
VERDICT = '{"steps": [], "result": 0.5}'


class Half:
    identity = "half"

    def ask(self, request):
        return JudgeReply(VERDICT, model=request.model)


class Letters:
    """Embeds a text as its counts of a, b and c."""

    identity = "letters"

    def __init__(self):
        self.calls = []

    def embed(self, texts):
        self.calls.append(list(texts))
        return np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)


def multi(**graders):
    return {"type": "multi", "name": "m", "graders": graders, "calculate_output": " + ".join(graders)}


@pytest.fixture
def brings(monkeypatch):
    """Make a registry that finds a judge and an embedder of others: `other`."""

    def make(thing):
        class Point:
            name, value, group, dist = "other", "somewhere:thing", "graders.other", None

            def load(self):
                return thing

        class Points:
            def select(self, group):
                return [Point()] if group in ("graders.judges", "graders.embedders") else []

        monkeypatch.setattr(registry, "entry_points", Points)
        return Registry()

    return make


def test_a_document_that_asks_a_model_says_that_it_needs_a_judge():
    for document in (SCORE, LABEL):
        with pytest.raises(ConfigError) as caught:
            load_grader(document)
        assert str(caught.value) == (
            f"$.model: a {document['type']} grader asks a model: "
            "name a judge, --judge NAME[:MODEL][@BASE_URL] (in Python: judge=)"
        )


def test_every_grader_that_needs_what_is_not_there_is_a_problem(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(ConfigError) as caught:
        load_grader(multi(exact=MATCH, one=SCORE, two=LABEL, three=COSINE))
    assert [problem.path for problem in caught.value.problems] == [
        *("$.graders.one.model", "$.graders.two.model", "$.graders.three.evaluation_metric")
    ]


def test_checking_a_document_needs_neither():
    for document in (SCORE, LABEL, COSINE, multi(a=SCORE, b=COSINE)):
        assert check_document(document, default_registry()).problems == ()


def test_a_judge_is_given_as_an_object():
    grader = load_grader(SCORE, judge=Half())
    assert grader.grade({}, "x").reward == 0.5
    assert grader.judge == {"identity": "half", "model": None, "models": {}}


def test_a_judge_is_named_by_words(tmp_path):
    (tmp_path / "replies.jsonl").write_text(f"{VERDICT}\n")
    grader = load_grader(SCORE, judge=f"scripted:{tmp_path / 'replies.jsonl'}")
    assert grader.grade({}, "x").reward == 0.5
    assert grader.judge["identity"].startswith("scripted:")


def test_a_judge_that_nobody_asks_is_not_recorded():
    grader = load_grader(MATCH, judge=Half(), embedder=Letters())
    assert (grader.judge, grader.embedder) == (None, None)


def test_one_judge_answers_for_every_part_and_for_several_graders():
    assert load_grader(multi(one=SCORE, two=SCORE), judge=Half()).grade({}, "x").reward == 1.0
    several = load_grader({"one": SCORE, "two": SCORE | {"model": "m"}}, judge=Half())
    assert several.judge == {"identity": "half", "model": None, "models": {}}
    assert [trace["model"] for trace in several.grade({}, "x").traces] == ["gpt-4o", "m"]


def test_a_judge_of_others_is_made_of_model_and_address(brings):
    def make(model, base_url):
        judge = Half()
        judge.model, judge.identity = model, f"{model} at {base_url}"
        return judge

    grader = compile_document(SCORE, judge="other:m:8b@http://h/v1", registry=brings(make))
    assert grader.judge == {"identity": "m:8b at http://h/v1", "model": "m:8b", "models": {}}
    (trace,) = grader.grade({}, "x").traces
    assert trace["model"] == "m:8b"


def test_a_class_of_others_is_made_by_its_from_spec(brings):
    class Made(Half):
        @classmethod
        def from_spec(cls, model, base_url):
            made = cls()
            made.identity = f"{model}, {base_url}"
            return made

    grader = compile_document(SCORE, judge="other", registry=brings(Made))
    assert grader.judge["identity"] == "None, None"


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ("", "judge: expected NAME[:MODEL][@BASE_URL]; got ''"),
        (
            "scriptd:x",
            "judge: expected one of scripted, replay, openai, responses, azure; "
            "got 'scriptd' (did you mean 'scripted'?) "
            "(NAME[:MODEL][@BASE_URL], where BASE_URL begins with http:// or https://)",
        ),
        ("scripted", "judge: expected scripted:FILE, a file of JSON lines"),
        ("scripted:none.jsonl", "none.jsonl: cannot be read: No such file or directory"),
        (7, "judge: expected ask and identity; got int"),
        (Letters(), "judge: expected ask and identity; got Letters"),
        (type("Nameless", (), {"ask": print})(), "judge: expected ask and identity; got Nameless"),
    ],
)
def test_a_judge_that_cannot_be_had_is_a_problem_also_where_nobody_asks_it(judge, message):
    for document in (SCORE, MATCH):
        with pytest.raises(ConfigError) as caught:
            compile_document(document, judge=judge, registry=Registry(plugins=False))
        assert str(caught.value) == message


def test_judge_and_embedder_are_named_wrongly_at_once():
    with pytest.raises(ConfigError) as caught:
        compile_document(MATCH, judge="", embedder="x", registry=Registry(plugins=False))
    assert [problem.path for problem in caught.value.problems] == ["judge", "embedder"]
    assert caught.value.problems[1].message.startswith(
        "expected one of openai, wordllama, lexical; got 'x' ("
    )


def test_what_the_code_of_others_raises_is_a_problem(brings):
    def broken(model, base_url):
        raise OSError("no key")

    class Unready(Half):
        @property
        def identity(self):
            raise RuntimeError("not yet")

    with pytest.raises(ConfigError, match=r"^judge: cannot be made: OSError: no key$"):
        compile_document(SCORE, judge="other", registry=brings(broken))
    with pytest.raises(ConfigError, match=r"^judge: cannot be made: RuntimeError: not yet$"):
        compile_document(SCORE, judge=Unready())


def test_errors_of_ours_come_as_they_are(brings):
    def needs_key(model, base_url):
        raise GradersError("no key: set OTHER_KEY")

    with pytest.raises(GradersError, match=r"^no key: set OTHER_KEY$"):
        compile_document(SCORE, judge="other", registry=brings(needs_key))


@pytest.mark.parametrize(("name", "value"), [("model", 1), ("concurrency", 0), ("concurrency", "8")])
def test_a_judge_whose_wishes_cannot_be_met_is_a_problem(name, value):
    judge = Half()
    setattr(judge, name, value)
    with pytest.raises(ConfigError, match=r"^judge: expected model, a text, and concurrency, a number"):
        compile_document(SCORE, judge=judge)


def always_half(request):
    return VERDICT


def test_a_grader_with_a_judge_survives_pickling():
    grader = load_grader(multi(one=SCORE, two=COSINE), judge=ScriptedJudge(always_half), embedder=Letters())
    again = pickle.loads(pickle.dumps(grader))
    assert again.grade({"a": "ab"}, "ab") == grader.grade({"a": "ab"}, "ab")
    assert again.judge == grader.judge


def test_cosine_compares_what_the_embedder_gives():
    embedder = Letters()
    grader = load_grader(COSINE, embedder=embedder)
    scores = grader.score([{"a": "ab"}, {"a": "b"}, {"a": ""}, {"a": "ab"}, {}], ["ab", "a", "a", "", "x"])
    assert scores.values[:4] == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=1e-12)
    assert embedder.calls == [["ab", "a", "b"]]
    assert grader.embedder == {"identity": "letters"}
    assert grader.signatures["cosine"].endswith("|embedder:letters")


def test_an_embedder_is_named_by_words(brings):
    grader = compile_document(COSINE, embedder="other", registry=brings(lambda *_: Letters()))
    assert grader.grade({"a": "ba"}, "ab").reward == pytest.approx(1.0)


def test_an_embedder_that_fails_on_a_text_fails_its_rows_only():
    class Picky(Letters):
        def embed(self, texts):
            if "bad" in texts:
                raise ConnectionError("gone")
            return super().embed(texts)

    scores = load_grader(COSINE, embedder=Picky()).score([{"a": "a"}] * 3, ["a", "bad", "b"])
    assert scores.values[[0, 2]].tolist() == [1.0, 0.0]
    (error,) = scores.row_errors(1)
    assert (error.code.name, error.reason) == ("embedding_error", "embedding_failed")
    assert error.detail == "cosine failed: ConnectionError: gone"


def test_vectors_that_are_none_fail_the_row():
    class Nothing(Letters):
        def embed(self, texts):
            return np.full((len(texts), 2), np.nan, np.float32)

    (error,) = load_grader(COSINE, embedder=Nothing()).score([{"a": "a"}], ["b"]).row_errors(0)
    assert error.reason == "embedding_failed"


def test_an_embedder_is_not_asked_by_other_metrics():
    embedder = Letters()
    document = COSINE | {"evaluation_metric": "fuzzy_match"}
    assert load_grader(document, embedder=embedder).grade({"a": "ab"}, "ab").reward == 1.0
    assert embedder.calls == []
