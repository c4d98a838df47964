"""10,000 rows with a judge behind a server of 5 ms latency, of which 5 % of the answers are faults.

What could be had is concurrency / latency, with the latency of a call that is made alone, without faults: the
server's 5 ms, what its timers add, and what the client computes. One judge is lean, a connection of the
standard library; the other is the official client.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graders import Asking, Limits, evaluate, load_grader
from graders.analysis.measure import Ratio
from graders.judges import Judge, JudgeReply, JudgeRequest
from graders.judges.openai import OpenAIJudge

ROWS, LATENCY, FAULTS = 10_000, 0.005, 0.05
_SERVER = Path(__file__).parent.parent / "tests" / "endpoints" / "misbehaving.py"
_DOCUMENT = {
    "type": "score_model",
    "name": "score",
    "model": "m",
    "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}],
}


def ratios() -> Iterator[Ratio]:
    """Grade the rows with one call at a time, and with several."""
    for name, make in {"lean": _Lean, "openai": partial(OpenAIJudge, "m")}.items():
        with _server(0.0) as url:
            alone = _seconds_a_call(make(url))
        for concurrency in (1, 2, 4, 8):
            with _server(FAULTS) as url:
                rate = _rows_a_second(make(url), concurrency)
            subject = f"judge {name}: rows/s / ({concurrency} / {1000 * alone:.1f} ms)"
            note = f"{rate:.0f} rows/s"
            yield Ratio(subject, rate / (concurrency / alone), 0.8, note=note)


class _Lean:
    """Asks by a connection of its own for each thread."""

    def __init__(self, url: str) -> None:
        self.identity, self._url = f"lean at {url}", urlsplit(url)
        self._kept = threading.local()

    def ask(self, request: JudgeRequest) -> JudgeReply:
        try:
            status, headers, body = self._post({"model": request.model, "messages": request.messages})
            if status != 200:
                wait = headers.get("Retry-After")
                failed = JudgeReply.failed("rate_limited" if status == 429 else "server_error", str(status))
                return JudgeReply(failure=failed.failure, retry_after=wait and float(wait))
            return JudgeReply(json.loads(body)["choices"][0]["message"]["content"])
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._kept.connection.close()
            return JudgeReply.failed("no_answer", repr(error))

    def _post(self, body: dict[str, Any]) -> tuple[int, Any, bytes]:
        connection = getattr(self._kept, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port)
            self._kept.connection = connection
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"{self._url.path}/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@contextmanager
def _server(fault_rate: float) -> Iterator[str]:
    words = [sys.executable, str(_SERVER), "--latency", str(LATENCY), "--fault-rate", str(fault_rate)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def _rows_a_second(judge: Judge, concurrency: int) -> float:
    grader = load_grader(_DOCUMENT, judge=judge, asking=Asking(Limits(concurrency=concurrency)))
    rows = [{"item": {}, "sample": f"answer {number}"} for number in range(ROWS)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        results = evaluate(grader, rows, out=Path(folder) / "run")
        seconds = time.perf_counter() - started
        if results.summary.scored != ROWS:
            raise RuntimeError(f"only {results.summary.scored} of {ROWS} rows were scored")
    return ROWS / seconds


def _seconds_a_call(judge: Judge) -> float:
    requests = [
        JudgeRequest("m", ({"role": "user", "content": f"Rate {number}"},), {}) for number in range(500)
    ]
    judge.ask(requests[0])
    started = time.perf_counter()
    for request in requests[1:]:
        judge.ask(request)
    return (time.perf_counter() - started) / (len(requests) - 1)
