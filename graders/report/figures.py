"""The figures of a report, for programs."""

import json
from dataclasses import asdict
from typing import Any

from graders.report.contents import Contents


def to_figures(contents: Contents) -> dict[str, Any]:
    """Give the figures: what `summary.json` says, what was graded with what, and the rows to look at.

    Where the report holds a comparison or a calibration, so do the figures, as `comparison` and `agreement`.
    """
    about = {key: value for key, value in contents.about.items() if key != "grader"}
    grader = {key: value for key, value in contents.about["grader"].items() if key != "document"}
    counts = contents.survey.reward
    return {
        "run": contents.path,
        "about": {"grader": grader, **about},
        **contents.summary.to_dict(),
        "histogram": {"edges": counts.edges.tolist(), "counts": counts.counts.tolist()},
        "error_kinds": [
            {"code": kind.code, "reason": kind.reason, "rows": kind.rows, "examples": list(kind.examples)}
            for kind in contents.survey.errors
        ],
        "rows_to_look_at": {
            choice.name: [contents.views[place].figures for place in choice.places]
            for choice in contents.survey.choices
        },
        "cost_usd": contents.cost,
        "repeats": None if contents.survey.repeats is None else asdict(contents.survey.repeats),
        **_analyses(contents),
    }


def _analyses(contents: Contents) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if contents.agreement is not None:
        found["agreement"] = contents.agreement.to_dict(contents.rows)
    if contents.comparison is not None:
        found["comparison"] = contents.comparison.to_dict(contents.rows)
    return found


def to_json(contents: Contents) -> str:
    """Write the figures as one JSON object, in ASCII."""
    return json.dumps(to_figures(contents), indent=2) + "\n"
