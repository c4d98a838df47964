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
from graders.server.answered import Purpose
from graders.server.criteria import MOST_CRITERIA
from graders.server.parameters import LONGEST_KEY, LONGEST_NAME, LONGEST_VALUE, MOST_PAIRS

_Key = Annotated[str, Field(max_length=LONGEST_KEY)]
_Value = Annotated[str, Field(max_length=LONGEST_VALUE)]
SOONEST, LATEST = 3600, 2_592_000
"""Seconds after which a file can be made to expire."""
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
    testing_criteria: Annotated[list[Criterion], Field(min_length=1, max_length=MOST_CRITERIA)]
    name: Name | None = None
    metadata: Metadata | None = None


class EvalChanges(Closed):
    """What is to be changed of an eval."""

    name: Name | None = None
    metadata: Metadata | None = None


class FileForm(Open):
    """A form with a file, and how many seconds it is kept."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]
    purpose: Purpose
    anchor: Annotated[Literal["created_at"] | None, Field(alias="expires_after[anchor]")] = None
    seconds: Annotated[
        Annotated[int, Field(ge=SOONEST, le=LATEST)] | None, Field(alias="expires_after[seconds]")
    ] = None
