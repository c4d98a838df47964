"""Spans, where the program has OpenTelemetry configured: of a run, and of each call to a judge."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from graders import evaluate, load_grader
from graders.judges import JudgeReply

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

class Half:
    identity = "half"
    def ask(self, request):
        if "bad" in request.messages[0]["content"]:
            return JudgeReply.failed("request_refused", "the secret of the row")
        return JudgeReply('{"steps": [], "result": 0.5}', model="m-1", usage={"prompt_tokens": 7})

document = {"type": "score_model", "name": "s", "model": "m",
            "input": [{"role": "user", "content": "{{sample.output_text}}"}]}
rows = [{"item": {}, "sample": text} for text in ("good", "bad")]
evaluate(load_grader(document, judge=Half()), rows, out=sys.argv[1])
print(json.dumps([[span.name, dict(span.attributes)] for span in exporter.get_finished_spans()]))
"""


def test_a_run_and_its_calls_are_spans_that_hold_nothing_of_the_rows(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "out"], capture_output=True, text=True, check=True
    )
    *calls, (name, run) = json.loads(done.stdout)
    assert (name, run["graders.grader"], run["graders.rows"], run["graders.failed"]) == (
        "graders.run",
        "s",
        2,
        1,
    )
    assert run["graders.mean"] == 0.5
    told = {attributes.get("error.type"): attributes for _, attributes in calls}
    assert [name for name, _ in calls] == ["graders.judge"] * 2
    assert told[None]["gen_ai.usage.input_tokens"] == 7
    assert told[None]["gen_ai.response.model"] == "m-1"
    assert told["request_refused"]["gen_ai.request.model"] == "m"
    assert "secret" not in done.stdout


def test_who_does_not_trace_loads_nothing(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom graders import evaluate, load_grader\n"
        "evaluate(load_grader('template:exact_match'), 'template:exact_match', out=sys.argv[1])\n"
        "print('opentelemetry' in sys.modules)"
    )
    words = [sys.executable, "-c", program, tmp_path / "out"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "False\n"
