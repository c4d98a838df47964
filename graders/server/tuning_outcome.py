"""What a dry run says, in the API's words: events, and the error of a job that would not come to its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from graders.fine_tuning import DryRun, Finding, Place
from graders.fine_tuning.kinds import Severity
from graders.server.answers import alphanumeric, now
from graders.store import Event
from graders.store.jobs import CANCELLED, FAILED

NOTHING_TRAINED = "Nothing was trained: this server trains no models."
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warn", "note": "info"}
_LONGEST = 2000


def event(message: str, level: str = "info", data: Any = None) -> Event:
    """Make an event."""
    body = {
        "object": "fine_tuning.job.event",
        "created_at": now(),
        "level": level,
        "message": message[:_LONGEST],
        "type": "message",
        "data": data,
    }
    return Event(f"ftevent-{alphanumeric(24)}", body)


def status_of(report: DryRun) -> str:
    """Give the status that a job ends in: failed, or cancelled, because nothing is trained."""
    return FAILED if report.verdict == "NOT READY" else CANCELLED


def events_of(report: DryRun) -> list[Event]:
    """Give what a dry run says: an event a finding, and its measurements with the last one."""
    said = [
        event(f"{each.kind}: {text_of(each)}", _LEVELS[each.severity], each.to_dict())
        for each in report.findings
    ]
    whole = report.to_dict()
    del whole["findings"]
    if status_of(report) == CANCELLED:
        return [*said, event(f"The dry run passed: {report.verdict}. {NOTHING_TRAINED}", data=whole)]
    n = sum(each.severity == "error" for each in report.findings)
    errors = "1 error" if n == 1 else f"{n} errors"
    return [*said, event(f"The dry run found {errors}: {report.verdict}. {NOTHING_TRAINED}", "error", whole)]


def error_of(findings: Sequence[Finding], files: Mapping[str, str]) -> dict[str, Any] | None:
    """Give the error of a job: its first one, None where there is none.

    `files` has the parameter that names each file, by the name that the findings know it by.
    """
    first = next((each for each in findings if each.severity == "error"), None)
    if first is None:
        return None
    param = files.get(first.places[0].file or "")
    return {"code": _code(first.kind, param), "message": text_of(first)[:_LONGEST], "param": param}


def _code(kind: str, param: str | None) -> str:
    """Name an error as the service does, where it is known to have a name for it."""
    if kind == "too_few_rows":
        return "invalid_n_examples"
    if kind == "variable_missing":
        return "invalid_variable"
    return kind if param is None else f"invalid_{param}"


def text_of(finding: Finding) -> str:
    """Say what was found, and where; the first places stand for all."""
    said = "; ".join(map(_placed, finding.places))
    more = finding.count - len(finding.places)
    return f"{said}; and {more:,} more" if more > 0 else said


def _placed(place: Place) -> str:
    where = [f"line {place.line}"] if place.line else []
    where += [place.path] if place.path else []
    return f"{', '.join(where)}: {place.message}" if where else place.message
