"""The body of a fine-tuning job: every problem of it at once, each with its path.

Design: shape comes from the typed models, the grader from `compile`, whose paths are moved to where the
grader stands in the job. What the models cannot say (unknown hyperparameters, a method object of another
type, which models can be trained) is looked at in the document as it was sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import ValidationError

from graders.compile import Findings, check_document
from graders.config import PUBLISHED, GraderConfig
from graders.config.problems import problems_of, show
from graders.errors import ConfigError, Problem
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.job_fields import method_named, shape_problems, unknown_fields
from graders.fine_tuning.methods import FineTuningJob, MethodType
from graders.fine_tuning.nested import dig
from graders.fine_tuning.schemas import loose_places
from graders.registry import Registry, default_registry

GRADER_PATH = "$.method.reinforcement.grader"
_TRAINABLE = "o4-mini-2025-04-16"
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}")
_UNUSABLE = GraderConfig.model_construct(type="")


@dataclass(frozen=True)
class CheckedJob:
    """What a job's body was found to be: its config where it has one, and every problem.

    `grader` is what was found of a reinforcement job's grader, with paths into the job.
    """

    document: Mapping[str, Any]
    job: FineTuningJob | None
    method: MethodType | None
    problems: tuple[Problem, ...] = ()
    grader: Findings | None = None

    @property
    def grader_document(self) -> Any:
        """The grader as it stands in the job, or None."""
        return dig(self.document, ("method", "reinforcement", "grader"))

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The schema of the answers, where the job has one."""
        schema = dig(self.document, ("method", "reinforcement", "response_format", "json_schema", "schema"))
        return schema if isinstance(schema, Mapping) else None

    @property
    def n_epochs(self) -> int | None:
        """How often the training file is gone through; None where the service decides."""
        n = dig(self.document, ("method", self.method or "", "hyperparameters", "n_epochs"))
        return n if type(n) is int else None


def load_job(document: object) -> FineTuningJob:
    """Make the config of a job's body.

    Raises:
        ConfigError: lists every problem with its path.
    """
    checked = check_job(document)
    if checked.job is None:
        raise ConfigError(checked.problems)
    return checked.job


def dump_job(job: FineTuningJob) -> dict[str, Any]:
    """Give the body of a job: every field that was set, unknown ones included."""
    return job.model_dump(exclude_unset=True, by_alias=True)


def check_job(document: object, *, registry: Registry | None = None) -> CheckedJob:
    """Look at a body, a JSON value or a config of one, without raising."""
    if isinstance(document, FineTuningJob):
        document = dump_job(document)
    if not isinstance(document, Mapping):
        problem = Problem("$", f"expected a fine-tuning job, an object; got {show(document)}")
        return CheckedJob({}, None, None, (problem,))
    if "method" not in document and document.get("type") in list(PUBLISHED.types):
        message = f"expected a fine-tuning job; got a grader, which stands in a job at {GRADER_PATH}"
        return CheckedJob({}, None, None, (Problem("$", message),))
    grader, usable = None, document
    if isinstance(dig(document, ("method", "reinforcement")), Mapping):
        grader, usable = _with_grader(document, registry or default_registry())
    problems = list(shape_problems(document))
    try:
        job = FineTuningJob.model_validate(dict(usable))
    except ValidationError as error:
        job = None
        problems += problems_of(error, document, set(FineTuningJob.model_fields), "$")
    if grader is not None:
        problems += dict.fromkeys(grader.problems)
    problems = list(dict.fromkeys(problems))
    return CheckedJob(document, None if problems else job, _method_type(document), tuple(problems), grader)


def add_job_findings(found: Collected, checked: CheckedJob, *, validated: bool, azure: bool) -> None:
    """Add what is to be said of a job, its grader's problems included."""
    own = set(checked.grader.problems) if checked.grader else set()
    for problem in checked.problems:
        found.add("grader_problem" if problem in own else "job_problem", Place(*_parts(problem)))
    for problem in unknown_fields(checked.document, azure=azure):
        found.add("job_unknown_field", Place(*_parts(problem)))
    if "hyperparameters" in checked.document and "method" in checked.document:
        found.add("job_old_hyperparameters", Place("$.hyperparameters", "stands beside a method"))
    if checked.method == "reinforcement":
        _add_reinforcement(found, checked, azure=azure)
    if isinstance(checked.document.get("validation_file"), str) and not validated:
        found.add("validation_file_unread", Place("$.validation_file", "its rows are not here"))


def _add_reinforcement(found: Collected, checked: CheckedJob, *, azure: bool) -> None:
    model = checked.document.get("model")
    if isinstance(model, str) and not _is_trainable(model, azure=azure):
        message = f"reinforcement trains {_TRAINABLE}; got {model!r}"
        found.add("model_not_trainable", Place("$.model", message))
    if checked.document and checked.document.get("validation_file") is None:
        place = Place("$.validation_file", "a reinforcement job needs a validation file")
        found.add("validation_file_missing", place, "warning" if azure else None)
    strict = dig(checked.document, ("method", "reinforcement", "response_format", "json_schema", "strict"))
    if strict is True and checked.schema is not None:
        path = "$.method.reinforcement.response_format.json_schema.schema"
        for below, message in loose_places(checked.schema):
            found.add("response_format_loose", Place(path + below, message))


def _is_trainable(model: str, *, azure: bool) -> bool:
    """Tell whether reinforcement trains a model, or goes on with one that it has trained."""
    base = model.removeprefix("ft:").partition(":")[0]
    return base in (_TRAINABLE, "o4-mini") or (azure and _SNAPSHOT.sub("", base) == "gpt-5")


def _parts(problem: Problem) -> tuple[str, str]:
    return problem.path, problem.message


def _method_type(document: Mapping[str, Any]) -> MethodType | None:
    """Give the method of a job, None where it is not known."""
    name = method_named(dig(document, ("method", "type")))
    if name is not None:
        return name
    given = dig(document, ("method",))
    if given is None and document:
        return "supervised"
    named = [key for key in get_args(MethodType) if isinstance(given, Mapping) and given.get(key)]
    return named[0] if len(named) == 1 else None


def _with_grader(document: Mapping[str, Any], registry: Registry) -> tuple[Findings | None, dict[str, Any]]:
    """Check the grader; give what was found of it, and the body with the grader's config in its place."""
    method = dict(document["method"])
    below = method["reinforcement"] = dict(method["reinforcement"])
    if "grader" not in below:
        return None, {**document, "method": method}
    given = below["grader"]
    findings = _moved(check_document(given, registry))
    if findings.several:  # a list, a map or the body of an eval, which `graders run` takes
        message = "expected one grader, an object with a type; a multi grader combines several"
        problem = Problem(GRADER_PATH, message)
        findings = Findings(problems=(problem,))
    configs = [config for _, config in findings.graders]
    below["grader"] = configs[0] if len(configs) == 1 and configs[0] is not None else _UNUSABLE
    return findings, {**document, "method": method}


def in_job(problem: Problem) -> Problem:
    """Move a problem of the grader to where the grader stands in the job."""
    return Problem(GRADER_PATH + problem.path[1:], problem.message)


def _moved(findings: Findings) -> Findings:
    def move(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        return tuple(map(in_job, problems))

    return replace(
        findings,
        parts=tuple((GRADER_PATH + path[1:], part) for path, part in findings.parts),
        problems=move(findings.problems),
        warnings=move(findings.warnings),
        refusals={place: move(found) for place, found in findings.refusals.items()},
    )
