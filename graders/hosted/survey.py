"""What a pull would copy, counted without writing anything."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graders.hosted.connection import RefusedError, quoted
from graders.hosted.pages import Received
from graders.hosted.pull import WORKERS, Selection
from graders.hosted.source import Source, file_named, is_finished, is_wanted, needed, runs_path


@dataclass(frozen=True)
class SurveyedEval:
    """One eval: its runs, those of them that are not over, their output items, the files they name."""

    id: str
    name: str
    runs: int
    unfinished: int
    items: int
    files: frozenset[str]


def survey(source: Source, selection: Selection, *, workers: int = WORKERS) -> list[SurveyedEval]:
    """Ask for evals and runs, and count what a pull would copy; items are counted as the runs say.

    Raises:
        DataError: the server refuses the key, does not know an eval, or gives a list without an end.
        RunStoppedError: the server keeps failing.
    """
    found = list(_evals(source, selection.evals))
    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(lambda each: _surveyed(source, each, selection.since), found))
        except BaseException:
            source.turnstile.stop.set()
            raise


def _evals(source: Source, names: Sequence[str]) -> Iterator[Received]:
    if not names:
        with needed(f"the list of evals at {source.connection.url}"):
            for step in source.follow("/evals"):
                yield from step.objects
    for name in dict.fromkeys(names):
        with needed(f"eval {name!r}"):
            yield source.one(f"/evals/{quoted(name)}")


def _surveyed(source: Source, found: Received, since: float | None) -> SurveyedEval:
    runs = unfinished = items = 0
    files: set[str] = set()
    for run in (run for run in _runs(source, found.id) if is_wanted(run, since)):
        over = is_finished(run)
        runs += 1
        unfinished += not over
        items += _total(run) if over else 0
        files |= {file} if over and (file := file_named(run)) is not None else set()
    return SurveyedEval(
        found.id, str(found.value.get("name") or ""), runs, unfinished, items, frozenset(files)
    )


def _runs(source: Source, of_eval: str) -> Iterator[dict[str, Any]]:
    """Give an eval's runs; an eval that has gone meanwhile has none."""
    with suppress(RefusedError):
        for step in source.follow(runs_path(of_eval)):
            yield from (each.value for each in step.objects)


def _total(run: dict[str, object]) -> int:
    counts = run.get("result_counts")
    total = counts.get("total") if isinstance(counts, dict) else None
    return total if isinstance(total, int) else 0
