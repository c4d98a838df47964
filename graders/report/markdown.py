"""The report in Markdown, short enough for a pull request."""

from collections.abc import Iterator

from graders.report.brief import agreement_in_brief, comparison_in_brief
from graders.report.contents import Contents, Grouping
from graders.report.markup import MOST, code, table, with_rest
from graders.report.numbers import bounds, number, percent, percent_interval, rate, rate_interval
from graders.report.views import RowView
from graders.stats import Description

_ROWS = 3


def to_markdown(contents: Contents) -> str:
    """Write the short report."""
    blocks = [
        _head(contents),
        _cautions(contents),
        _parts(contents),
        *(_groups(grouping) for grouping in contents.groupings),
        "" if contents.comparison is None else comparison_in_brief(contents.comparison),
        "" if contents.agreement is None else agreement_in_brief(contents.agreement),
        _errors(contents),
        _usage(contents),
        *_rows(contents),
        _foot(contents),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _head(contents: Contents) -> str:
    grader, summary = contents.about["grader"], contents.summary
    left_out = f", **{summary.failed:,} without a reward**" if summary.failed else ""
    lines = [
        f"### {code(grader['name'])}",
        "",
        f"{summary.rows:,} rows, {summary.scored:,} scored{left_out}{_unfinished(contents)}",
        "",
        f"- mean reward **{number(summary.reward.mean)}** {bounds(summary.reward)}",
    ]
    if summary.passed is not None:
        passed = summary.passed
        lines.append(
            f"- passed **{rate(passed)}** {rate_interval(passed)}: {passed.count:,} at {passed.threshold:g}"
        )
    repeats = contents.survey.repeats
    if repeats is not None:
        at, hat = (
            f"**{percent(each.mean)}** {percent_interval(each.low, each.high)}".rstrip()
            for each in (repeats.pass_at_k, repeats.pass_hat_k)
        )
        lines.append(f"- pass@{repeats.k} {at}, pass^{repeats.k} {hat}")
    if summary.cluster_by is not None:
        lines.append(f"- intervals clustered by {code(summary.cluster_by)}: {summary.clusters:,} values")
    return "\n".join(lines)


def _unfinished(contents: Contents) -> str:
    status = contents.about.get("status")
    return "" if status == "complete" else f"; the run is {code(str(status))}"


def _cautions(contents: Contents) -> str:
    shown = list(contents.cautions.items())[:MOST]
    return "\n".join(f"- ⚠ {code(caution, 400)} ({rows:,} rows)" for caution, rows in shown)


def _mean(part: Description) -> str:
    return f"{number(part.mean)} {bounds(part)}".rstrip()


def _parts(contents: Contents) -> str:
    parts = contents.summary.sub_rewards
    rows = [
        (code(key), _mean(part), number(part.p50), number(part.min), number(part.max))
        for key, part in list(parts.items())[:MOST]
    ]
    lines = table(("grader", "mean, 95 % interval", "median", "least", "greatest"), rows)
    return with_rest(lines, len(parts), "graders") if rows else ""


def _groups(grouping: Grouping) -> str:
    shown = grouping.groups[:MOST]
    passes = any(group.passed for group in shown)
    columns = (code(grouping.path), "rows", "mean, 95 % interval", *(["passed"] if passes else []))
    rows = [
        (
            code(group.value),
            f"{group.rows:,}",
            _mean(group.reward),
            *([f"{rate(group.passed)} {rate_interval(group.passed)}"] if passes else []),
        )
        for group in shown
    ]
    return with_rest(table(columns, rows), grouping.total, "groups")


def _errors(contents: Contents) -> str:
    kinds = contents.survey.errors
    rows = [
        (
            f"{code(kind.code)}: {code(kind.reason)}",
            f"{kind.rows:,}",
            f"row {kind.examples[0]['row']}: {code(kind.examples[0]['detail'])}",
        )
        for kind in kinds[:MOST]
    ]
    lines = table(("errors", "rows", "first one"), rows)
    return with_rest(lines, len(kinds), "kinds") if rows else ""


def _usage(contents: Contents) -> str:
    usage = contents.summary.usage
    rows = [
        (
            code(model),
            *(
                f"{counts.get(key, 0):,}"
                for key in ("invocation_count", "prompt_tokens", "completion_tokens")
            ),
            f"{counts['cost_usd']:.4f}" if "cost_usd" in counts else "–",
        )
        for model, counts in list(usage.items())[:MOST]
    ]
    lines = table(("model", "replies", "prompt tokens", "completion tokens", "US dollars"), rows)
    return with_rest(lines, len(usage), "models") if rows else ""


def _rows(contents: Contents) -> Iterator[str]:
    for choice in contents.survey.choices:
        shown = [contents.views[place] for place in choice.places[:_ROWS]]
        yield f"{choice.title}: {', '.join(map(_row, shown))}"


def _row(view: RowView) -> str:
    name = f" {code(view.id, 40)}" if view.id else ""
    return f"row {view.number}{name} ({view.reward if view.scored else 'no reward'})"


def _foot(contents: Contents) -> str:
    about = contents.about
    grader = about["grader"]
    signatures = "".join(f"; {code(str(each))}" for each in (about.get("metrics") or {}).values())
    data = (about.get("data") or {}).get("path")
    on = f" on {code(str(data), 200)}" if data else ""
    return (
        f"<sub>{code(str(grader['type']))} {code(str(grader.get('sha256', ''))[:12])}{on}; "
        f"graders {code(str(about.get('version')))}{signatures}</sub>"
    )
