"""A comparison and a calibration in Markdown, short enough for a pull request."""

from dataclasses import replace

from graders.analysis import Agreement, Comparison, Pair
from graders.report.agreement import figure_name
from graders.report.markup import MOST, code, table, with_rest
from graders.report.numbers import bounds, number, probability, signed
from graders.report.text import plain
from graders.stats import Estimate


def comparison_in_brief(found: Comparison) -> str:
    """Write the sentences of a comparison, and its differences as a table."""
    shown = found.pairs[:MOST]
    sentences = [f"- {_sentence(pair)}" for pair in shown]
    columns = ("difference", "95 % interval", "better", "same", "worse", "p", "McNemar")
    lines = table(("second less first", *columns), (_pair_cells(pair) for pair in shown))
    clustered = f", clustered by {code(found.cluster_by)}" if found.cluster_by else ""
    joined = f"joined on {code(found.on)}" if found.on else "joined by their ids"
    head = f"Comparison{f' by {code(found.by)}' if found.by else ''}, rows {joined}{clustered}:"
    return "\n\n".join([head, "\n".join(sentences), with_rest(lines, len(found.pairs), "pairs")])


def agreement_in_brief(found: Agreement) -> str:
    """Write the errors of a grader, its figures beside a constant verdict's, and the best threshold."""
    counts = found.confusion
    head = (
        f"Against {code(found.label)}, {found.compared:,} rows at the threshold {found.threshold:g}: "
        f"**{counts.false_positive:,} too kind, {counts.false_negative:,} too hard**"
    )
    rows = [
        (figure_name(name), _estimate(each), number(found.constant[name]))
        for name, each in found.estimates.items()
    ]
    blocks = [head, "\n".join(table(("", "this grader, 95 % interval", "a constant verdict"), rows))]
    if found.best is not None:
        name = figure_name(found.best.maximises)
        alone = "" if found.sub_reward is None else " (of that sub-grader alone)"
        reached = f"{found.best.reached:.4f}"
        blocks.append(f"Best threshold by {name}{alone}: `{found.flag}`, which reaches {reached}")
    return "\n\n".join(blocks)


def _sentence(pair: Pair) -> str:
    short = replace(pair, first=plain(pair.first, 80), second=plain(pair.second, 80))
    return code(short.sentence, 400)


def _pair_cells(pair: Pair) -> tuple[str, ...]:
    counts = (pair.outcomes.wins, pair.outcomes.ties, pair.outcomes.losses)
    return (
        f"{code(pair.second, 60)} − {code(pair.first, 60)}",
        signed(pair.difference.mean),
        bounds(pair.difference),
        *(f"{count:,}" for count in counts),
        probability(pair.p_permutation_adjusted),
        probability(pair.p_mcnemar_adjusted),
    )


def _estimate(found: Estimate) -> str:
    return f"{number(found.mean)} {bounds(found)}".rstrip()
