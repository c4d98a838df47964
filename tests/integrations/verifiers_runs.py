"""Scores with a real verifiers on this machine, for `test_verifiers.py`, which reads what this prints.

python verifiers_runs.py task|rubric
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWERS = {"France": "Paris", "Spain": "Lisbon", "Kenya": "Nairobi"}
ROWS = [
    {"question": "Capital of France?", "answer": "Paris", "info": {"weight": "half"}},
    {"question": "Capital of Spain?", "answer": "Madrid", "info": {"weight": "half"}},
    {"question": "Capital of Kenya?", "answer": "Nairobi", "info": {"weight": "none"}},
]
DOCUMENT = {
    "type": "multi",
    "name": "capital",
    "graders": {
        "exact": {
            "type": "string_check",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "operation": "eq",
        },
        "half": {
            "type": "string_check",
            "input": "{{item.info.weight}}",
            "reference": "half",
            "operation": "eq",
        },
    },
    "calculate_output": "exact * 0.5 / half",
}
"""A row without weight cannot be graded."""


class Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible model over loopback that knows three capitals."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = json.dumps(asked["messages"])
        said = next(answer for country, answer in ANSWERS.items() if country in text)
        message = {"role": "assistant", "content": said}
        body = json.dumps({
            "id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()


def by_rubric() -> dict[str, Any]:
    """Let an environment of the first stack ask the model and score what it says."""
    import verifiers as vf
    from datasets import Dataset
    from verifiers.types import ClientConfig

    from graders.integrations.verifiers import rubric

    os.environ["NO_KEY"] = "none"
    env = vf.SingleTurnEnv(dataset=Dataset.from_list(ROWS), rubric=rubric(DOCUMENT, weight=3.0))
    with serving() as url:
        client = ClientConfig(api_key_var="NO_KEY", api_base_url=url, max_retries=0)
        found = asyncio.run(env.evaluate(client, "some-model", num_examples=3, rollouts_per_example=2))
    return {each["prompt"][-1]["content"]: [each["reward"], each["metrics"]] for each in found["outputs"]}


def by_task() -> dict[str, Any]:
    """Let tasks of the second stack score traces."""
    import verifiers.v1 as vf
    from verifiers.v1.graph import MessageNode

    from graders.integrations.verifiers import reward

    class CapitalData(vf.TaskData):
        answer: str
        info: dict[str, Any]

    class Capital(vf.Task[CapitalData]):
        capital = reward(DOCUMENT, weight=3.0)

    async def scored(row: dict[str, Any]) -> dict[str, Any]:
        data = CapitalData(prompt=row["question"], answer=row["answer"], info=row["info"])
        said = next(answer for country, answer in ANSWERS.items() if country in row["question"])
        question = MessageNode(message=vf.types.UserMessage(content=row["question"]))
        answer = MessageNode(parent=0, message=vf.AssistantMessage(content=said), sampled=True)
        trace = vf.Trace(
            task=vf.TraceTask(type="Capital", data=data),
            agent=vf.AgentInfo(config=vf.AgentConfig()),
            nodes=[question, answer],
        )
        error = ""
        try:
            await Capital(data).score(trace)
        except vf.TaskError as raised:
            error = str(raised)
        rewards = {name: each and [each.score, each.weight] for name, each in trace.rewards.items()}
        return {"rewards": rewards, "metrics": trace.metrics, "error": error}

    return {row["question"]: asyncio.run(scored(row)) for row in ROWS}


if __name__ == "__main__":
    print(json.dumps({"task": by_task, "rubric": by_rubric}[sys.argv[1]]()))
