"""The figures of a report, for programs."""

import json
from typing import Any

from graders.report.contents import Contents


def to_figures(contents: Contents) -> dict[str, Any]:
    """Give the figures: what `summary.json` says, what was graded with what, and the rows to look at."""
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
    }


def to_json(contents: Contents) -> str:
    """Write the figures as one JSON object, in ASCII."""
    return json.dumps(to_figures(contents), indent=2) + "\n"
