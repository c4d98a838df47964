"""What a dry run says: findings, each with its severity, what it costs and how to mend it; and a verdict.

Design: one table holds every kind of finding, so that what is said of one is said in one place. A finding
about rows names the first of them with line and path, and counts the rest.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from graders.fine_tuning.kinds import KINDS, Severity

Verdict = Literal["READY", "READY WITH WARNINGS", "NOT READY"]
MOST_PLACES = 5
"""Most places that a finding names."""
_MOST_GROUPS = 40
_INDEX = re.compile(r"\[\d+\]")
_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


class Place(NamedTuple):
    """Where something stands: a path into the job or into a row, and the row's file and line."""

    path: str
    message: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return self._asdict()


@dataclass(frozen=True)
class Finding:
    """Something that a job would meet: a kind of `KINDS`, and where; `count` places in all."""

    kind: str
    severity: Severity
    places: tuple[Place, ...]
    count: int = 1
    advice: str = ""
    """How to mend this one, where more is known than of its kind."""

    @property
    def cost(self) -> str:
        """What it costs."""
        return KINDS[self.kind].cost

    @property
    def mend(self) -> str:
        """How to mend it."""
        return self.advice or KINDS[self.kind].mend

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "cost": self.cost,
            "mend": self.mend,
            "count": self.count,
            "places": [place.to_dict() for place in self.places],
        }


@dataclass
class _Entry:
    """A finding that grows."""

    kind: str
    severity: Severity
    places: list[Place] = field(default_factory=list)
    count: int = 0
    advice: str = ""


class Collected:
    """Findings, in the order in which they came.

    Rows with the same fault at the same place of the row are one finding, of which the first places are
    kept and the others counted. A file in which everything is at another place does not fill the report.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], _Entry] = {}
        self._groups: Counter[tuple[str, ...]] = Counter()

    def add(self, kind: str, place: Place, severity: Severity | None = None, advice: str = "") -> None:
        """Add a finding at a place; severity and advice are those of its kind, unless others are given."""
        severity = severity or KINDS[kind].severity
        entry = self._found.setdefault(self._key(kind, severity, place), _Entry(kind, severity))
        entry.count += 1
        entry.advice = entry.advice or advice
        if len(entry.places) < MOST_PLACES:
            entry.places.append(place)

    def _key(self, kind: str, severity: Severity, place: Place) -> tuple[str, ...]:
        whole = (kind, severity, place.file or "")
        key = (*whole, str(place) if place.line is None else _INDEX.sub("[]", place.path))
        if key in self._found:
            return key
        self._groups[whole] += 1
        return key if self._groups[whole] <= _MOST_GROUPS else whole

    def say(self, kind: str, message: str, severity: Severity | None = None, advice: str = "") -> None:
        """Add a finding about the whole."""
        self.add(kind, Place("", message), severity, advice)

    def findings(self) -> list[Finding]:
        """Give what was found, errors first."""
        found = [
            Finding(entry.kind, entry.severity, tuple(entry.places), entry.count, entry.advice)
            for entry in self._found.values()
        ]
        return sorted(found, key=lambda each: _RANK[each.severity])


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Say whether a job can be submitted."""
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "NOT READY"
    return "READY WITH WARNINGS" if "warning" in severities else "READY"


def of_severity(findings: Sequence[Finding], severity: Severity) -> list[Finding]:
    """Give the findings of one severity."""
    return [finding for finding in findings if finding.severity == severity]
