"""label_model: one of several labels from a judge."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graders.config import GraderConfig, LabelModelGrader
from graders.config.problems import show
from graders.errors import Failure
from graders.scoring import Binding
from graders.scoring._verdict import Inquiry, Judged, response_schema


@dataclass(frozen=True)
class _AmongLabels:
    """Takes one of the labels for a score: 1.0 for a passing one, else 0.0."""

    labels: tuple[str, ...]
    passing_labels: frozenset[str]

    def __call__(self, result: Any) -> float | Failure:
        if not isinstance(result, str) or result not in self.labels:
            labels = ", ".join(map(repr, self.labels))
            return Failure("not_a_label", f"expected one of the labels {labels}; got {show(result)}"[:2000])
        return float(result in self.passing_labels)


@dataclass(frozen=True)
class LabelModel(Judged):
    """Scores 1.0 where the judge's label is a passing one, else 0.0; labels are compared exactly."""

    Config: ClassVar[type[GraderConfig]] = LabelModelGrader

    @classmethod
    def bind(cls, config: LabelModelGrader, binding: Binding) -> Self:
        """Parse the prompt and find the judge.

        Raises:
            ConfigError: there is no judge.
        """
        schema = response_schema(
            "label_classification", "One of the labels.", {"type": "string", "enum": list(config.labels)}
        )
        grade = _AmongLabels(tuple(config.labels), frozenset(config.passing_labels))
        return cls(binding.name, Inquiry.of(binding, config, schema, grade))
