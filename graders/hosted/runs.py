"""The runs of one eval: those that are over in a file that only grows, the others in one that is replaced."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graders.hosted.connection import RefusedError, quoted
from graders.hosted.copying import Copier
from graders.hosted.manifest import Listing
from graders.hosted.pages import Received
from graders.hosted.source import is_finished, is_wanted, runs_path
from graders.strict_json import loads


def copy_runs(copier: Copier, of_eval: str, since: float | None) -> list[str]:
    """Copy the runs created at `since` or later; give sentences about those that could not be had."""
    work = _Runs(copier, of_eval, copier.directory.runs_of(of_eval))
    work.choose(since)
    work.ask_again()
    try:
        copier.follow(work.listing, runs_path(of_eval), work.append)
    except RefusedError as error:
        work.problems.append(f"runs of eval {of_eval}: {error}")
    work.write_unfinished()
    return work.problems


@dataclass
class _Runs:
    copier: Copier
    of_eval: str
    listing: Listing
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._file = f"{self.listing.path.removesuffix('.jsonl')}.unfinished.jsonl"
        path = self.copier.directory.path / self._file
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        self._going_on = {loads(line)["id"]: line for line in lines}

    def choose(self, since: float | None) -> None:
        """Note which runs are wanted; where earlier ones were left out and are wanted now, begin anew."""
        listing = self.listing
        if listing.since is not None and (since is None or since < listing.since):
            listing.cursor, listing.since = None, since
        elif listing.cursor is None and not listing.count:
            listing.since = since

    def ask_again(self) -> None:
        """Ask for the runs that were not over when they were last seen."""
        for name in list(self.listing.unfinished):
            try:
                run = self.copier.source.one(f"{runs_path(self.of_eval)}/{quoted(name)}")
            except RefusedError as error:
                self.problems.append(f"run {name}: {error}")
                continue
            if run.id == name and is_finished(run.value):
                cursor, finished = self.listing.cursor, self.listing.finished
                self.copier.directory.append(self.listing, [run], cursor=cursor, finished=finished, over=name)
            elif run.id == name:
                self._note(run)

    def append(self, listing: Listing, objects: Sequence[Received], cursor: str | None, last: bool) -> None:
        """Append the wanted runs that are over, and note the others."""
        wanted = [each for each in objects if is_wanted(each.value, listing.since)]
        for each in wanted:
            if not is_finished(each.value):
                self._note(each)
        over = [each for each in wanted if is_finished(each.value)]
        self.copier.append(listing, over, cursor, last)

    def _note(self, run: Received) -> None:
        self._going_on[run.id] = run.line
        self.listing.unfinished[run.id] = str(run.value["status"])

    def write_unfinished(self) -> None:
        """Write the runs that are not over as they were last seen, in the order of the list."""
        lines = [self._going_on[run] for run in self.listing.unfinished if run in self._going_on]
        if lines:
            self.copier.directory.replace(self._file, b"".join(lines))
        else:
            self.copier.directory.remove(self._file)
