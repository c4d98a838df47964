"""What can be said of a reinforcement job's grader before anything is graded."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from graders.batch import Path
from graders.compile import Findings, check_sources
from graders.errors import Problem
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.job import GRADER_PATH, CheckedJob
from graders.fine_tuning.ranges import range_of
from graders.fine_tuning.schemas import presence
from graders.fine_tuning.source_reading import reading_of
from graders.fine_tuning.variables import placed_templates_of
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
    return usable and not findings.refusals.get("rft")


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
    blind = True
    for place, part in findings.parts:
        for below, path in _sample_paths(part):
            blind = False
            if path.segments and path.segments[0] == "output_json":
                _add_output_path(found, checked.schema, place + below, path)
        blind &= part.get("type") != "python"  # what a source calls its parameters is its own business
        if part.get("type") == "python" and checked.schema is not None:
            _add_source_paths(found, checked.schema, f"{place}.source", part["source"])
    if blind and findings.parts:
        found.add("sample_unread", Place(GRADER_PATH, "nothing in it reads the sample"))


def _sample_paths(part: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Give (path below the grader, path into the sample) of what its template strings read there."""
    for below, template in placed_templates_of(part):
        for path in {path.text: path for path in template.paths if path.head == "sample"}.values():
            yield below, path


def _add_output_path(found: Collected, schema: Mapping[str, Any] | None, place: str, path: Path) -> None:
    if schema is None:
        message = f"{path.text} is read, and the job has no response_format"
        found.add("output_json_unformatted", Place(place, message))
        return
    there = presence(schema, path.segments[1:])
    if there == "never":
        message = f"{path.text} is read, and the schema of response_format has no such path"
        found.add("schema_path", Place(place, message))
    elif there == "perhaps":
        message = f"{path.text} is read, and the schema of response_format does not make sure of it"
        found.add("schema_path_optional", Place(place, message))


def _add_source_paths(found: Collected, schema: Mapping[str, Any], place: str, source: str) -> None:
    """Say which keys of the answer a source reads that the schema cannot produce."""
    for keys in reading_of(source, "sample").keys:
        if keys[0] == "output_json" and presence(schema, keys[1:]) == "never":
            read = "".join(f"[{key!r}]" for key in keys)
            message = f"sample{read} is read, and the schema of response_format has no such path"
            found.add("source_schema_path", Place(place, message))


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
