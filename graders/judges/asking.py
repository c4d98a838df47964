"""How a judge is asked, in so far as the user decides it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graders.cache import Cache
from graders.endpoints.limits import Limits
from graders.judges import Judge
from graders.judges.dry import DryPool, Nobody
from graders.judges.pool import JudgePool
from graders.judges.record import Recorder, Who


@dataclass(frozen=True)
class Asking:
    """What a judge is asked, and how much of it.

    `models` maps models of documents to those that are asked in their place, unless the judge has a model of
    its own. `record` is a file to which every reply is written; the judge `replay:FILE` answers from it.
    `dry` has nobody asked: what would have been asked is collected.
    """

    limits: Limits = field(default_factory=Limits)
    models: Mapping[str, str] = field(default_factory=dict)
    record: Path | None = None
    dry: bool = False

    def pool(self, judge: Judge | None, cache: Cache | None, models: Mapping[str, str]) -> JudgePool | None:
        """Make the pool of a judge; None where there is none to ask.

        Raises:
            ConfigError: the file to record in cannot be written, or records another judge.
        """
        if self.dry:
            return DryPool(judge or Nobody())
        if judge is None:
            return None
        recorder = None
        if self.record is not None:
            who = Who(judge.identity, getattr(judge, "model", None), dict(models))
            recorder = Recorder(self.record, who)
        return JudgePool(judge, limits=self.limits, cache=cache, recorder=recorder)
