"""The three methods of fine-tuning, and the job that names one of them: shape only, official names."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, field_validator

from graders.config import GraderConfig
from graders.config.models import Part
from graders.fine_tuning.hyperparameters import (
    DpoHyperparameters,
    ReinforcementHyperparameters,
    SupervisedHyperparameters,
)

MethodType = Literal["supervised", "dpo", "reinforcement"]


class JSONSchema(Part):
    """The schema that a model's answers follow."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """Its name."""
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """A JSON schema."""
    strict: bool | None = None
    """Whether answers are kept to it."""
    description: str | None = None


class ResponseFormat(Part):
    """The form of a model's answers while it is trained."""

    type: Literal["json_schema"]
    json_schema: JSONSchema


class SupervisedMethod(Part):
    """Learns from examples."""

    hyperparameters: SupervisedHyperparameters | None = None


class DpoMethod(Part):
    """Learns from pairs of a better and a worse answer."""

    hyperparameters: DpoHyperparameters | None = None


class ReinforcementMethod(Part):
    """Learns from the rewards of a grader."""

    grader: SerializeAsAny[GraderConfig]
    """What gives the reward."""
    hyperparameters: ReinforcementHyperparameters | None = None
    response_format: ResponseFormat | None = None
    """The form of the answers; the grader reads them at `sample.output_json`."""


class Method(Part):
    """One of the three, under its own name."""

    type: MethodType
    supervised: SupervisedMethod | None = None
    dpo: DpoMethod | None = None
    reinforcement: ReinforcementMethod | None = None


class Wandb(Part):
    """A project at Weights and Biases."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] | None = None


class Integration(Part):
    """Where a job reports to."""

    type: Literal["wandb"]
    wandb: Wandb


class FineTuningJob(Part):
    """The body of a request that creates a fine-tuning job."""

    model: Annotated[str, Field(min_length=1)]
    """The model that is trained."""
    training_file: Annotated[str, Field(min_length=1)]
    """The id of the training file."""
    validation_file: Annotated[str, Field(min_length=1)] | None = None
    """The id of the validation file; reinforcement needs one."""
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """Goes into the name of the new model."""
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = None
    metadata: dict[str, str] | None = None
    """At most 16 pairs, keys of up to 64 characters and values of up to 512."""
    integrations: Annotated[list[Integration], Field(max_length=5)] | None = None
    hyperparameters: SupervisedHyperparameters | None = None
    """The old place of the supervised hyperparameters."""
    method: Method | None = None
    """How the model is trained; supervised where it is absent."""

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: Mapping[str, str] | None) -> Mapping[str, str] | None:
        if value is None:
            return value
        if len(value) > 16:
            raise ValueError(f"expected at most 16 pairs; got {len(value)}")
        long = [key for key, text in value.items() if len(key) > 64 or len(text) > 512]
        if long:
            raise ValueError(
                f"expected keys of up to 64 characters and values of up to 512; got more at {long[0][:64]!r}"
            )
        return value
