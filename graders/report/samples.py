"""Several samples of a row: would one of k pass, would all k?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from graders.analysis import Repeats
from graders.report.selection import Numbered


@dataclass
class Samples:
    """How many samples with a verdict each row has, and how many of them passed."""

    _sizes: list[int] = field(default_factory=list)
    _passed: list[int] = field(default_factory=list)
    _row: int | None = None

    def add(self, rows: Iterable[Numbered]) -> None:
        """Look at some lines; the samples of a row follow each other."""
        for _, line in rows:
            if "sample_index" not in line or line["passed"] is None:
                continue
            if line["row"] != self._row:
                self._row = line["row"]
                self._sizes.append(0)
                self._passed.append(0)
            self._sizes[-1] += 1
            self._passed[-1] += line["passed"]

    @property
    def repeats(self) -> Repeats | None:
        """pass@k and pass^k, where k is what every row has at least; None where that is not two."""
        return Repeats.of(self._sizes, self._passed)
