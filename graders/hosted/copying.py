"""Lists of a hosted API, copied to the files of a directory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graders.errors import DataError
from graders.hosted.connection import RefusedError, quoted
from graders.hosted.directory import PullDirectory
from graders.hosted.manifest import Listing
from graders.hosted.pages import Received
from graders.hosted.source import Source, Step, items_path, needed

Append = Callable[[Listing, Sequence[Received], str | None, bool], None]
"""Takes new objects of a list, the cursor behind them, and whether the list ends there."""


@dataclass(frozen=True)
class Copier:
    """Copies lists; `on_change` is called, by any thread, after each page."""

    source: Source
    directory: PullDirectory
    on_change: Callable[[], None]

    def follow(self, listing: Listing, path: str, append: Append) -> None:
        """Append what a list holds and the directory does not; a list without news changes nothing."""
        known = {each["id"] for each in self.directory.objects(listing)}
        for step in self.source.follow(path, listing.cursor):
            passed_over = known | listing.unfinished.keys()
            fresh = [each for each in step.objects if each.id not in passed_over]
            known.update(each.id for each in fresh)
            if fresh or _moves(listing, step):
                append(listing, fresh, step.cursor, step.last)
                self.on_change()

    def append(self, listing: Listing, objects: Sequence[Received], cursor: str | None, last: bool) -> None:
        """Append objects as they are."""
        self.directory.append(listing, objects, cursor=cursor, finished=last)

    def evals(self) -> None:
        """Copy all evals, each into a file of its own too.

        Raises:
            DataError: the server has no such list; the base URL is probably another.
        """
        with needed(f"the list of evals at {self.source.connection.url}"):
            self.follow(self.directory.manifest.evals, "/evals", self._append_evals)

    def one_eval(self, name: str) -> None:
        """Copy one eval, if it is not there yet.

        Raises:
            DataError: the server has no such eval.
        """
        listing = self.directory.manifest.evals
        if any(each["id"] == name for each in self.directory.objects(listing)):
            return
        with needed(f"eval {name!r}"):
            found = self.source.one(f"/evals/{quoted(name)}")
        if found.id != name:
            raise DataError(f"eval {name!r}: the server gives {found.id!r} instead")
        self._append_evals(listing, [found], listing.cursor, listing.finished)

    def _append_evals(
        self, listing: Listing, objects: Sequence[Received], cursor: str | None, last: bool
    ) -> None:
        for each in objects:
            self.directory.replace(f"evals/{self.directory.runs_of(each.id).stem}.json", each.line)
        self.append(listing, objects, cursor, last)

    def items(self, run: str, listing: Listing) -> None:
        """Copy the output items of a run; that the server does not give them is noted."""
        try:
            self.follow(listing, items_path(listing.eval or "", run), self.append)
        except RefusedError as error:
            listing.problem = f"HTTP {error.status}"
            self.directory.save()


def _moves(listing: Listing, step: Step) -> bool:
    return (listing.cursor, listing.finished) != (step.cursor, step.last)
