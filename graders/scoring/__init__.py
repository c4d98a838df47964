"""One module per grader type: a config bound to what computes it.

A grader type is a class with a `Config`, a `bind(config, binding)` that makes an instance, and a
`score_batch(batch)` that gives the scores. Instances are frozen and survive pickling.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from graders.batch import Batch
from graders.batch import Path as ValuePath
from graders.config import GraderConfig
from graders.embedders import Embedder
from graders.errors import ConfigError, Problem
from graders.judges.pool import JudgePool
from graders.metrics import Metric
from graders.metrics.families import Request
from graders.sandbox import Sandbox
from graders.scores import Scores

__all__ = ["Binding", "Combination", "GraderType", "Scorer", "begin", "cancel"]


class Scorer(Protocol):
    """A grader that is ready to score.

    One that waits for others may also have `begin(batch)`, which starts what it waits for and returns at
    once; the same batch is scored soon. Then it also has `cancel()`, which gives up what was begun.
    """

    @property
    def name(self) -> str:
        """What results and errors call it."""

    @property
    def paths(self) -> tuple[ValuePath, ...]:
        """The paths that it reads from each row."""

    @property
    def signatures(self) -> Mapping[str, str]:
        """Metric name to signature, for each metric that it computes."""

    def score_batch(self, batch: Batch) -> Scores:
        """Score every row of the batch; a row that cannot be scored is a row error, never an exception."""


class GraderType(Scorer, Protocol):
    """What the registry holds under the name of a grader type."""

    Config: ClassVar[type[GraderConfig]]

    @classmethod
    def bind(cls, config: Any, binding: "Binding") -> Self:
        """Make the scorer of a config.

        Raises:
            ConfigError: the config cannot be computed.
        """


def _no_judge() -> JudgePool:
    raise ConfigError([Problem("judge", "there is none")])


def _no_sandbox(source: str) -> Sandbox:
    raise ConfigError([Problem("sandbox", "there is none")])


def _no_embedder() -> Embedder:
    raise ConfigError([Problem("embedder", "there is none")])


@dataclass(frozen=True)
class Binding:
    """What a grader type is given beside its config.

    `path` is where the config stands in the document, for error messages; `metric` looks a metric up;
    `parts` are the sub-graders, already bound; `zero_failures` makes a failed part count 0.0 in a total.
    `together` are all the metrics that compare the same two texts, where there are several. `judge` and
    `embedder` give what was named for the run, or raise a ConfigError that says what is needed; `models`
    maps models of documents to others. Pictures and sounds that a prompt names by a path are read from
    `media_root`; `sandbox` gives where a source runs, once it was found to work there.
    """

    name: str
    path: str
    metric: Callable[[str], Metric]
    parts: Mapping[str, Scorer] = field(default_factory=dict)
    zero_failures: bool = False
    together: tuple[Request, ...] = ()
    judge: Callable[[], JudgePool] = _no_judge
    embedder: Callable[[], Embedder] = _no_embedder
    models: Mapping[str, str] = field(default_factory=dict)
    media_root: Path | None = None
    sandbox: Callable[[str], Sandbox] = _no_sandbox

    def asked_model(self, model: str) -> str:
        """Give the model that a judge is asked for in place of the one that a document names."""
        return self.judge().model or self.models.get(model, model)


class Combination:
    """What every scorer with parts has in common: it reads what they read and computes what they compute."""

    parts: Mapping[str, Scorer]

    @property
    def paths(self) -> tuple[ValuePath, ...]:
        """The paths of every part."""
        return tuple(path for part in self.parts.values() for path in part.paths)

    @property
    def signatures(self) -> Mapping[str, str]:
        """The signatures of every part."""
        return {name: text for part in self.parts.values() for name, text in part.signatures.items()}

    def begin(self, batch: Batch) -> None:
        """Begin every part that waits for others."""
        for part in self.parts.values():
            begin(part, batch)

    def cancel(self) -> None:
        """Give up what the parts have begun."""
        for part in self.parts.values():
            cancel(part)


def begin(scorer: Scorer, batch: Batch) -> None:
    """Start what a scorer waits for, where it waits for anything."""
    start = getattr(scorer, "begin", None)
    if start is not None:
        start(batch)


def cancel(scorer: Scorer) -> None:
    """Give up what a scorer has begun, where it begins anything; it can be used again."""
    stop = getattr(scorer, "cancel", None)
    if stop is not None:
        stop()
