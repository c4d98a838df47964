"""A grader type: 1.0 where a text has a number of words between two bounds."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from graders.batch import Batch, Path
from graders.config import GraderConfig
from graders.render import TemplateString, parse_template
from graders.scores import Scores
from graders.scoring import Binding


class LengthWindowGrader(GraderConfig):
    """The document of the type."""

    template_fields: ClassVar[tuple[str, ...]] = ("input",)

    type: Literal["length_window"]
    input: str
    """The text that is counted; a template string."""
    least: int
    """The least number of words that scores."""
    most: int
    """The greatest number of words that scores."""


@dataclass(frozen=True)
class LengthWindow:
    """The grader of the type."""

    Config: ClassVar[type[GraderConfig]] = LengthWindowGrader

    name: str
    input: TemplateString
    least: int
    most: int

    @classmethod
    def bind(cls, config: LengthWindowGrader, binding: Binding) -> Self:
        """Make a grader of a document."""
        return cls(binding.name, parse_template(config.input), config.least, config.most)

    @property
    def paths(self) -> tuple[Path, ...]:
        """What it reads of a row."""
        return self.input.paths

    @property
    def signatures(self) -> dict[str, str]:
        """Which metrics it computes: none."""
        return {}

    def score_batch(self, batch: Batch) -> Scores:
        """Count the words of every row."""
        texts, failures = self.input.render(batch)
        words = np.array([len(text.split()) for text in texts])
        inside = (words >= self.least) & (words <= self.most)
        return Scores.of(self.name, inside.astype(np.float64), failures)
