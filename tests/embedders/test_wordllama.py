"""The embedder `wordllama`: offline, small in memory, and WordLlama's own vectors."""

import importlib.util
import json
import logging
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

from graders.compile import compile_document
from graders.embedders.wordllama import WordLlamaEmbedder
from graders.errors import ConfigError, EmbeddingError, MissingExtraError
from graders.metrics import cosine

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("wordllama") is None, reason="needs the extra embeddings"
)
COSINE = {"type": "text_similarity", "input": "a", "reference": "b", "evaluation_metric": "cosine"}


def test_it_gives_the_vectors_of_wordllama():
    embedder = WordLlamaEmbedder()
    texts = ["Paris", "The capital of France is Paris.", "巴黎 🙂", "\n", "word " * 300]
    actual = embedder.embed(texts)
    theirs = embedder._model
    theirs.tokenizer.enable_padding()
    assert actual == pytest.approx(theirs.embed(texts), abs=1e-5)


def test_meaning_counts():
    def similarity(one, other):
        return cosine([one], [other], embed=WordLlamaEmbedder().embed).item()

    assert similarity("I love dogs", "puppies are adorable") > similarity("I love dogs", "tax law") + 0.1


def test_its_identity_names_model_dimension_and_version():
    assert WordLlamaEmbedder().identity == f"wordllama:l2_supercat:256:{version('wordllama')}"


def test_it_touches_no_network_no_home_and_no_logging(tmp_path):
    program = (
        "import json, logging, socket, os\n"
        "def refuse(*_, **__): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from graders.embedders.wordllama import WordLlamaEmbedder\n"
        "vectors = WordLlamaEmbedder().embed(['a'])\n"
        "print(json.dumps([vectors.shape, logging.root.handlers, logging.root.level, os.listdir('.')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[1, 256], [], logging.WARNING, []]
    assert done.stderr == ""


def test_a_very_long_text_beside_others_takes_little_memory():
    vectors = WordLlamaEmbedder().embed(["short"] * 100 + ["long words " * 50_000])
    assert np.isfinite(vectors).all()


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'local-graders\[embeddings\]'"):
        compile_document(COSINE, embedder="wordllama")


def test_a_package_that_is_not_whole_is_an_embedding_error(monkeypatch):
    import wordllama

    def broken(*_, **__):
        raise FileNotFoundError("no weights")

    monkeypatch.setattr(wordllama.WordLlama, "load", broken)
    with pytest.raises(EmbeddingError, match=r"^wordllama cannot be loaded: FileNotFoundError: no weights$"):
        WordLlamaEmbedder().embed(["a"])


@pytest.mark.parametrize("words", ["wordllama:big", "wordllama@http://h/v1"])
def test_it_has_no_model_and_no_address(words):
    with pytest.raises(ConfigError, match="expected wordllama, without a model or an address"):
        compile_document(COSINE, embedder=words)
