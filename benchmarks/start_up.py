"""How much slower `import graders` is than importing what it cannot do without."""

from collections.abc import Iterator

from benchmarks.measure import Ratio, start_up_ratio


def ratios() -> Iterator[Ratio]:
    """Compare imports and `--help` in fresh interpreters."""
    basis = ["-c", "import numpy, pydantic"]
    package = start_up_ratio(["-c", "import graders"], basis)
    yield Ratio("import graders / import numpy, pydantic", package, 1.5, at_most=True)
    everything = start_up_ratio(["-c", "from graders import *"], basis)
    yield Ratio("from graders import * / import numpy, pydantic", everything, None, at_most=True)
    command = start_up_ratio(["-m", "graders", "--help"], ["-c", "import typer, rich"])
    yield Ratio("graders --help / import typer, rich", command, None, at_most=True)
