"""Evals, runs and output items, as the OpenAPI document tells them."""

from typing import Any, Literal

from pydantic import Field

from graders.server.answered import Answered, Kept, Metadata


class CustomConfig(Answered):
    """Items of a schema; in `schema` it is wrapped, beside that of the samples where they were asked for."""

    type: Literal["custom"]
    schema_: dict[str, Any] = Field(alias="schema")
    max_items: None


class LogsConfig(Answered):
    """Logged requests."""

    type: Literal["logs", "stored_completions"]
    metadata: dict[str, Any]
    schema_: dict[str, Any] = Field(alias="schema")


class Criterion(Kept):
    """A grader of an eval as it was sent, with what is ours."""

    type: Literal["label_model", "string_check", "text_similarity", "python", "score_model"]
    name: str
    id: str
    grdr_id: None
    inactive_at: None


class Eval(Answered):
    """An eval."""

    id: str
    created_at: int
    data_source_config: CustomConfig | LogsConfig
    metadata: Metadata
    name: str
    object: Literal["eval"]
    testing_criteria: list[Criterion]


class EvalDeleted(Answered):
    """An eval is gone."""

    object: Literal["eval.deleted"]
    deleted: Literal[True]
    eval_id: str


class ResultCounts(Answered):
    """What became of the rows; a row whose grader failed counts as failed and as errored."""

    total: int
    errored: int
    failed: int
    passed: int


class ModelUsage(Answered):
    """The tokens of one model."""

    model_name: str
    invocation_count: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int


class CriterionResult(Answered):
    """What became of the rows by one criterion, named by its id."""

    testing_criteria: str
    passed: int
    failed: int


class RunError(Answered):
    """Why a run failed."""

    code: str
    message: str


class Run(Answered):
    """A run of an eval."""

    object: Literal["eval.run"]
    id: str
    eval_id: str
    report_url: str
    status: Literal["queued", "in_progress", "completed", "canceled", "failed"]
    model: str | None
    name: str
    created_at: int
    result_counts: ResultCounts
    per_model_usage: list[ModelUsage] | None
    per_testing_criteria_results: list[CriterionResult] | None
    data_source: dict[str, Any]
    metadata: Metadata
    error: RunError | None


class RunDeleted(Answered):
    """A run is gone."""

    object: Literal["eval.run.deleted"]
    deleted: Literal[True]
    run_id: str


class Sample(Kept):
    """What was asked of a model, and what it answered."""

    input: list[dict[str, Any]]
    output: list[dict[str, Any]]
    finish_reason: str
    model: str | None
    usage: dict[str, int]


class ResultError(Answered):
    """Why a criterion could not grade a row."""

    code: str
    reason: str
    message: str


class Result(Answered):
    """A row's result by one criterion, named by its id; `sample` is the judge's, where there is one.

    `error` is ours, and there only where the criterion failed.
    """

    name: str
    sample: Sample | None
    passed: bool
    score: float
    error: ResultError | None = None


class OutputItem(Answered):
    """A graded row."""

    object: Literal["eval.run.output_item"]
    id: str
    created_at: int
    run_id: str
    eval_id: str
    status: Literal["pass", "fail"]
    datasource_item_id: int
    datasource_item: dict[str, Any]
    content_hash: str = Field(alias="_datasource_item_content_hash")
    results: list[Result]
    sample: Sample | None
