"""How fast this is on the machine that it runs on: ratios to other libraries, measured side by side."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from graders.analysis.corpora import gsm8k, one_line
from graders.analysis.measure import Ratio
from graders.analysis.races import metric_races, rendering

LIBRARIES = ("numpy", "rapidfuzz", "rouge-score", "nltk", "sacrebleu", "jinja2")
_ROWS_A_PAIR = 50
"""Rendering is that much faster than scoring."""


def measured_ratios(pairs: int) -> Iterator[Ratio]:
    """Measure everything that needs no more than this package needs itself; each is given when it is known.

    `pairs` are taken of each of two corpora: texts of one line, and solutions to the problems of GSM8K, which
    have several lines, digits beside punctuation and characters beyond ASCII.

    Raises `ValueError` unless `pairs` is at least 1.
    """
    if pairs < 1:
        raise ValueError(f"expected at least 1 pair; got {pairs!r}")
    for corpus in (one_line(pairs), gsm8k(pairs)):
        for race in metric_races(corpus):
            race.ours()
            yield race.measured()
    for race in rendering(_ROWS_A_PAIR * pairs):
        yield race.measured()


def library_versions(libraries: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """Give the versions of Python and of the libraries, those that are installed."""
    found = {"python": platform.python_version()}
    for name in ("local-graders", *libraries):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Name the machine: system, processor, cores."""
    cores = os.cpu_count() or 1
    return f"{platform.system()} {platform.machine()}, {_processor()}{cores} cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next((f"{name}, " for name in names), "")
