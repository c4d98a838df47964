"""What a wheel must do in an environment that holds it, its dependencies and nothing else.

`tools/dist.py` asks it of every Python that there is, the suite of its own.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

COSINE = {
    "type": "text_similarity",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "cosine",
}
JUDGED = ("run", "template:tone_label", "template:tone_label", "--judge", "openai:any@http://127.0.0.1:9")
RESULTS = "from graders import Results; Results.open('out')"

# What needs an extra: words for `graders`, or a program.
NEEDS: Mapping[str, Sequence[str] | str] = {
    "embeddings": ("run", "cosine.json", "template:contains", "--embedder", "wordllama"),
    "frames": f"{RESULTS}.to_pandas()",
    "models": JUDGED,
    "parquet": ("run", "template:contains", "rows.parquet"),
    "postgres": ("serve", "--port", "0", "--database", "postgresql://localhost/graders"),
    "promptfoo": ("from-promptfoo", "promptfoo.yaml", "-o", "converted"),
    "ray": "from graders.integrations.ray import score; score(None, 'template:contains')",
    "sandbox": ("run", "template:countdown", "template:countdown"),
    "server": ("serve", "--port", "0"),
    "verifiers": "from graders.integrations.verifiers import rubric; rubric('template:contains')",
}
AFTER = {"postgres": "server"}  # who lacks the second is told of it first
# Those of developers, what `graders bench` leaves out where it is absent, and TRL: nothing of it is loaded.
NO_FEATURE = {"bench", "dev", "docs", "mutation", "trl"}

METRICS = """
from graders.metrics import METRICS
text = ["The cat sat on the mat.\\nIt was 5% wet."]
names = [metric.name for metric in METRICS.values() if not metric.needs_embedder]
print({name: float(METRICS[name].function(text, text)[0]) for name in names})
"""
PYTHON = """
from graders import evaluate, load_grader
grader = load_grader("template:contains")
print(grader.grade({"answer": "Paris"}, "It is Paris.").reward)
print(evaluate(grader, "template:contains", out="python").summary.rows)
"""


def run(python: Path, folder: Path, words: Sequence[str] | str) -> subprocess.CompletedProcess[str]:
    """Run `graders` with words, or a program, in an environment, where no other program is to be found."""
    command = [python, "-c", words] if isinstance(words, str) else [python.parent / "graders", *words]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GRADERS", "PYTHON"))
    }
    environment |= {"PATH": str(python.parent), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def prints(python: Path, folder: Path, words: Sequence[str] | str) -> str:
    """Give what a command prints that must succeed."""
    done = run(python, folder, words)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def try_minimal(python: Path, folder: Path) -> None:
    """Try what needs no extra: help, the ready-made graders, a run, the Python API, every metric."""
    assert "templates" in prints(python, folder, ["--help"])
    assert "gsm8k" in prints(python, folder, ["templates", "list"])
    graded = prints(python, folder, ["run", "template:gsm8k", "template:gsm8k", "--limit", "50", "-o", "out"])
    assert "50 rows, 50 scored" in graded, graded
    assert prints(python, folder, PYTHON).split()[0] == "1.0"
    assert "'meteor': 0.99" in prints(python, folder, METRICS)


def try_extra(python: Path, folder: Path, extra: str) -> str:
    """Give the one sentence that names a missing extra; `try_minimal` has been tried in the folder."""
    (folder / "cosine.json").write_text(json.dumps(COSINE))
    (folder / "promptfoo.yaml").write_text("prompts: [hello]\n")
    (folder / "rows.parquet").write_bytes(b"PAR1")
    done = run(python, folder, NEEDS[extra])
    lines = done.stderr.strip().splitlines()
    sentence = lines[-1] if lines else ""
    wanted = f"pip install 'local-graders[{extra}]'"
    assert done.returncode == 1, f"{extra}: exit code {done.returncode}: {done.stderr}"
    assert wanted in sentence, f"{extra}: {done.stderr}"
    assert isinstance(NEEDS[extra], str) or len(lines) == 1, f"{extra}: {done.stderr}"  # no traceback
    return sentence
