"""The body of a fine-tuning job: checked as it is created, and shown as the API shows a job.

Design: what the hosted service would refuse at once is 400; what it would find in the files is left to the
dry run. A job asked for on a path of Azure goes by what Azure takes.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from graders.config.models import Part
from graders.errors import Problem
from graders.fine_tuning import (
    CheckedJob,
    DpoHyperparameters,
    ReinforcementHyperparameters,
    SupervisedHyperparameters,
    check_job,
)
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.job import add_job_findings
from graders.sandbox.confinement import Confinement
from graders.server.answers import now
from graders.server.failures import ApiError, invalid, missing, not_found
from graders.server.parameters import checked, metadata_of
from graders.server.problems import check, worded
from graders.store import Store, StoredJob

ORGANIZATION = "org-local"
FILES = ("training_file", "validation_file")
PURPOSE = "fine-tune"
_GRADER = "method.reinforcement.grader"
_MOST_SEED = 2**31 - 1
_HYPERPARAMETERS: Mapping[str, type[Part]] = {
    "supervised": SupervisedHyperparameters,
    "dpo": DpoHyperparameters,
    "reinforcement": ReinforcementHyperparameters,
}


def body_of(
    body: Mapping[str, Any], store: Store, confinement: Confinement, *, azure: bool
) -> dict[str, Any]:
    """Give what is kept of a new job.

    Raises:
        ApiError: the service would not create it.
    """
    metadata = metadata_of(body) if body.get("metadata") is not None else None
    job = check_job(body)
    _check(job, confinement, azure=azure)
    for param in FILES:
        if body.get(param) is not None:
            _check_file(store, param, body[param])
    seed = secrets.randbelow(_MOST_SEED) if body.get("seed") is None else body["seed"]
    return {"document": body, "method": job.method, "metadata": metadata, "seed": seed, "azure": azure}


def _check(job: CheckedJob, confinement: Confinement, *, azure: bool) -> None:
    of_grader = set(job.grader.problems) if job.grader else set()
    problems = [problem for problem in job.problems if problem not in of_grader]
    if problems:
        raise worded(problems[0], "")
    if job.method == "reinforcement":
        check(checked(job.grader_document, dict, _GRADER), "rft", _GRADER, confinement)
    found = Collected()
    add_job_findings(found, job, validated=True, azure=azure)
    for finding in found.findings():
        if finding.kind == "validation_file_missing" and finding.severity == "error":
            raise missing("validation_file")
        if finding.severity == "error":
            place = finding.places[0]
            raise worded(Problem(place.path, place.message), "")


def _check_file(store: Store, param: str, file_id: str) -> None:
    stored = store.files.get(file_id, now())
    if stored is None:
        raise ApiError(400, not_found("File", file_id).message, param=param)
    if stored.purpose != PURPOSE:
        message = f"Invalid '{param}': expected a file with the purpose '{PURPOSE}', but got one for"
        raise invalid(param, f"{message} '{stored.purpose}'.", "invalid_file_purpose")


def shown(job: StoredJob) -> dict[str, Any]:
    """Give a job as the API shows it; nothing is ever trained, so there is no model and no result."""
    body = job.body
    document, kind = body["document"], body["method"]
    method = _method(document, kind)
    return {
        "object": "fine_tuning.job",
        "id": job.id,
        "model": document["model"],
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "fine_tuned_model": None,
        "organization_id": ORGANIZATION,
        "result_files": [],
        "status": job.status,
        "validation_file": document.get("validation_file"),
        "training_file": document["training_file"],
        "hyperparameters": method["hyperparameters"] if kind == "supervised" else {},
        "trained_tokens": None,
        "error": job.error,
        "user_provided_suffix": document.get("suffix"),
        "seed": body["seed"],
        "estimated_finish": None,
        "integrations": document.get("integrations") or [],
        "metadata": body["metadata"],
        "usage_metrics": None,
        "shared_with_openai": False,
        "eval_id": None,
        "method": {"type": kind, kind: method},
    }


def _method(document: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Give the object of a job's method, with every hyperparameter of it."""
    given: Mapping[str, Any] = (document.get("method") or {}).get(kind) or {}
    said = given.get("hyperparameters")
    if "method" not in document or document["method"] is None:
        said = document.get("hyperparameters")  # where the supervised ones stood before there were methods
    usual = {name: field.default for name, field in _HYPERPARAMETERS[kind].model_fields.items()}
    named = {name: value for name, value in (said or {}).items() if value is not None}
    whole = {**given, "hyperparameters": usual | named}
    return whole | {"response_format": given.get("response_format")} if kind == "reinforcement" else whole
