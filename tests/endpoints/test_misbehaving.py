"""The misbehaving endpoint as a program: it serves in a process of its own, and tells what came."""

import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import orjson

from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge


def test_it_serves_as_a_program(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    program = Path(__file__).parent / "misbehaving.py"
    options = ["--port", "0", "--latency", "0.001", "--fault-rate", "0.5", "--faults", "500,refusal"]
    with subprocess.Popen([sys.executable, program, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            judge = OpenAIJudge(None, url)
            replies = [judge.ask(JudgeRequest("m", (), {}, seed=number)) for number in range(40)]
            judge.close()
            with urlopen(url.replace("/v1", "/stats")) as answer:
                stats = orjson.loads(answer.read())
        finally:
            process.terminate()
    assert stats["n"] == 40
    assert stats["given"]["500"] == sum(reply.failure is not None for reply in replies) > 0
    assert stats["given"]["refusal"] == sum(reply.refusal is not None for reply in replies) > 0
