"""The six published grader types."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator

from graders.config.messages import GraderMessage, message_templates
from graders.config.models import GraderConfig, Number, SamplingParams


class StringCheckGrader(GraderConfig):
    """Compares two texts; 1.0 where the comparison holds, else 0.0."""

    template_fields: ClassVar[tuple[str, ...]] = ("input", "reference")

    type: Literal["string_check"]
    input: str
    """The text that is checked; a template string."""
    reference: str
    """What it is checked against; a template string."""
    operation: Literal["eq", "ne", "like", "ilike"]
    """Equal; not equal; input contains reference; the same ignoring case."""


class TextSimilarityGrader(GraderConfig):
    """Measures how alike two texts are, 0 to 1."""

    template_fields: ClassVar[tuple[str, ...]] = ("input", "reference")

    type: Literal["text_similarity"]
    input: str
    """The graded text, the hypothesis; a template string."""
    reference: str
    """The text it should resemble; a template string."""
    evaluation_metric: str
    """Which metric."""
    pass_threshold: Number | None = None
    """The least score that passes."""


class _JudgedGrader(GraderConfig):
    """What the two model graders share."""

    model: str
    """The judge; any name that the judge's endpoint knows."""
    input: list[GraderMessage]
    """The prompt."""
    sampling_params: SamplingParams | None = None
    """How the judge samples."""

    @classmethod
    def template_strings(cls, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for path, text in message_templates(document.get("input")):
            yield f".input{path}", text


class ScoreModelGrader(_JudgedGrader):
    """Asks a model for a number."""

    type: Literal["score_model"]
    range: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None
    """Lowest and highest score; the hosted default is [0, 1]."""
    pass_threshold: Number | None = None
    """The least score that passes; the middle of the range where it is absent."""

    @field_validator("range")
    @classmethod
    def _ascending(cls, value: list[int | float] | None) -> list[int | float] | None:
        if value is not None and value[0] >= value[1]:
            raise ValueError(f"expected the lower number first; got {value}")
        return value


class LabelModelGrader(_JudgedGrader):
    """Asks a model for one of several labels; 1.0 where it is a passing one, else 0.0."""

    type: Literal["label_model"]
    labels: Annotated[list[str], Field(min_length=1)]
    """What the judge may answer."""
    passing_labels: list[str]
    """The labels that pass."""

    @field_validator("labels", "passing_labels")
    @classmethod
    def _distinct(cls, value: list[str]) -> list[str]:
        twice = [label for label, count in Counter(value).items() if count > 1]
        if twice:
            raise ValueError(f"expected each label once; got {', '.join(map(repr, twice))} more than once")
        return value

    @field_validator("passing_labels")
    @classmethod
    def _offered(cls, value: list[str], info: ValidationInfo) -> list[str]:
        labels = info.data.get("labels", value)
        known = set(labels)
        strange = [label for label in value if label not in known]
        if strange:
            offered = ", ".join(map(repr, labels))
            raise ValueError(f"expected some of the labels {offered}; got {', '.join(map(repr, strange))}")
        return value


class PythonGrader(GraderConfig):
    """Runs `grade(sample, item)` of a Python source."""

    type: Literal["python"]
    source: str
    """The source; defines `grade(sample: dict, item: dict) -> float`."""
    image_tag: str | None = None
    """Which hosted image would run it."""
    pass_threshold: Number | None = None
    """The least score that passes; 0.5 where it is absent."""


class MultiGrader(GraderConfig):
    """Combines several graders by a formula."""

    type: Literal["multi"]
    graders: Annotated[dict[str, SerializeAsAny[GraderConfig]], Field(min_length=1)]
    """The sub-graders; the keys are the names in the formula."""
    calculate_output: str
    """The formula: + - * / ^ and min max abs floor ceil exp sqrt log over the keys."""
    pass_threshold: Number | None = None
    """The least total that passes."""


METRICS = (
    "fuzzy_match",
    "bleu",
    "gleu",
    "meteor",
    "cosine",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
)
"""The published values of `evaluation_metric`."""

TYPES: dict[str, type[GraderConfig]] = {
    "string_check": StringCheckGrader,
    "text_similarity": TextSimilarityGrader,
    "score_model": ScoreModelGrader,
    "label_model": LabelModelGrader,
    "python": PythonGrader,
    "multi": MultiGrader,
}
"""The published values of `type`."""
