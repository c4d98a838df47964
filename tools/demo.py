"""`make demo`: grade 5,276 real model solutions and compare the verdicts with the published ones.

The rows are solutions that four models wrote to the test problems of GSM8K; each holds the verdict that was
published with it (`item.is_correct`). The ready-made grader `gsm8k` grades them; what its string_check says
of the final number is then held against that verdict.
"""

from collections import Counter
from time import perf_counter

from rich.console import Console
from rich.table import Table

from graders import Results, evaluate, load_grader


def main() -> None:
    """Grade the rows, print the table and the agreement, and say where the run is."""
    console = Console(highlight=False)
    started = perf_counter()
    results = evaluate(load_grader("template:gsm8k"), "template:gsm8k", group_by=["item.model"])
    seconds = perf_counter() - started
    summary = results.summary
    console.print(f"{summary.rows:,} solutions of GSM8K, {summary.scored:,} scored in {seconds:.1f} s\n")
    verdicts = _verdicts(results)
    console.print(_table(results, verdicts))
    _print_agreement(console, sum(verdicts.values(), Counter()))
    console.print("\nthe run is in")
    print(results.path)


def _verdicts(results: Results) -> dict[str, Counter[tuple[bool, bool]]]:
    """Count (ours, published) for each model."""
    counts: dict[str, Counter[tuple[bool, bool]]] = {}
    for row in results.rows():
        pair = (row["sub_rewards"]["number"] == 1.0, row["item"]["is_correct"])
        counts.setdefault(row["item"]["model"], Counter())[pair] += 1
    return counts


def _table(results: Results, verdicts: dict[str, Counter[tuple[bool, bool]]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("model")
    for name in ("rows", "mean reward", "pass rate", "published accuracy"):
        table.add_column(name, justify="right")
    for group in results.summary.groups:
        counts = verdicts[group.value]
        published = (counts[True, True] + counts[False, True]) / group.rows
        rate = group.passed.rate if group.passed and group.passed.rate is not None else float("nan")
        mean = group.reward.mean if group.reward.mean is not None else float("nan")
        table.add_row(group.value, f"{group.rows:,}", f"{mean:.4f}", f"{rate:.2%}", f"{published:.2%}")
    return table


def _print_agreement(console: Console, counts: Counter[tuple[bool, bool]]) -> None:
    agreed = counts[True, True] + counts[False, False]
    rows = counts.total()
    kind, hard = counts[True, False], counts[False, True]
    console.print(f"\nstring_check and the published verdict agree on {agreed:,} of {rows:,} rows")
    console.print(f"  too kind: {kind} rows (the number only begins with the answer: A: 50 for 5)")
    console.print(f"  too hard: {hard} rows (the number is written differently: A: 3,000 for 3000)")


if __name__ == "__main__":
    main()
