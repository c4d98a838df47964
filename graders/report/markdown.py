"""The report in Markdown, short enough for a pull request.

Design: a text of a row stands in a code span where nothing in it could end one, else in a `code` element with
every sign written as a character reference. Markdown and HTML mean nothing in either, and where the text is
shown nobody is mentioned and nothing becomes a link.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from graders.report.contents import Contents, Grouping
from graders.report.numbers import bounds, number, rate, rate_interval
from graders.report.text import plain
from graders.report.views import RowView
from graders.stats import Description

_PLAIN = re.compile(r"[^`|\\&<>\s]+(?: [^`|\\&<>\s]+)*")
_MOST, _ROWS, _LONGEST = 20, 3, 120


def to_markdown(contents: Contents) -> str:
    """Write the short report."""
    blocks = [
        _head(contents),
        _cautions(contents),
        _parts(contents),
        *(_groups(grouping) for grouping in contents.groupings),
        _errors(contents),
        _usage(contents),
        *_rows(contents),
        _foot(contents),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def code(text: str, limit: int = _LONGEST) -> str:
    """Write a text of a row so that Markdown, tables and HTML mean nothing in it."""
    shown = plain(text, limit)
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    return "<code>" + re.sub(r"[^A-Za-z0-9 ]", _reference, shown) + "</code>" if shown else "(empty)"


def _reference(found: re.Match[str]) -> str:
    letter = found.group()
    return f"&#{ord(letter)};" if letter.isascii() else letter


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
    return "\n".join(lines)


def _unfinished(contents: Contents) -> str:
    status = contents.about.get("status")
    return "" if status == "complete" else f"; the run is {code(str(status))}"


def _cautions(contents: Contents) -> str:
    shown = list(contents.cautions.items())[:_MOST]
    return "\n".join(f"- ⚠ {code(caution, 400)} ({rows:,} rows)" for caution, rows in shown)


def _mean(part: Description) -> str:
    return f"{number(part.mean)} {bounds(part)}".rstrip()


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" + "--:|" * (len(columns) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _with_rest(lines: Iterable[str], total: int, what: str) -> str:
    more = [f"\n… and {total - _MOST:,} more {what}"] if total > _MOST else []
    return "\n".join([*lines, *more])


def _parts(contents: Contents) -> str:
    parts = contents.summary.sub_rewards
    rows = [
        (code(key), _mean(part), number(part.p50), number(part.min), number(part.max))
        for key, part in list(parts.items())[:_MOST]
    ]
    table = _table(("grader", "mean, 95 % interval", "median", "least", "greatest"), rows)
    return _with_rest(table, len(parts), "graders") if rows else ""


def _groups(grouping: Grouping) -> str:
    shown = grouping.groups[:_MOST]
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
    return _with_rest(_table(columns, rows), grouping.total, "groups")


def _errors(contents: Contents) -> str:
    kinds = contents.survey.errors
    rows = [
        (
            f"{code(kind.code)}: {code(kind.reason)}",
            f"{kind.rows:,}",
            f"row {kind.examples[0]['row']}: {code(kind.examples[0]['detail'])}",
        )
        for kind in kinds[:_MOST]
    ]
    table = _table(("errors", "rows", "first one"), rows)
    return _with_rest(table, len(kinds), "kinds") if rows else ""


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
        for model, counts in list(usage.items())[:_MOST]
    ]
    table = _table(("model", "replies", "prompt tokens", "completion tokens", "US dollars"), rows)
    return _with_rest(table, len(usage), "models") if rows else ""


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
