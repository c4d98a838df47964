"""A whole run against the loop that people write: json, jinja2 and the reference libraries, row by row."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.nltk_data import use_nltk_data
from benchmarks.short_rows import ANSWER, GRADER, SAMPLE, write_rows
from graders import evaluate, load_grader
from graders.analysis.measure import Race, Ratio
from graders.analysis.races import nltk_split
from graders.metrics.tokens import forget_tokens, hosted_tokens

ROWS = 20_000


def ratios() -> Iterator[Ratio]:
    """Grade 20,000 short rows both ways, reading and writing files."""
    use_nltk_data()
    split = nltk_split()
    note = "" if split else "the loop takes our tokeniser for bleu: nltk has no data"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.jsonl"
        write_rows(data, ROWS)
        grader = load_grader(GRADER)

        def ours() -> object:
            forget_tokens()
            return evaluate(grader, data, out=Path(folder) / "run", overwrite=True)

        def theirs() -> object:
            return naive(data, Path(folder) / "naive.jsonl", split or hosted_tokens)

        subject = "naive loop / whole run (eq, rouge_l, bleu, formula)"
        yield Race(subject, ours, theirs, None if note else 14, note=note).measured(least=3.0)


def naive(data: Path, out: Path, split: Callable[[str], list[str]]) -> None:
    """Grade row by row."""
    import jinja2
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_score.rouge_scorer import RougeScorer

    sample_text, answer_text = jinja2.Template(SAMPLE), jinja2.Template(ANSWER)
    scorer, smoothing = RougeScorer(["rougeL"]), SmoothingFunction().method4
    with data.open() as lines, out.open("w") as results:
        for line in lines:
            row = json.loads(line)
            text = sample_text.render(sample={"output_text": row["sample"]})
            wanted = answer_text.render(item=row["item"])
            equal = float(text == wanted)
            rouge = scorer.score(wanted, text)["rougeL"].fmeasure
            bleu = sentence_bleu([split(wanted)], split(text), smoothing_function=smoothing)
            reward = 0.4 * equal + 0.3 * rouge + 0.3 * bleu
            sub_rewards = {"equal": equal, "rouge": rouge, "bleu": bleu}
            results.write(json.dumps({**row, "reward": reward, "sub_rewards": sub_rewards}) + "\n")
