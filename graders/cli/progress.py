"""How far a run has come: a bar where stderr is a terminal, or lines of JSON for machines."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from graders.cli.console import err
from graders.engine import Progress

Shown = Literal["nothing", "bar", "lines"]
Teller = Callable[[Progress], None]
_SECONDS_BETWEEN = 1.0


@contextmanager
def watched(shown: Shown) -> Iterator[Teller | None]:
    """Show the progress of a run while it goes on."""
    if shown == "lines":
        lines = _Lines()
        yield lines
        lines.say("end")
    elif shown == "bar" and err().is_terminal:
        with _bar() as bar:
            yield bar
    else:
        yield None


class _Lines:
    """One line of JSON about once a second, and one at the end."""

    def __init__(self) -> None:
        self._last: Progress | None = None
        self._said = float("-inf")

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        if time.monotonic() - self._said >= _SECONDS_BETWEEN:
            self.say("progress")

    def say(self, event: str) -> None:
        """Print what was heard last."""
        self._said = time.monotonic()
        if self._last is not None:
            facts = {"event": event, **vars(self._last)}
            facts |= {"rows_per_second": self._last.rate, "seconds_left": self._last.seconds_left}
            print(json.dumps(facts), file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Teller]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=err(), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda progress: bar.update(task, completed=progress.fraction, description=described(progress))


def described(progress: Progress) -> str:
    """Say it in a line for people.

    >>> described(Progress(rows=1200, failed=3, fraction=0.25, mean=0.5, new=1200, seconds=2.0))
    '1,200 rows, 600/s, 6 s left, mean 0.500, 3 failed'
    """
    rate, left = progress.rate, progress.seconds_left
    parts = [
        f"{progress.rows:,} rows",
        None if rate is None else f"{rate:,.0f}/s",
        None if left is None else f"{_duration(left)} left",
        None if progress.mean is None else f"mean {progress.mean:.3f}",
        f"{progress.failed:,} failed" if progress.failed else None,
        f"{progress.calls:,} calls" if progress.calls else None,
        f"{progress.tokens:,} tokens" if progress.tokens else None,
    ]
    return ", ".join(part for part in parts if part is not None)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02}:{rest:02} h"
        if hours
        else f"{minutes}:{rest:02} min"
        if minutes
        else f"{rest} s"
    )
