"""Fine-tuning jobs and what is said of them, as the OpenAPI document tells them."""

from typing import Any, Literal

from pydantic import Field

from graders.server.answered import Answered, Kept, Metadata


class JobError(Answered):
    """Why a job failed, and the parameter that it is about."""

    code: str
    message: str
    param: str | None


class JobMethod(Kept):
    """How a job would train; the object of the method has its name."""

    type: Literal["supervised", "dpo", "reinforcement"]


class Job(Answered):
    """A fine-tuning job, of which only a dry run is made."""

    object: Literal["fine_tuning.job"]
    id: str
    model: str
    created_at: int
    finished_at: int | None
    fine_tuned_model: None
    organization_id: str
    result_files: list[str] = Field(max_length=0)
    status: Literal["validating_files", "paused", "failed", "cancelled"]
    validation_file: str | None
    training_file: str
    hyperparameters: dict[str, str | int | float]
    trained_tokens: None
    error: JobError | None
    user_provided_suffix: str | None
    seed: int
    estimated_finish: None
    integrations: list[dict[str, Any]]
    metadata: Metadata | None
    usage_metrics: None
    shared_with_openai: Literal[False]
    eval_id: None
    method: JobMethod


class Event(Answered):
    """Something that is said of a job; a finding's details are in `data`."""

    id: str
    object: Literal["fine_tuning.job.event"]
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message"]
    data: dict[str, Any] | None


class Checkpoint(Answered):
    """A checkpoint; there are none, since nothing is trained."""

    id: str
