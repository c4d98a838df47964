"""The dry run: everything that a fine-tuning job would meet, found before it is submitted.

Design: what needs no grading comes first and is always said; rewards, probes and repetitions are measured
only where the grader can be used.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.compile import Grader, compile_document
from graders.errors import ConfigError
from graders.fine_tuning.files import FileCheck, FileReport
from graders.fine_tuning.findings import Collected, Finding, Place, Verdict, verdict_of
from graders.fine_tuning.job import CheckedJob, add_job_findings, check_job, in_job
from graders.fine_tuning.plans import Grading, Probes, Sampling
from graders.fine_tuning.probe_results import Probing
from graders.fine_tuning.projection import Projection
from graders.fine_tuning.repeats import Repeatability
from graders.fine_tuning.signal import Signal
from graders.fine_tuning.static import add_static_findings
from graders.fine_tuning.trial import Trial
from graders.fine_tuning.variables import Variables


@dataclass(frozen=True)
class DryRun:
    """What a dry run found; None of what does not apply or was not measured."""

    method: str | None
    findings: Sequence[Finding]
    files: Sequence[FileReport]
    variables: Mapping[str, Any] = field(default_factory=dict)
    signal: Signal | None = None
    probing: Probing | None = None
    repeatability: Repeatability | None = None
    projection: Projection | None = None
    sampling: Mapping[str, Any] | None = None
    judging: Mapping[str, Any] | None = None
    model: str | None = None
    """The model that the job trains."""

    @property
    def verdict(self) -> Verdict:
        """Whether the job can be submitted."""
        return verdict_of(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Give the whole as a JSON value."""
        measured = {
            "signal": self.signal,
            "probing": self.probing,
            "repeatability": self.repeatability,
            "projection": self.projection,
        }
        return {
            "verdict": self.verdict,
            "method": self.method,
            "model": self.model,
            "findings": [finding.to_dict() for finding in self.findings],
            "files": [report.to_dict() for report in self.files],
            "variables": dict(self.variables),
            **{
                name: None if value is None else _written(value.to_dict()) for name, value in measured.items()
            },
            "sampling": self.sampling,
            "judging": self.judging,
        }


def _written(value: Any) -> Any:
    """Put null in the place of what JSON has no word for: rewards near the end of floats overflow."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _written(each) for key, each in value.items()}
    return [_written(each) for each in value] if isinstance(value, list | tuple) else value


def dry_run(
    job: object,
    train: Path,
    *,
    valid: Path | None = None,
    sampling: Sampling | None = None,
    grading: Grading | None = None,
    probes: Probes | None = None,
    azure: bool = False,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> DryRun:
    """Try a job out: its body (a JSON value), its files, and for reinforcement its grader.

    `on_stage` hears what is about to take time.

    Raises:
        DataError: the samples cannot be read.
        ConfigError: the judge or the sampler cannot be used.
    """
    found = Collected()
    grading = grading or Grading()
    checked = check_job(job)
    add_job_findings(found, checked, validated=valid is not None, azure=azure)
    usable = False
    if checked.method == "reinforcement":
        usable = add_static_findings(found, checked, grading.confinement)
    variables = Variables.of(checked.grader) if checked.grader else None
    files = list(_files(found, checked, variables, train, valid))
    if variables is not None:
        variables.add_findings(found)
    coverage = {name: each.to_dict() for name, each in variables.coverage.items()} if variables else {}
    told = (checked, found, files, coverage)
    if not usable or checked.grader is None or not files[0].lengths:
        return _finished(*told)
    try:
        grader = _grader(checked.grader_document, grading)
    except ConfigError as error:
        for problem in map(in_job, error.problems):
            found.add("not_graded", Place(problem.path, problem.message))
        return _finished(*told)
    trial = Trial(
        found,
        checked,
        checked.grader,
        grader,
        grading,
        sampling or Sampling(),
        probes or Probes(),
        train,
        files[0],
        on_stage,
    )
    return _finished(*told, trial)


def _finished(
    checked: CheckedJob,
    found: Collected,
    files: Sequence[FileReport],
    coverage: Mapping[str, Any],
    trial: "Trial | None" = None,
) -> DryRun:
    measured = {} if trial is None else trial.run()
    model = checked.document.get("model")
    named = model if isinstance(model, str) else None
    return DryRun(checked.method, found.findings(), files, coverage, model=named, **measured)


def _files(
    found: Collected, checked: CheckedJob, variables: Variables | None, train: Path, valid: Path | None
) -> list[FileReport]:
    first = FileCheck(train, "training", checked.method, found, variables).run()
    if valid is None:
        return [first]
    return [first, FileCheck(valid, "validation", checked.method, found, variables, first).run()]


def _grader(document: Any, grading: Grading) -> Grader:
    return compile_document(
        document,
        judge=grading.judge,
        cache=grading.cache,
        asking=grading.asking,
        confinement=grading.confinement,
        options=grading.options,
    )
