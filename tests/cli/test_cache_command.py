"""`graders cache`, and the options that name a cache."""

import json
import os
from pathlib import Path

import pytest

from graders.cache import Cache
from graders.embedders.lexical import LexicalEmbedder

COSINE = {
    "type": "text_similarity",
    "name": "near",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "cosine",
    "pass_threshold": 0.5,
}
NOTE = "note: embedded by lexical:1:1024; scores and thresholds do not carry over to other embedders\n"


@pytest.fixture(autouse=True)
def usual(folder, monkeypatch):
    """The user's cache, in the folder; and `cosine.json`."""
    Path("cosine.json").write_text(json.dumps(COSINE))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "home"))
    return Cache(folder / "home" / "graders")


@pytest.fixture
def asked(monkeypatch):
    """The texts that the embedder `lexical` was asked for."""
    texts, embed = [], LexicalEmbedder.embed

    def listening(self, asked_for):
        texts.extend(asked_for)
        return embed(self, asked_for)

    monkeypatch.setattr(LexicalEmbedder, "embed", listening)
    return texts


def run(graders, out, *options):
    return graders("run", "cosine.json", "rows.jsonl", "--embedder", "lexical", "-o", out, *options)


def test_a_cosine_grader_runs_and_says_who_embedded(graders):
    done = run(graders, "out", "--json")
    assert (done.exit_code, done.stderr) == (0, NOTE)
    first, second = (json.loads(line) for line in Path("out/results.jsonl").read_text().splitlines())
    assert (first["reward"], first["passed"]) == (1.0, True)
    assert 0 <= second["reward"] < 0.5
    about = json.loads(Path("out/run.json").read_text())
    assert about["embedder"] == {"identity": "lexical:1:1024"}
    assert about["metrics"] == {"cosine": "cosine|clip:0..1|empty:1-both,0-one|embedder:lexical:1:1024"}


def test_one_row_says_who_embedded_too(graders, asked):
    words = ("--item", '{"answer": "Paris"}', "--sample", "Paris", "--embedder", "lexical")
    done = graders("grade", "cosine.json", *words)
    assert (json.loads(done.stdout)["reward"], done.stderr) == (1.0, NOTE)
    graders("grade", "cosine.json", *words)
    graders("grade", "cosine.json", *words, "--no-cache")
    assert asked == ["Paris", "Paris"]


def test_other_graders_say_nothing_of_embedders_and_make_no_cache(graders, usual):
    assert graders("run", "grader.json", "rows.jsonl", "--embedder", "lexical").stderr == ""
    assert not usual.path.exists()


def test_a_run_does_not_go_on_with_another_embedder(graders):
    run(graders, "out")
    done = graders("run", "cosine.json", "rows.jsonl", "--embedder", "wordllama", "-o", "out", "--resume")
    assert done.exit_code == 1
    assert 'embedder.identity was "lexical:1:1024" and is "wordllama:' in done.stderr


def test_every_distinct_text_is_embedded_once_over_all_runs(graders, asked):
    for out in ("one", "two"):
        run(graders, out)
    assert sorted(asked) == ["8", "Paris", "eight"]
    assert Path("one/results.jsonl").read_bytes() == Path("two/results.jsonl").read_bytes()


def test_a_cache_is_named(graders, asked, usual, folder):
    for out in ("one", "two"):
        run(graders, out, "--cache", "mine")
    assert len(asked) == 3
    assert Cache(folder / "mine").info()["embedding"].entries == 3
    assert not usual.path.exists()


def test_without_a_cache_nothing_is_read_or_kept(graders, asked, usual):
    run(graders, "one")
    for out in ("two", "three"):
        run(graders, out, "--no-cache")
    assert len(asked) == 9
    assert usual.info()["embedding"].entries == 3
    assert Path("one/results.jsonl").read_bytes() == Path("two/results.jsonl").read_bytes()


def test_without_a_cache_a_text_of_several_blocks_is_still_embedded_once(graders, asked):
    rows = ({"item": {"answer": "same"}, "sample": f"sample {number}"} for number in range(1500))
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(graders, "out", "--no-cache")
    assert (len(asked), asked.count("same")) == (1501, 1)


def test_both_options_exclude_each_other(graders):
    done = run(graders, "out", "--cache", "mine", "--no-cache")
    assert done.exit_code == 2
    assert "--cache and --no-cache exclude each other" in done.stderr


def test_a_cache_that_cannot_be_used_is_one_warning_and_the_run_goes_on(graders, folder):
    expected = run(graders, "one")
    Path("file").write_text("")
    done = run(graders, "two", "--cache", "file")
    assert (done.exit_code, expected.exit_code) == (0, 0)
    path = Path("file", "cache.sqlite")
    warning = f"warning: the cache {path}: file exists; going on without the cache\n"
    assert done.stderr == NOTE + warning
    assert Path("one/results.jsonl").read_bytes() == Path("two/results.jsonl").read_bytes()


def test_info_prints_where_and_how_much(graders, usual):
    run(graders, "out")
    done = graders("cache", "info")
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[0]) == (0, str(usual.path))
    assert ["embedding", "3", "12,288"] in [line.split() for line in lines]
    assert json.loads(graders("cache", "info", "--json").stdout) == {
        "path": str(usual.path),
        "namespaces": {
            "judge": {"entries": 0, "bytes": 0},
            "embedding": {"entries": 3, "bytes": 12288},
            "sample": {"entries": 0, "bytes": 0},
        },
    }


def test_info_and_clear_make_no_cache(graders, usual):
    assert graders("cache", "info").exit_code == graders("cache", "clear").exit_code == 0
    assert not usual.path.parent.exists()


def test_clear_forgets_a_namespace_or_everything(graders, usual):
    run(graders, "out")
    usual.put_many("judge", {b"key": b"reply"})
    done = graders("cache", "clear", "judge")
    assert done.stdout == f"1 entries removed from {usual.path}\n"
    done = graders("cache", "clear", "--json")
    assert json.loads(done.stdout) == {"path": str(usual.path), "removed": 3}
    assert all(each.entries == 0 for each in usual.info().values())


def test_the_commands_take_a_folder_too(graders, folder):
    run(graders, "out", "--cache", "mine")
    done = graders("cache", "info", "--cache", "mine", "--json")
    assert json.loads(done.stdout)["namespaces"]["embedding"]["entries"] == 3
    assert json.loads(graders("cache", "clear", "--cache", "mine", "--json").stdout)["removed"] == 3


def test_an_unknown_namespace_is_refused(graders):
    done = graders("cache", "clear", "embeddings")
    assert done.exit_code == 2
    assert "expected one of judge, embedding, sample; got 'embeddings'" in done.stderr


def test_a_damaged_cache_is_said_and_cleared(graders, usual):
    usual.path.parent.mkdir(parents=True)
    usual.path.write_bytes(os.urandom(5000))
    done = graders("cache", "info")
    assert (done.exit_code, "graders cache clear removes it" in done.stderr) == (1, True)
    assert graders("cache", "clear").exit_code == 0
    assert (graders("cache", "info").exit_code, run(graders, "out").stderr) == (0, NOTE)
