"""What can be said of a reinforcement job's grader before anything is graded."""

import math
from collections.abc import Mapping
from typing import Any

from graders.batch import Path
from graders.compile import Findings, check_sources
from graders.errors import Problem
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.job import GRADER_PATH, CheckedJob
from graders.fine_tuning.ranges import range_of
from graders.fine_tuning.schemas import presence
from graders.fine_tuning.variables import templates_of
from graders.formula import FormulaError, parse_formula
from graders.sandbox.confinement import Confinement
from graders.sandbox.image import PACKAGES

JUDGES = (
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
    "gpt-4.1-2025-04-14",
    "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano-2025-04-14",
    "o1-2024-12-17",
    "o3-mini-2025-01-31",
    "o3-2025-04-16",
    "o4-mini-2025-04-16",
    "gpt-5-mini",
)
"""Models that the graders guide and reference name; names without their dates mean the same."""
_SNAPSHOTS = {name.rpartition("-20")[0] or name for name in JUDGES}


def add_static_findings(found: Collected, checked: CheckedJob, confinement: Confinement) -> bool:
    """Look at the grader; tell whether it can be used to grade."""
    findings = checked.grader
    if findings is None:
        return False
    for problem in findings.refusals.get("rft", ()):
        _add(found, "grader_refused", problem)
    for warning in findings.warnings:
        _add(found, "grader_warning", warning)
    usable = not findings.problems and _add_sources(found, findings, confinement)
    if not findings.problems:
        _add_reading(found, checked, findings)
        for path, part in findings.parts:
            _add_judge(found, path, part)
        _add_formula(found, checked.grader_document)
    return usable and not (findings.several or findings.refusals.get("rft"))


def _add(found: Collected, kind: str, problem: Problem) -> None:
    found.add(kind, Place(problem.path, problem.message))


def _add_sources(found: Collected, findings: Findings, confinement: Confinement) -> bool:
    """Check python sources; what is lacking on this machine alone is no fault of the job."""
    checked, hints = check_sources(findings, confinement)
    problems = checked.problems[len(findings.problems) :]
    usable = not problems
    for problem in problems:
        name, lacking, _ = problem.message.partition(": ")[2].partition(" is not installed here")
        if not lacking:
            _add(found, "grader_problem", problem)
        elif name in PACKAGES:  # what the hosted image lacks too is a hint already
            _add(found, "not_graded", problem)
    for warning in checked.warnings[len(findings.warnings) :]:
        _add(found, "not_graded", warning)
        usable = False
    for hint in hints:
        fails = "is not in the hosted image" in hint.message and not hint.message.endswith("is guarded")
        _add(found, "source_hosted_import" if fails else "source_hint", hint)
    return usable


def _add_reading(found: Collected, checked: CheckedJob, findings: Findings) -> None:
    """Check what is read of the sample against the form that answers have."""
    paths: dict[str, tuple[str, Path]] = {}
    blind = True
    for place, part in findings.parts:
        templates = list(templates_of(part))
        blind &= not any(path.head == "sample" for each in templates for path in each.paths)
        blind &= part.get("type") != "python"  # what a source calls its parameters is its own business
        for template in templates:
            paths |= {path.text: (place, path) for path in template.paths if path.head == "sample"}
    if blind and findings.parts:
        found.add("sample_unread", Place(GRADER_PATH, "nothing in it reads the sample"))
    for text, (place, path) in paths.items():
        if path.segments and path.segments[0] == "output_json":
            _add_output_path(found, checked, place, text, path)


def _add_output_path(found: Collected, checked: CheckedJob, place: str, text: str, path: Path) -> None:
    if checked.schema is None:
        found.add(
            "output_json_unformatted", Place(place, f"{text} is read, and the job has no response_format")
        )
        return
    there = presence(checked.schema, path.segments[1:])
    if there == "never":
        found.add(
            "schema_path", Place(place, f"{text} is read, and the schema of response_format has no such path")
        )
    elif there == "perhaps":
        message = f"{text} is read, and the schema of response_format does not make sure of it"
        found.add("schema_path_optional", Place(place, message))


def _add_judge(found: Collected, path: str, part: Mapping[str, Any]) -> None:
    model = part.get("model")
    if part.get("type") not in ("score_model", "label_model") or not isinstance(model, str):
        return
    if model not in JUDGES and model not in _SNAPSHOTS:
        message = f"{model!r} is none of the models that the graders guide names, such as {JUDGES[0]}"
        found.add("judge_model_unsupported", Place(f"{path}.model", message))


def _add_formula(found: Collected, document: Any) -> None:
    if not isinstance(document, Mapping) or document.get("type") != "multi":
        return
    place = f"{GRADER_PATH}.calculate_output"
    try:
        formula = parse_formula(document["calculate_output"])
    except FormulaError:
        return
    for key in document["graders"]:
        if key not in formula.names:
            found.add("formula_unused", Place(place, f"the formula does not use the grader {key!r}"))
    reach = range_of(document)
    if reach is not None and reach.may_fail:
        found.add("formula_may_fail", Place(place, "some rewards of its graders give no finite number"))
    if not formula.names or (reach is not None and reach.low == reach.high):
        found.add("formula_constant", Place(place, f"{formula.text!r} is the same for every answer"))
    elif reach is not None and math.isfinite(reach.high - reach.low) and reach[:2] != (0.0, 1.0):
        found.add("formula_range", Place(place, f"rewards lie from {reach.low:g} to {reach.high:g}"))
