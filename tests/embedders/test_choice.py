"""Which embedder embeds where nobody named one."""

import importlib.util
import sys

import pytest

from graders import load_grader
from graders.errors import ConfigError, MissingExtraError

COSINE = {"type": "text_similarity", "input": "a", "reference": "b", "evaluation_metric": "cosine"}
FUZZY = COSINE | {"evaluation_metric": "fuzzy_match"}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("GRADERS_EMBEDDINGS_URL", "GRADERS_EMBEDDINGS_MODEL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_one_that_is_named_goes_before_all_others(monkeypatch):
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", "http://h/v1")
    assert load_grader(COSINE, embedder="lexical").embedder == {"identity": "lexical:1:1024"}


def test_the_endpoint_of_the_environment_comes_next(monkeypatch):
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", "http://h/v1")
    assert load_grader(COSINE).embedder == {"identity": "openai:text-embedding-3-large@http://h/v1"}
    monkeypatch.setenv("GRADERS_EMBEDDINGS_MODEL", "m")
    grader = load_grader(COSINE)
    assert grader.embedder == {"identity": "openai:m@http://h/v1"}
    assert grader.signatures["cosine"].endswith("|embedder:openai:m@http://h/v1")


def test_then_wordllama():
    if importlib.util.find_spec("wordllama") is None:
        pytest.skip("needs the extra embeddings")
    assert load_grader(COSINE).embedder["identity"].startswith("wordllama:")


def test_without_any_the_error_names_all_three_and_never_takes_lexical(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(ConfigError) as caught:
        load_grader(COSINE)
    assert str(caught.value) == (
        "$.evaluation_metric: 'cosine' compares embeddings and needs an embedder: name one, "
        "--embedder NAME[:MODEL][@BASE_URL] (in Python: embedder=); "
        "set GRADERS_EMBEDDINGS_URL to the address of a /v1/embeddings (and GRADERS_EMBEDDINGS_MODEL to its "
        "model), or install wordllama: pip install 'local-graders[embeddings]'"
    )


def test_an_address_that_is_none_is_a_problem_of_the_variable(monkeypatch):
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", "localhost:8000")
    with pytest.raises(ConfigError, match=r"^GRADERS_EMBEDDINGS_URL: expected an address such as"):
        load_grader(COSINE)


def test_an_endpoint_without_its_client_does_not_become_another_embedder(monkeypatch):
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", "http://h/v1")
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match="models"):
        load_grader(COSINE)


def test_a_document_that_needs_none_looks_at_none(monkeypatch):
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", "nonsense")
    assert load_grader(FUZZY).embedder is None
