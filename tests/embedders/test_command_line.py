"""cosine from the command line with an endpoint: scored, cached, and silent about the key."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.cli import app

COSINE = {
    "type": "text_similarity",
    "name": "near",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "cosine",
    "pass_threshold": 0.5,
}
ROWS = [
    {"item": {"answer": "Paris"}, "sample": "Paris"},
    {"item": {"answer": "Paris"}, "sample": "It is Paris"},
    {"item": {"answer": "Paris"}, "sample": ""},
]


@pytest.fixture
def graders(tmp_path, monkeypatch, api):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRADERS_EMBEDDINGS_URL", api.url)
    monkeypatch.setenv("GRADERS_EMBEDDINGS_MODEL", "small")
    Path("grader.json").write_text(json.dumps(COSINE))
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))

    def run(*options):
        words = ["run", "grader.json", "rows.jsonl", *options]
        return CliRunner().invoke(app, words, catch_exceptions=False)

    return run


def rewards(out):
    return [json.loads(line)["reward"] for line in Path(out, "results.jsonl").read_text().splitlines()]


def told(folder, done):
    """Everything that a run has left behind or printed."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"".join([*files, done.output.encode()])


def test_the_endpoint_of_the_environment_embeds_each_text_once(graders, api, texts):
    done = graders("-o", "one")
    identity = f"openai:small@{api.url}"
    assert (done.exit_code, texts()) == (0, ["Paris", "It is Paris"])
    assert done.stderr == (
        f"note: embedded by {identity}; scores and thresholds do not carry over to other embedders\n"
    )
    assert (rewards("one")[0], rewards("one")[2]) == (1.0, 0.0)
    graders("-o", "two")
    assert len(texts()) == 2
    assert rewards("one") == rewards("two")
    about = json.loads(Path("one/run.json").read_text())
    assert about["embedder"] == {"identity": identity}
    assert about["metrics"]["cosine"].endswith(f"|embedder:{identity}")


def test_another_model_is_another_embedder(graders, api, monkeypatch):
    graders("-o", "one")
    graders("-o", "two", "--embedder", f"openai:large@{api.url}")
    assert [body["model"] for body in api.bodies] == ["small", "large"]


@pytest.mark.parametrize("fault", [None, "400", "401", "404", "no base64"])
def test_the_key_stands_nowhere(graders, api, tmp_path, misbehaving, fault):
    api.always = fault
    done = graders("-o", "out")
    assert done.exit_code == (3 if fault else 0)
    assert api.received[0].headers["authorization"] == f"Bearer {misbehaving.CANARY}"
    left = told(tmp_path, done)
    assert (b"canary" in left, b"small" in left) == (False, True)


def test_a_failed_row_says_why_and_is_no_zero(graders, api):
    api.always = "404"
    graders("-o", "out")
    rows = [json.loads(line) for line in Path("out/results.jsonl").read_text().splitlines()]
    assert [row["reward"] for row in rows] == [None] * 3
    (error,) = rows[0]["errors"]
    assert (error["code"], error["reason"]) == ("embedding_error", "embedding_failed")
    assert error["detail"] == (
        "cosine failed: EmbeddingError: the endpoint refuses the request (HTTP 404): "
        "the model does not exist Bearer [key]"
    )
