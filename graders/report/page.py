"""The report as one HTML page that needs nothing else and runs nothing.

Design: Jinja2 escapes whatever the templates put in, and no text of a row is ever marked as safe.
"""

from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any

import jinja2

from graders.report import numbers
from graders.report.agreement import Calibrated
from graders.report.charts import Axis, bars, span
from graders.report.contents import Contents, Grouping
from graders.report.pairs import Compared
from graders.report.provenance import document_text, provenance, when
from graders.report.sealed import environment, style
from graders.report.text import pieces, plain
from graders.results import ROW
from graders.stats import Description, Histogram

_DOCUMENT, _MOST = 60_000, 100


def to_html(contents: Contents) -> str:
    """Write a report as a page."""
    page = templates("graders.report").get_template("page.html.j2")
    return page.render(**style("graders.report", "report.css"), **values(contents))


@cache
def templates(package: str, *others: str) -> jinja2.Environment:
    """Give templates with the words and drawings of reports; a package goes before those behind it."""
    named = ("number", "signed", "bounds", "rate", "rate_interval", "percent", "probability", "edge")
    filters = {name: getattr(numbers, name) for name in named}
    made = environment(package, {**filters, "plain": plain, "count": lambda value: f"{value:,}"}, *others)
    made.globals |= {"span": span, "percent_interval": numbers.percent_interval}
    return made


def values(contents: Contents) -> dict[str, Any]:
    """Give what the template of the page is rendered with, beside the style sheet and the policy."""
    about, agreement, comparison = contents.about, contents.agreement, contents.comparison
    return {
        "contents": contents,
        "summary": contents.summary,
        "choices": contents.survey.choices,
        "views": contents.views,
        "without_texts": contents.without_texts,
        "name": plain(str(about["grader"]["name"]), 120),
        "type": plain(str(about["grader"]["type"]), 60),
        "status": plain(str(about.get("status"))),
        "data": plain(str((about.get("data") or {}).get("path") or "")),
        "clustered": _clustered(contents.summary.cluster_by),
        "started": when(about),
        "provenance": provenance(about, contents.path),
        "document": pieces(document_text(about), _DOCUMENT),
        "reward": _distribution(contents.survey.reward, contents.summary.reward),
        "threshold": _threshold(contents),
        "parts": _parts(contents),
        "groupings": [(grouping, _group_axis(grouping)) for grouping in contents.groupings],
        "usage": list(islice(contents.summary.usage.items(), _MOST)),
        "cautions": list(islice(contents.cautions.items(), _MOST)),
        "alone": False,
        "agreement": None if agreement is None else Calibrated.of(agreement),
        "comparison": None if comparison is None else Compared.of(comparison, contents.rows),
    }


def _clustered(path: str | None) -> str:
    """Say which rows are not taken for independent; nothing where all are."""
    if path is None:
        return ""
    return "samples of one row" if path == ROW else f"rows of one {plain(path)}"


def _distribution(counts: Histogram, part: Description) -> Mapping[str, Any]:
    low, high = (float(counts.edges[place]) for place in (0, -1))
    total = int(counts.counts.sum())
    return {"bars": bars(counts), "axis": Axis.over(low, high), "part": part, "count": total}


def _threshold(contents: Contents) -> float | None:
    """Give the threshold, where it stands in the range of the rewards."""
    edges, passed = contents.survey.reward.edges, contents.summary.passed
    within = passed is not None and edges[0] <= passed.threshold <= edges[-1]
    return passed.threshold if passed is not None and within else None


def _parts(contents: Contents) -> list[tuple[str, Mapping[str, Any]]]:
    parts = islice(contents.summary.sub_rewards.items(), _MOST)
    return [(key, _distribution(contents.survey.parts[key], part)) for key, part in parts]


def _group_axis(grouping: Grouping) -> Axis:
    rewards = [group.reward for group in grouping.groups]
    return Axis.round_about(end for part in rewards for end in (part.low, part.mean, part.high))
