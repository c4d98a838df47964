"""How a job is tried out: how its grader is run, where samples come from, what probes are tried on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graders.batch import Path as ValuePath
from graders.cache import Cache
from graders.compile import Asking, Confinement, Options
from graders.fine_tuning.answers import Joining
from graders.judges import Judge
from graders.results import Price
from graders.sampling import Sampler


@dataclass(frozen=True)
class Grading:
    """How the grader of a job is run."""

    judge: Judge | str | None = None
    cache: Cache | None = None
    asking: Asking | None = None
    confinement: Confinement = field(default_factory=Confinement)
    options: Options = field(default_factory=lambda: Options(on_error="zero"))
    prices: Mapping[str, Price] = field(default_factory=dict)


@dataclass(frozen=True)
class Sampling:
    """Where samples come from: a file, or a model that is asked for `k` an item, of `items` items at most."""

    path: Path | None = None
    joining: Joining = field(default_factory=Joining)
    sampler: Sampler | None = None
    k: int = 4
    items: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Probes:
    """How many items probes are tried on (None: as suits the grader), and how they are drawn."""

    items: int | None = None
    seed: int = 0
    reference: ValuePath | None = None
