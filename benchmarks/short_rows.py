"""Short rows, and the grader that whole runs are measured with."""

import json
import random
from pathlib import Path

SAMPLE, ANSWER = "{{sample.output_text}}", "{{item.answer}}"


def _similarity(metric: str) -> dict[str, str]:
    return {"type": "text_similarity", "input": SAMPLE, "reference": ANSWER, "evaluation_metric": metric}


GRADER = {
    "type": "multi",
    "name": "mixed",
    "graders": {
        "equal": {"type": "string_check", "input": SAMPLE, "reference": ANSWER, "operation": "eq"},
        "rouge": _similarity("rouge_l"),
        "bleu": _similarity("bleu"),
    },
    "calculate_output": "0.4 * equal + 0.3 * rouge + 0.3 * bleu",
}

_WORDS = (
    *("the", "a", "of", "in", "is", "was", "capital", "city", "land", "number", "river", "large", "small"),
    *("north", "south", "bank", "old", "new", "under", "over", "with", "year"),
)


def write_rows(path: Path, rows: int) -> None:
    """Write rows of 5 to 12 words, the last of which no other row has; a fifth of the samples is exact.

    Rows that begin a file are the same, however many follow.
    """
    chance = random.Random(1950)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            answer = [*chance.choices(_WORDS, k=chance.randint(4, 11)), str(number)]
            sample = answer if chance.random() < 0.2 else _corrupted(answer, chance)
            row = {"item": {"answer": " ".join(answer)}, "sample": " ".join(sample)}
            file.write(json.dumps(row) + "\n")


def _corrupted(words: list[str], chance: random.Random) -> list[str]:
    kept = [word for word in words if chance.random() > 0.15]
    return [chance.choice(_WORDS) if chance.random() < 0.1 else word for word in kept]
