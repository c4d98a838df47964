"""Times, counts and statuses as pages write them."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from graders.report.text import steers
from graders.store import StoredRun

_STATUSES = {"in_progress": "in progress"}


def when(seconds: int) -> str:
    """Write a time: to the minute, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def machine_time(seconds: int) -> str:
    """Write a time for programs."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def status(run: StoredRun) -> str:
    """Write the status of a run."""
    return _STATUSES.get(run.status, run.status)


def share(run: StoredRun) -> float | None:
    """Give the share of rows that passed, of those that have a verdict."""
    judged = run.passed + run.failed
    return run.passed / judged if judged else None


def per_cent(value: float | None) -> str:
    """Write a share."""
    return "–" if value is None else f"{value:.1%}"


def plural(count: int, word: str, words: str = "") -> str:
    """Write a number of things."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def indented(value: object) -> str:
    """Write a JSON value over several lines; what would mislead stands in its texts as an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.isascii():
        return text
    return "".join(json.dumps(each)[1:-1] if steers(each) else each for each in text)


WORDS: Mapping[str, Callable[..., Any]] = {
    "when": when,
    "machine_time": machine_time,
    "status": status,
    "share": share,
    "per_cent": per_cent,
    "plural": plural,
}
"""The filters of the templates of pages, beside those of reports."""
