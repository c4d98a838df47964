"""The bodies that the server takes, as its OpenAPI document tells them.

Design: these tell what is taken; what is wrong with a body is said by those who read it, in the words of the
API. Graders, and jobs, are told by the configs that the engine reads.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graders.config import (
    LabelModelGrader,
    MultiGrader,
    PythonGrader,
    ScoreModelGrader,
    StringCheckGrader,
    TextSimilarityGrader,
)
from graders.fine_tuning import FineTuningJob
from graders.server.parameters import LONGEST_KEY, LONGEST_NAME, LONGEST_VALUE, MOST_PAIRS

_Key = Annotated[str, Field(max_length=LONGEST_KEY)]
_Value = Annotated[str, Field(max_length=LONGEST_VALUE)]
Metadata = Annotated[dict[_Key, _Value], Field(max_length=MOST_PAIRS)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Grader = Annotated[
    StringCheckGrader | TextSimilarityGrader | PythonGrader | ScoreModelGrader | MultiGrader,
    Field(discriminator="type"),
]
Criterion = Annotated[
    LabelModelGrader | StringCheckGrader | TextSimilarityGrader | PythonGrader | ScoreModelGrader,
    Field(discriminator="type"),
]


class Closed(BaseModel):
    """A body that holds nothing else."""

    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    """A body whose other fields are passed over."""

    model_config = ConfigDict(extra="allow")


class GraderBody(Open):
    """A grader that is to be checked."""

    grader: Grader


class GradeBody(GraderBody):
    """A row that is to be graded; `reference_answer` stands for an item that holds it."""

    model_sample: str
    item: dict[str, Any] | None = None
    reference_answer: Any = None


class CustomSource(Closed):
    """Items of a schema, whose references stay inside it."""

    type: Literal["custom"]
    item_schema: dict[str, Any]
    include_sample_schema: bool | None = None


class LogsSource(Closed):
    """Logged requests."""

    type: Literal["logs", "stored_completions"]
    metadata: dict[str, Any] | None = None


class EvalBody(Closed):
    """A new eval."""

    data_source_config: Annotated[CustomSource | LogsSource, Field(discriminator="type")]
    testing_criteria: Annotated[list[Criterion], Field(min_length=1, max_length=100)]
    name: Name | None = None
    metadata: Metadata | None = None


class EvalChanges(Closed):
    """What is to be changed of an eval."""

    name: Name | None = None
    metadata: Metadata | None = None


class Row(Open):
    """A row: what is graded, and the model's output where the row has one."""

    item: dict[str, Any]
    sample: str | dict[str, Any] | None = None


class FileContent(Open):
    """Rows that stand in the body."""

    type: Literal["file_content"]
    content: list[Row]


class FileId(Open):
    """The lines of an uploaded file."""

    type: Literal["file_id"]
    id: str


class JsonlSource(Closed):
    """Rows that are graded as they are."""

    type: Literal["jsonl"]
    source: Annotated[FileContent | FileId, Field(discriminator="type")]


class OtherSource(Open):
    """Rows that a model is asked about, or logged requests."""

    type: Literal["completions", "responses"]
    source: dict[str, Any]


class RunBody(Closed):
    """A new run."""

    data_source: Annotated[JsonlSource | OtherSource, Field(discriminator="type")]
    name: Name | None = None
    metadata: Metadata | None = None


class FileForm(Open):
    """A form with a file; its lifetime is 3600 to 2592000 seconds."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    anchor: Annotated[Literal["created_at"] | None, Field(alias="expires_after[anchor]")] = None
    seconds: Annotated[
        Annotated[int, Field(ge=3600, le=2_592_000)] | None, Field(alias="expires_after[seconds]")
    ] = None


BODIES: tuple[type[BaseModel], ...] = (
    GraderBody,
    GradeBody,
    EvalBody,
    EvalChanges,
    RunBody,
    FileForm,
    FineTuningJob,
)
