"""Copy what a hosted Evals API holds into a directory, and go on where an earlier pull stopped.

Design: lists grow at their end, so a list that has been copied goes on behind its last object; nothing that
lies in the directory is fetched again or taken away, although the server may have dropped it. Only what
still changes, a run that is not over, is asked for again; until then it stands in a file of its own.
Evals come first, then their runs, then items and files: each step names the files of the next in the order
of the lists, so names do not depend on which thread was faster.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from graders.errors import RunError, RunStoppedError
from graders.hosted.copying import Copier
from graders.hosted.directory import PullDirectory
from graders.hosted.files import fetch_file
from graders.hosted.runs import copy_runs
from graders.hosted.source import Source, file_named, is_wanted

Result = TypeVar("Result")
WORKERS = 4


@dataclass(frozen=True)
class Selection:
    """What is copied: these evals (none named: all), and of their runs those created since a time.

    `since` is in seconds since 1970; evals themselves are copied whenever they were created.
    """

    evals: tuple[str, ...] = ()
    since: float | None = None


@dataclass(frozen=True)
class Pulled:
    """What a directory holds after a pull, and what could not be had.

    `unfinished` are (eval, run, status) of runs that were not over, `problems` sentences about the rest.
    """

    path: Path
    evals: int
    runs: int
    items: int
    files: int
    unfinished: Sequence[tuple[str, str, str]] = ()
    problems: Sequence[str] = ()


def pull(
    source: Source,
    out: Path,
    selection: Selection | None = None,
    *,
    workers: int = WORKERS,
    on_progress: Callable[[Pulled], None] | None = None,
) -> Pulled:
    """Copy evals, runs, output items and the files that runs name into `out`.

    Raises:
        RunError: `out` holds something else, or another process is pulling into it.
        DataError: the server refuses the key, does not know an eval, or gives a list without an end.
        RunStoppedError: the server keeps failing or the disk is full; another pull goes on.
    """
    with _naming_the_end(out), PullDirectory(out, source.connection.url) as directory:
        work = _Pull(source, directory, selection or Selection(), workers, on_progress or (lambda _: None))
        work.evals()
        work.runs()
        work.items_and_files()
        return work.state()


@dataclass
class _Pull:
    source: Source
    directory: PullDirectory
    selection: Selection
    workers: int
    on_progress: Callable[[Pulled], None]
    chosen: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.copier = Copier(self.source, self.directory, self._tell)

    def evals(self) -> None:
        """Copy the evals, and note which ones are chosen."""
        self.chosen = list(dict.fromkeys(self.selection.evals))
        for name in self.chosen:
            self.copier.one_eval(name)
        if not self.chosen:
            self.copier.evals()
            self.chosen = [each["id"] for each in self.directory.objects(self.directory.manifest.evals)]

    def runs(self) -> None:
        """Copy the runs of the chosen evals."""
        since = self.selection.since
        for problems in self._at_once(partial(copy_runs, self.copier, name, since) for name in self.chosen):
            self.problems += problems

    def items_and_files(self) -> None:
        """Copy the output items of all runs that are over, and the files that runs name."""
        jobs: list[Callable[[], None]] = []
        files: dict[str, None] = {}
        for of_eval, run in self._chosen_runs():
            listing = self.directory.items_of(run["id"], of_eval)
            if listing.eval != of_eval:
                self.problems.append(f"run {run['id']}: eval {listing.eval} has a run of this id too")
            elif not listing.finished:
                jobs.append(partial(self.copier.items, run["id"], listing))
            if (named := file_named(run)) is not None:
                files[named] = None
        jobs += [partial(self._file, name) for name in files if not self.directory.file_of(name).finished]
        self.directory.save()
        self._at_once(jobs)

    def _chosen_runs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for of_eval in self.chosen:
            for run in self.directory.objects(self.directory.runs_of(of_eval)):
                if is_wanted(run, self.selection.since):
                    yield of_eval, run

    def _file(self, name: str) -> None:
        fetch_file(self.source, self.directory, name, self.directory.file_of(name))
        self._tell()

    def _at_once(self, jobs: Iterable[Callable[[], Result]]) -> list[Result]:
        """Do all jobs, some at a time; the first that fails stops the others."""
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                doing = [pool.submit(job) for job in jobs]
                for each in wait(doing, return_when=FIRST_EXCEPTION).done:
                    each.result()
            except BaseException:
                self.source.turnstile.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [each.result() for each in doing]

    def _tell(self) -> None:
        self.on_progress(self.state())

    def state(self) -> Pulled:
        """Say what the directory holds."""
        known = self.directory.manifest
        runs, items, files = list(known.runs.items()), list(known.items.items()), list(known.files.items())
        unfinished = [
            (name, run, status) for name, listing in runs for run, status in list(listing.unfinished.items())
        ]
        problems = [f"items of run {name}: {each.problem}" for name, each in items if each.problem]
        problems += [f"file {name}: {each.problem}" for name, each in files if each.problem]
        return Pulled(
            self.directory.path,
            known.evals.count,
            sum(each.count for _, each in runs),
            sum(each.count for _, each in items),
            sum(each.finished for _, each in files),
            unfinished,
            [*self.problems, *problems],
        )


@contextmanager
def _naming_the_end(out: Path) -> Iterator[None]:
    """Say of a full disk and of Ctrl-C that the pull can go on, and of other failures what they are."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise RunStoppedError(f"{out}: no space left to write; the same command goes on") from None
        raise RunError(f"{error.filename or out}: {(error.strerror or str(error)).lower()}") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out}: what is done is safe; the same command goes on") from None
