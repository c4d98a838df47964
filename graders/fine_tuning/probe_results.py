"""What probes earned, and what is to be said of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import Graded
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.probes import EMPTY, PROBES, Probe
from graders.fine_tuning.references import Candidate
from graders.fine_tuning.standards import NOTHING, Standard

_HINTS = {probe.name: probe.hint for probe in PROBES}
_LONGEST_INLINE = 60
_OF_THE_GRADER = ("python_grader_runtime_error", "python_grader_server_error", "other_error")
"""Failures that are the grader's own, whatever the answer is."""
_OF_THE_ROWS = "invalid_variable_error"
"""A failure that the variables of the rows explain."""


@dataclass(frozen=True)
class ProbeResult:
    """What a probe earned on so many items; `base` is what it is compared with."""

    name: str
    expected: str
    items: int
    mean: float
    base: float | None
    verdict: str
    item: int
    """The number of the row of the example: the item on which the probe earned most."""
    example: str
    reward: float
    right: str | None = None
    """The right answer to that item, as far as it is known."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return asdict(self)


@dataclass(frozen=True)
class Probing:
    """All probes; `reference` names what was taken for right answers, `honest` is what samples earn."""

    results: tuple[ProbeResult, ...]
    reference: str | None
    honest: float | None
    grades: int

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        results = [each.to_dict() for each in self.results]
        return {
            "reference": self.reference,
            "honest": self.honest,
            "grades": self.grades,
            "probes": results,
        }


class Tried(NamedTuple):
    """A probe on the cases to which it applies: their indexes, their texts, the rewards, and the base."""

    probe: Probe
    indexes: Sequence[int]
    texts: Sequence[str]
    graded: Graded
    base: float | None


def add_probe_findings(
    found: Collected,
    results: Sequence[ProbeResult],
    chosen: Candidate | None,
    standard: Standard,
) -> None:
    """Say which probes are paid, and whether right answers are."""
    for result in results:
        hint, shown = _HINTS[result.name], f"{result.name!r} earns {result.mean:.3f} on average"
        if result.verdict == "pays":
            silent = result.name == EMPTY.name and result.mean >= max(
                standard.floor if standard.honest is None else standard.honest,
                standard.floor if standard.reference is None else standard.reference * 0.9,
            )
            message = f"{shown}{_beside(standard)}{_exemplified(result)}"
            found.say("silence_pays" if silent else "probe_pays", message, advice=hint)
        elif result.verdict == "gains":
            message = f"{shown}, the answer that it is made of {result.base:.3f}"
            found.say("probe_pays", message, advice=hint)
        elif result.verdict == "broken" and chosen is not None:
            nothing = standard.floor + NOTHING * standard.width
            severity: Severity = "error" if chosen.sure and result.mean <= nothing else "warning"
            message = f"{shown} (taken from {chosen.name}){_exemplified(result)}"
            found.say("reference_low", message, severity)


def add_failures(found: Collected, tried: Sequence[Tried], *, texts_suffice: bool) -> None:
    """Say of which probes nothing is known, and on which the grader itself fails.

    `texts_suffice` where an answer that is a text is one that the grader can read.
    """
    for detail, count in sum((each.graded.unasked for each in tried), Counter[str]()).items():
        found.say("not_graded", f"{count:,} grades of probes: {detail}")
    failing: dict[str, list[tuple[str, str]]] = {}
    for each in tried:
        for name, flag in each.graded.flags.items():
            failing.setdefault(name, []).append((each.probe.name, flag.last_line))
    counted = sum(int(each.graded.counted.sum()) for each in tried)
    all_fail = counted > 0 and counted == sum(each.graded.failed for each in tried)
    for name, probes in failing.items():
        probe, detail = probes[0]
        if all_fail and texts_suffice and name != _OF_THE_ROWS:
            found.say("grading_errors", f"{name} whatever the answer is; {probe!r}: {detail}", "error")
        elif name in _OF_THE_GRADER:
            message = f"{name} on {len(probes)} of {len(tried)} probes; {probe!r}: {detail}"
            found.say("probe_errors", message)


def _beside(standard: Standard) -> str:
    """Say what a probe is held against."""
    said = []
    if standard.honest is not None:
        said.append(f"honest samples {standard.honest:.3f}")
    if standard.reference is not None:
        said.append(f"the reference {standard.reference:.3f}")
    return f", {' and '.join(said)}" if said else ""


def _exemplified(result: ProbeResult) -> str:
    """Give the example of a short answer; long ones stand in the table of probes."""
    if len(result.example) > _LONGEST_INLINE or not result.example:
        return ""
    right = result.right
    known = right is not None and right != result.example and len(right) <= _LONGEST_INLINE
    return f": {result.example!r} earns {result.reward:g}" + (f", and right is {right!r}" if known else "")
