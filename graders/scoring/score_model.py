"""score_model: a number from a judge."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graders.config import GraderConfig, ScoreModelGrader
from graders.config.problems import show
from graders.errors import Failure
from graders.scoring import Binding
from graders.scoring._verdict import Inquiry, Judged, response_schema


@dataclass(frozen=True)
class _InRange:
    """Takes a number for a score; beyond the range it becomes the nearer bound."""

    low: float
    high: float

    def __call__(self, result: Any) -> float | Failure:
        if type(result) not in (int, float):
            return Failure("not_a_number", f"expected a number as the result; got {show(result)}")
        return float(min(max(result, self.low), self.high)) + 0.0  # no negative zero


@dataclass(frozen=True)
class ScoreModel(Judged):
    """Scores the judge's number, not rescaled; beyond the range it becomes the nearer bound."""

    Config: ClassVar[type[GraderConfig]] = ScoreModelGrader

    @classmethod
    def bind(cls, config: ScoreModelGrader, binding: Binding) -> Self:
        """Parse the prompt and find the judge.

        Raises:
            ConfigError: there is no judge.
        """
        low, high = config.range or (0, 1)
        schema = response_schema(
            "float_score_classification", f"A number from {low} to {high}.", {"type": "number"}
        )
        grade = _InRange(float(low), float(high))
        return cls(binding.name, Inquiry.of(binding, config, schema, grade))
