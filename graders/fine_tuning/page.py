"""A dry run as one HTML page that needs nothing else and runs nothing.

Design: Jinja2 escapes whatever the template puts in, and the charts are made of numbers alone.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import jinja2
import numpy as np

from graders.fine_tuning.dry_run import DryRun
from graders.fine_tuning.findings import of_severity
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.projection import amount
from graders.fine_tuning.signal import Signal
from graders.report.sealed import environment, style
from graders.report.text import plain

_SEVERITIES: tuple[tuple[Severity, str], ...] = (
    ("error", "Errors"),
    ("warning", "Warnings"),
    ("note", "Notes"),
)
_MOST_POINTS = 600


class Bar(NamedTuple):
    """A bar in a box of 100 by 100, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    words: str


class Chart(NamedTuple):
    """Bars or points in a box of 100 by 100, and the words at its ends."""

    bars: Sequence[Bar]
    points: Sequence[tuple[float, float]]
    left: str
    right: str
    top: str


def to_html(report: DryRun) -> str:
    """Write a dry run as a page."""
    signal = report.signal
    return (
        _environment()
        .get_template("dry_run.html.j2")
        .render(
            **style("graders.fine_tuning", "dry_run.css"),
            report=report,
            groups=[
                (severity, title, of_severity(report.findings, severity)) for severity, title in _SEVERITIES
            ],
            files=[file.to_dict() for file in report.files],
            rewards=None if signal is None else _rewards(signal),
            spreads=None if signal is None else _spreads(signal),
            lengths=None if signal is None else _lengths(signal),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return environment(
        "graders.fine_tuning",
        {
            "plain": _plain,
            "count": lambda value: f"{value:,.0f}",
            "number": lambda value: "-" if value is None else f"{value:.3f}",
            "amount": amount,
            "share": lambda value: "-" if value is None else f"{value:.1%}",
        },
    )


def _plain(value: object, limit: int) -> str:
    return plain(str(value), limit)


def _rewards(signal: Signal) -> Chart:
    return _histogram(signal.bins["edges"], signal.bins["counts"], "samples")


def _spreads(signal: Signal) -> Chart | None:
    """Count the standard deviations within items."""
    spreads = np.array(signal.points["spreads"], dtype=np.float64)
    spreads = spreads[np.isfinite(spreads)]
    if not len(spreads):
        return None
    counts, edges = np.histogram(spreads, 10, (0.0, max(1e-9, float(spreads.max()))))
    return _histogram(edges.tolist(), counts.tolist(), "items")


def _histogram(edges: Sequence[float], counts: Sequence[float], what: str) -> Chart:
    most, width = max(1.0, *counts), 100 / len(counts)
    bars = [
        Bar(
            round(index * width + 0.3, 2),
            round(100 - 100 * count / most, 2),
            round(width - 0.6, 2),
            round(100 * count / most, 2),
            f"{edges[index]:.3g} to {edges[index + 1]:.3g}: {count:,.0f} {what}",
        )
        for index, count in enumerate(counts)
    ]
    return Chart(bars, (), f"{edges[0]:.3g}", f"{edges[-1]:.3g}", f"{most:,.0f}")


def _lengths(signal: Signal) -> Chart:
    """Lay out rewards against lengths, some of them where there are many."""
    lengths, rewards = (np.array(signal.points[name]) for name in ("lengths", "rewards"))
    step = max(1, len(lengths) // _MOST_POINTS)
    longest = max(1.0, float(lengths.max(initial=1.0)))
    width = signal.ceiling - signal.floor or 1.0
    across = 100 * lengths[::step] / longest
    with np.errstate(over="ignore", invalid="ignore"):
        up = np.nan_to_num(np.clip((rewards[::step] - signal.floor) / width, 0.0, 1.0))
    down = 96 - 92 * up  # points at the floor and at the ceiling are seen whole
    points = list(zip(across.round(2).tolist(), down.round(2).tolist(), strict=True))
    return Chart((), points, "0", f"{longest:,.0f} characters", f"{signal.ceiling:.3g}")
