"""How much slower `import graders` is than importing what it cannot do without."""

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.processes import interpreter_cost
from graders.analysis.measure import Ratio

ROUNDS = 7


def ratios() -> Iterator[Ratio]:
    """Compare imports and `--help` in fresh interpreters."""
    basis = ["-c", "import numpy, pydantic"]
    package = _ratio(["-c", "import graders"], basis)
    yield Ratio("import graders / import numpy, pydantic", package, 1.5, at_most=True)
    everything = _ratio(["-c", "from graders import *"], basis)
    yield Ratio("from graders import * / import numpy, pydantic", everything, at_most=True)
    command = _ratio(["-m", "graders", "--help"], ["-c", "import typer, rich"])
    yield Ratio("graders --help / import typer, rich", command, at_most=True)


def _ratio(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Give the start-up time of ours divided by that of theirs."""
    pairs = [(interpreter_cost(ours).seconds, interpreter_cost(theirs).seconds) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs) / statistics.median(pair[1] for pair in pairs)
