"""The objects that the server answers with, as its OpenAPI document tells them.

Design: every field is always there, null where there is nothing to say, and no other; objects that hold what
users sent, or what a model said, keep the fields of these.
"""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

Object = TypeVar("Object")
Metadata = dict[str, str]
Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]


class Answered(BaseModel):
    """An object of ours."""

    model_config = ConfigDict(extra="forbid")


class Kept(BaseModel):
    """An object that holds more than is told here."""

    model_config = ConfigDict(extra="allow")


class ErrorDetails(Answered):
    """What went wrong."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str | None


class Error(Answered):
    """The envelope of every error."""

    error: ErrorDetails


class Health(Answered):
    """The server can do its work."""

    status: Literal["ok"]


class Page(Answered, Generic[Object]):
    """A page of a list."""

    object: Literal["list"]
    data: list[Object]
    first_id: str | None
    last_id: str | None
    has_more: bool


class PlainPage(Answered, Generic[Object]):
    """A page of a list that does not name its ends."""

    object: Literal["list"]
    data: list[Object]
    has_more: bool


class NamedGrader(Kept):
    """A grader as it was sent, with a name."""

    type: str
    name: str


class Validated(Answered):
    """A grader that can be used."""

    grader: NamedGrader


class GradeErrors(Answered):
    """The flags of a grade, and their details."""

    formula_parse_error: bool
    sample_parse_error: bool
    sample_parse_error_details: str | None
    truncated_observation_error: bool
    unresponsive_reward_error: bool
    invalid_variable_error: bool
    invalid_variable_error_details: str | None
    other_error: bool
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    model_grader_server_error: bool
    model_grader_refusal_error: bool
    model_grader_refusal_error_details: str | None
    model_grader_parse_error: bool
    model_grader_parse_error_details: str | None
    model_grader_exceeded_max_tokens_error: bool
    model_grader_server_error_details: str | None
    endpoint_grader_internal_error: bool
    endpoint_grader_internal_error_details: str | None
    endpoint_grader_server_error: bool
    endpoint_grader_server_error_details: str | None
    endpoint_grader_safety_check_error: bool


class GradeMetadata(Answered):
    """How a row was graded; `execution_time` in seconds."""

    name: str
    type: str
    errors: GradeErrors
    execution_time: float
    scores: dict[str, float]
    token_usage: dict[str, int] | None
    sampled_model_name: str | None


class Grade(Answered):
    """The grade of one row."""

    reward: float
    metadata: GradeMetadata
    sub_rewards: dict[str, float]
    model_grader_token_usage_per_model: dict[str, dict[str, int]]


class File(Answered):
    """A file."""

    object: Literal["file"]
    id: str
    purpose: Purpose
    filename: str
    bytes: int
    created_at: int
    expires_at: int | None
    status: Literal["processed"]
    status_details: None


class FileDeleted(Answered):
    """A file is gone."""

    id: str
    object: Literal["file"]
    deleted: Literal[True]
