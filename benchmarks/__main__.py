"""Run every benchmark and print its ratios: `python -m benchmarks`."""

import platform
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from benchmarks import end_to_end, rendering, start_up


def main() -> None:
    """Print one table with every ratio, its goal, and whether it holds."""
    console = Console(highlight=False)
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "rapidfuzz", "nltk", "rouge-score"))
    console.print(f"Python {platform.python_version()}, {versions}, {platform.machine()}\n")
    table = Table("what", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("ratio", "goal", "holds"):
        table.add_column(name, justify="right")
    for subject in (start_up, rendering, end_to_end):
        for ratio in subject.ratios():
            sign = "<=" if ratio.at_most else ">="
            goal = "-" if ratio.goal is None else f"{sign} {ratio.goal:g}"
            holds = "-" if ratio.goal is None else "yes" if ratio.holds else "NO"
            table.add_row(ratio.subject, f"{ratio.ratio:.2f}", goal, holds)
    console.print(table)


if __name__ == "__main__":
    main()
