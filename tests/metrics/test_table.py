"""The table of metrics as its users see it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import pytest

import graders.metrics
from graders.metrics import METRICS


def run_fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_table_holds_the_eleven_published_metrics():
    assert set(METRICS) == {
        *("cosine", "fuzzy_match", "bleu", "gleu", "meteor"),
        *("rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"),
    }


def test_every_metric_is_exported_under_its_name():
    assert {name for name in METRICS if getattr(graders.metrics, name) is METRICS[name].function} == set(
        METRICS
    )
    assert set(graders.metrics.__all__) == {
        *("METRICS", "Metric", "Variant", "dropped_text", "score_family"),
        *METRICS,
    }


def test_the_table_is_read_only():
    with pytest.raises(TypeError):
        METRICS["bleu"] = METRICS["gleu"]


def test_cosine_alone_says_that_it_needs_an_embedder():
    assert [name for name, metric in METRICS.items() if metric.needs_embedder] == ["cosine"]


def test_a_signature_names_everything_that_a_score_depends_on():
    nltk = version("nltk")
    assert {name: metric.signature for name, metric in METRICS.items() if "rouge" not in name} == {
        "fuzzy_match": f"fuzzy_match|scorer:ratio|processor:none|rapidfuzz:{version('rapidfuzz')}",
        "bleu": "bleu|tok:hosted-nltk3.9.1|smooth:method4|orders:4",
        "gleu": "gleu|tok:hosted-nltk3.9.1|orders:4",
        "meteor": "meteor|tok:hosted-nltk3.9.1|stemmer:porter|wordnet:3.0|alpha:0.9|beta:3|gamma:0.5"
        f"|nltk:{nltk}",
        "cosine": "cosine|clip:0..1|empty:1-both,0-one",
    }
    rouge = "tok:ascii-alnum|stemmer:none|score:f1"
    assert METRICS["rouge_l"].signature == f"rouge_l|{rouge}"
    assert METRICS["rouge_3"].signature == f"rouge_3|{rouge}"


def test_importing_the_metrics_loads_no_reference_library_but_rapidfuzz():
    heavy = ("nltk", "rouge_score", "sacrebleu", "scipy", "sqlite3", "pandas", "regex")
    code = f"import sys, graders.metrics; print([name for name in {heavy!r} if name in sys.modules])"
    assert run_fresh(code) == "[]\n"


def test_a_fuzzy_match_loads_no_further_library():
    code = "import sys; from graders.metrics import fuzzy_match; fuzzy_match(['a'], ['b']); "
    assert run_fresh(code + "print('nltk' in sys.modules)") == "False\n"


def test_threads_that_start_together_get_the_scores_of_one_thread():
    code = """if True:
        from concurrent.futures import ThreadPoolExecutor
        from graders.metrics import meteor
        pair = ["The big car is fast. Yes."], ["The large auto was quick.\\\\n"]
        with ThreadPoolExecutor(8) as pool:
            scores = set(pool.map(lambda _: meteor(*pair).item(), range(16)))
        print(scores == {meteor(*pair).item()}, scores != {0.0})
    """
    assert run_fresh(code) == "True True\n"


def test_nothing_is_read_from_nltk_data(tmp_path):
    code = """if True:
        import nltk
        nltk.data.path[:] = []
        from graders.metrics import METRICS
        for metric in METRICS.values():
            if not metric.needs_embedder:
                print(metric.function(["The car.", "a\\\\nb"], ["The auto.", "a b"]).shape)
    """
    assert run_fresh(code) == "(2,)\n" * 10


def test_warnings_of_the_libraries_do_not_reach_the_user(recwarn):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(METRICS["bleu"].function, ["a b c d", "", "x"], ["e f g h", "", "y"]).result()
    assert not list(recwarn)
