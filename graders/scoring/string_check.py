"""string_check: equal, not equal, contains, contains ignoring case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import numpy as np

from graders.batch import Batch, Path
from graders.config import GraderConfig, StringCheckGrader
from graders.render import TemplateString, parse_template
from graders.scores import Scores
from graders.scoring import Binding

_HOLDS = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.lower() in text.lower(),
}


@dataclass(frozen=True)
class StringCheck:
    """Scores 1.0 where the operation holds and 0.0 where it does not.

    Nothing is trimmed or normalised; `like` knows no wildcards, and an empty reference is in every text.
    """

    Config: ClassVar[type[GraderConfig]] = StringCheckGrader

    name: str
    input: TemplateString
    reference: TemplateString
    operation: Literal["eq", "ne", "like", "ilike"]
    signatures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def bind(cls, config: StringCheckGrader, binding: Binding) -> Self:
        """Parse the two template strings."""
        return cls(
            binding.name, parse_template(config.input), parse_template(config.reference), config.operation
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of both template strings."""
        return self.input.paths + self.reference.paths

    def score_batch(self, batch: Batch) -> Scores:
        """Compare row by row."""
        inputs, references = self.input.render(batch), self.reference.render(batch)
        holds = _HOLDS[self.operation]
        values = np.array(list(map(holds, inputs.texts, references.texts)), dtype=np.float64)
        return Scores.of(self.name, values, references.failures | inputs.failures)
