"""A whole run against the loop that people write: json, jinja2 and the reference libraries, row by row."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jinja2
import rapidfuzz
from rouge_score.rouge_scorer import RougeScorer

from benchmarks.measure import Ratio, interleaved
from graders import evaluate, load_grader

GRADER = {
    "type": "multi",
    "name": "mixed",
    "graders": {
        "equal": {
            "type": "string_check",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "operation": "eq",
        },
        "rouge": {
            "type": "text_similarity",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "evaluation_metric": "rouge_l",
        },
        "fuzzy": {
            "type": "text_similarity",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "evaluation_metric": "fuzzy_match",
        },
    },
    "calculate_output": "0.4 * equal + 0.3 * rouge + 0.3 * fuzzy",
}
ROWS = 20_000


def naive(data: Path, out: Path) -> None:
    """Grade row by row."""
    hypothesis, reference = jinja2.Template("{{sample.output_text}}"), jinja2.Template("{{item.answer}}")
    scorer = RougeScorer(["rougeL"])
    with data.open() as lines, out.open("w") as results:
        for line in lines:
            row = json.loads(line)
            sample = {"output_text": row["sample"]}
            text, wanted = hypothesis.render(sample=sample), reference.render(item=row["item"])
            rouge = scorer.score(wanted, text)["rougeL"].fmeasure
            fuzzy = rapidfuzz.fuzz.ratio(text, wanted) / 100
            total = 0.4 * (text == wanted) + 0.3 * rouge + 0.3 * fuzzy
            results.write(json.dumps({**row, "reward": total}) + "\n")


def ratios() -> Iterator[Ratio]:
    """Grade 20,000 short rows both ways, reading and writing files."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.jsonl"
        with data.open("w") as file:
            for n in range(ROWS):
                row = {
                    "item": {"answer": f"the capital number {n} of the land"},
                    "sample": f"capital {n} of a land",
                }
                file.write(json.dumps(row) + "\n")
        grader = load_grader(GRADER)
        ratio = interleaved(
            lambda: evaluate(grader, data, out=Path(folder) / "run", overwrite=True),
            lambda: naive(data, Path(folder) / "naive.jsonl"),
            rounds=3,
        )
        yield Ratio("naive loop / graders run (eq, rouge_l, fuzzy, formula)", ratio, None)
