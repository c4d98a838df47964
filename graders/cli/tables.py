"""Tables for people: how they and their numbers look, and the summary of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from graders.cli.console import cell, harmless, prints_unicode
from graders.results import GroupSummary, PassSummary, Summary
from graders.stats import Description, Estimate, Histogram

_BAR_WIDTH = 40


def plain_table(first: str, *columns: str) -> Table:
    """Make a table without lines: words to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, min_width=8)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def number(value: float | None) -> str:
    """Write a reward or a share."""
    return "-" if value is None else f"{value:.4f}"


def estimate(found: Estimate | Description, sign: str = "") -> str:
    """Write a mean or a rate and its interval; `sign` is `+` for differences."""
    if found.mean is None:
        return "-"
    mean = format(found.mean, f"{sign}.4f")
    return mean if found.low is None or found.high is None else f"{mean} [{found.low:.4f}, {found.high:.4f}]"


def bar(length: int) -> str:
    """Draw a bar of so many letters."""
    return ("█" if prints_unicode() else "#") * length


def print_summary(console: Console, title: str, summary: Summary) -> None:
    """Print what a run amounts to: rewards, groups, distribution, errors."""
    failed = f", {summary.failed:,} without a reward" if summary.failed else ""
    counts = f": {summary.rows:,} rows, {summary.scored:,} scored{failed}"
    console.print(cell(title, limit=100).append(counts))
    console.print(f"passed: {_passes(summary.passed)}\n" if summary.passed else "")
    console.print(_rewards(summary))
    if summary.cluster_by is not None:
        values = "1 value" if summary.clusters == 1 else f"{summary.clusters:,} values"
        what = f"intervals are clustered by {summary.cluster_by}: {values}"
        console.print(cell(what, limit=200), style="dim", soft_wrap=True)
    for path in dict.fromkeys(group.path for group in summary.groups):
        console.print()
        console.print(_groups(path, [group for group in summary.groups if group.path == path]))
    if summary.scored:
        console.print()
        console.print(_bars(summary.histogram))
    if summary.errors:
        console.print()
        console.print(_errors(summary))
    if summary.usage:
        console.print()
        console.print(_usage(summary.usage))
    console.print()


def _passes(passed: PassSummary) -> str:
    rate = "" if passed.rate is None else f", {_rate(passed)}"
    return f"{passed.count:,}{rate} at {passed.threshold:g}"


def _rewards(summary: Summary) -> Table:
    table = plain_table("", "mean [95 % interval]", "median", "min", "max")
    indented = {f"  {key}": part for key, part in summary.sub_rewards.items()}
    for name, part in {"reward": summary.reward, **indented}.items():
        table.add_row(cell(name), estimate(part), *map(number, (part.p50, part.min, part.max)))
    return table


def _rate(passed: PassSummary) -> str:
    if passed.rate is None:
        return "-"
    if passed.low is None or passed.high is None:
        return f"{passed.rate:.1%}"
    return f"{passed.rate:.1%} [{100 * passed.low:.1f}, {100 * passed.high:.1f}]"


def _groups(path: str, groups: Sequence[GroupSummary]) -> Table:
    columns = {
        "rows": [f"{group.rows:,}" for group in groups],
        "scored": [f"{group.scored:,}" for group in groups],
        "mean [95 % interval]": [estimate(group.reward) for group in groups],
        "passed [95 %]": [_rate(group.passed) for group in groups if group.passed],
    }
    if columns["rows"] == columns["scored"]:
        del columns["scored"]
    if not columns["passed [95 %]"]:
        del columns["passed [95 %]"]
    table = plain_table(harmless(path), *columns)
    for group, *cells in zip(groups, *columns.values(), strict=True):
        table.add_row(cell(group.value), *cells)
    return table


def _bars(bars: Histogram) -> Table:
    table = plain_table("rewards", "rows")
    table.add_column("", no_wrap=True)
    most = max(1, int(bars.counts.max()))
    for low, high, count in zip(bars.edges[:-1], bars.edges[1:], bars.counts.tolist(), strict=True):
        table.add_row(f"{low:.2f} to {high:.2f}", f"{count:,}", bar(-(-count * _BAR_WIDTH // most)))
    return table


def _errors(summary: Summary) -> Table:
    table = plain_table("errors", "rows")
    table.add_column("first one")
    for code, count in summary.errors.items():
        example = summary.examples[code]
        where = f"row {example['row']}, {example['grader']}: "
        table.add_row(code, f"{count:,}", cell(where + example["detail"], limit=160))
    return table


def _usage(usage: Mapping[str, Mapping[str, int | float]]) -> Table:
    priced = any("cost_usd" in counts for counts in usage.values())
    table = plain_table(
        "model", "replies", "prompt tokens", "completion tokens", *(["USD"] if priced else [])
    )
    for model, counts in usage.items():
        names = ("invocation_count", "prompt_tokens", "completion_tokens")
        cost = f"{counts['cost_usd']:.4f}" if "cost_usd" in counts else "-"
        table.add_row(
            cell(model), *(f"{counts.get(name, 0):,}" for name in names), *([cost] if priced else [])
        )
    return table


def print_account(console: Console, account: Mapping[str, Any]) -> None:
    """Print what this command has asked the judge."""
    calls, retried, kept = account["calls"], account["retried"], account["from_cache"]
    again = f" ({retried:,} of them again)" if retried else ""
    console.print(f"asked: {calls:,} calls{again}, {kept:,} replies from the cache\n")
