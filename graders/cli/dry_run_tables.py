"""What a dry run found, laid out for people."""

from collections.abc import Sequence

from rich.console import Console

from graders.cli.console import cell, harmless
from graders.cli.tables import plain_table
from graders.fine_tuning import DryRun, Finding
from graders.fine_tuning.probe_results import Probing
from graders.fine_tuning.projection import amount
from graders.fine_tuning.signal import Signal

_LONGEST_END = 80
_WORDS = {"error": "errors", "warning": "warnings", "note": "notes"}


def print_dry_run(console: Console, report: DryRun) -> None:
    """Print files, signal, probes, projection, findings, and the verdict last."""
    _print_files(console, report)
    if report.signal is not None:
        _print_signal(console, report.signal)
    if report.probing is not None:
        _print_probes(console, report.probing)
    _print_measured(console, report)
    for severity, words in _WORDS.items():
        found = [each for each in report.findings if each.severity == severity]
        if found:
            console.print(words)
            _print_findings(console, found)
    counts = [sum(each.severity == severity for each in report.findings) for severity in _WORDS]
    counted = ", ".join(
        f"{count} {severity if count == 1 else words}"
        for count, (severity, words) in zip(counts, _WORDS.items(), strict=True)
    )
    console.print(f"{report.verdict}: {counted}")


def _print_files(console: Console, report: DryRun) -> None:
    table = plain_table(
        f"{report.method or 'unknown'} job", "rows", "messages", "characters", "median", "longest"
    )
    notes = []
    for file in report.files:
        about = file.to_dict()["characters"]
        median, longest = (f"{about[name] or 0:,.0f}" for name in ("p50", "max"))
        table.add_row(
            cell(f"{file.role} {file.name}"),
            f"{file.rows:,}",
            f"{file.messages:,}",
            f"{about['total']:,}",
            median,
            longest,
        )
        if file.preferred_longer is not None:
            notes.append(
                f"{file.name}: the preferred answer is the longer one in {file.preferred_longer:.1%} of pairs"
            )
    console.print(table)
    for note in notes:
        _say(console, note)
    for name, coverage in report.variables.items():
        share = coverage["percent"]
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in coverage["types"].items())
        found = "-" if share is None else f"{share:.1f} %"
        console.print(cell(f"{name}: in {found} of rows" + (f" ({kinds})" if kinds else ""), limit=200))
    console.print()


def _print_signal(console: Console, signal: Signal) -> None:
    reward = signal.reward
    table = plain_table("signal", "")
    rows = {
        "samples": f"{signal.samples:,} of {signal.items:,} items",
        "mean reward": f"{_number(reward['mean'])} (std {_number(reward['std'])})",
        "range": f"{_number(reward['min'])} to {_number(reward['max'])}",
        f"failing (below {signal.threshold:g}), 25 to 50 % advised": f"{signal.failing:.1%}",
        "items without a gradient": _share(signal.no_gradient),
        "  all at the floor": _share(signal.at_floor),
        "  all at the ceiling": _share(signal.at_ceiling),
        "spread within an item": _number(signal.spread),
        "reward and length, rank correlation": _number(signal.length),
        "reward and label, rank correlation": _number(signal.label),
        "  samples that the label calls bad": _number(signal.by_label["bad"]),
        "  samples that the label calls good": _number(signal.by_label["good"]),
        "failed grades": f"{signal.failed:,}",
        **{f"  {name}": _errors(flag["grades"], signal.samples) for name, flag in signal.errors.items()},
    }
    for name, value in rows.items():
        if not (value == "-" and ("label" in name or "length" in name)):
            table.add_row(name, value)
    for key, part in signal.parts.items():
        about = f"mean {part.mean:.3f}, {_share(part.contribution)} of the variance"
        table.add_row(cell(f"sub-grader {key}"), about)
    for each in signal.disagreements:
        table.add_row(f"{each.kind} by the label", f"{each.samples:,}")
    for size in sorted({1, 8, 32, signal.batch_size or 1}):
        if size in signal.silent_batches:
            chance = f"{signal.silent_batches[size]:.2g}"
            own = ", the job's," if size == signal.batch_size else ""
            table.add_row(f"chance that a batch of {size}{own} teaches nothing", chance)
    console.print(table)
    for each in signal.disagreements:
        right = "" if each.right is None else f" (right: {_end(each.right)!r})"
        example = f"row {each.row}{right}, reward {each.reward:g}: {_end(each.example)!r}"
        _say(console, f"  {each.kind}, {example}", limit=300)
    console.print()


def _print_probes(console: Console, probing: Probing) -> None:
    honest = f", honest samples earn {probing.honest:.3f}" if probing.honest is not None else ""
    right = harmless(probing.reference or "not known")
    _say(console, f"probes: {probing.grades:,} grades; right answers: {right}{honest}")
    table = plain_table("probe", "items", "mean reward", "against", "expected", "verdict")
    for result in probing.results:
        mean, against = f"{result.mean:.3f}", _number(result.base)
        table.add_row(result.name, f"{result.items:,}", mean, against, result.expected, result.verdict)
    if probing.results:
        console.print(table)
    for result in probing.results:
        if result.verdict in ("pays", "gains", "broken"):
            right = "" if result.right is None else f" (right: {_end(result.right)!r})"
            example = (
                f"{result.name}, row {result.item}{right}, reward {result.reward:g}: {_end(result.example)!r}"
            )
            _say(console, f"  {example}", limit=300)
    console.print()


def _print_measured(console: Console, report: DryRun) -> None:
    repeats, projection = report.repeatability, report.projection
    if repeats is not None:
        shares = f"{repeats.differing:.1%} of {repeats.samples:,} rewards differ"
        console.print(f"graded twice: {shares}, by {repeats.most:.3f} at most")
    if projection is not None:
        _say(
            console,
            f"grading the job: {projection.grades:,} grades, {amount(projection.seconds, 0)} s, "
            f"{amount(projection.usd_if_training_waits, 2)} USD of training time",
        )
        for model, counts in projection.tokens.items():
            console.print(cell(f"judge {model}: {counts.get('total_tokens', 0):,} tokens", limit=200))
        if projection.judge_usd is not None:
            console.print(f"judges: {amount(projection.judge_usd, 2)} USD")
        for assumption in projection.assumptions:
            _say(console, f"  assumed: {assumption}")
    for what, asked in (("samples", report.sampling), ("judgements", report.judging)):
        if asked is not None:
            console.print(
                f"asked for {what}: {asked['calls']:,} calls, {asked['from_cache']:,} from the cache"
            )
    console.print()


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    for finding in findings:
        first, *others = finding.places
        _say(console, f"  {first}", limit=600)
        lines = [str(place.line) for place in others if place.line is not None]
        if finding.count > 1:
            more = f", also line{'s' * (len(lines) > 1)} {', '.join(lines)}" if lines else ""
            _say(console, f"    {finding.count:,} in all{more}")
        _say(console, f"    costs: {finding.cost}", limit=600)
        _say(console, f"    mend:  {finding.mend}", limit=600)
    console.print()


def _say(console: Console, text: str, *, limit: int = 200) -> None:
    """Print one line, whatever the width."""
    console.print(cell(text, limit=limit), soft_wrap=True)


def _end(text: str) -> str:
    """Give the end of a text, where what counts mostly stands."""
    return text if len(text) <= _LONGEST_END else f"… {text[-_LONGEST_END:]}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _errors(grades: int, samples: int) -> str:
    return f"{grades:,} ({grades / max(1, samples):.1%})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
