"""The directory that a pull fills: files that only grow, and a manifest that says how far they are valid.

Design: a page is appended to its file, then the manifest is replaced; whatever a killed process left behind
the length that the manifest knows is cut off when the next one begins. So no object is lost or doubled,
wherever the process dies. The manifest holds no times: two pulls of the same objects are equal byte by byte.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import RLock
from typing import IO, Any, Self

from graders.errors import RunError
from graders.hosted.manifest import MANIFEST, Listing, Manifest, StoredFile
from graders.hosted.names import file_name
from graders.hosted.pages import Received
from graders.lock import locked
from graders.strict_json import loads


class PullDirectory:
    """A pulled directory that is open for writing, by one process at a time. Use it as a context manager.

    Several threads may write, each to a file of its own.
    """

    def __init__(self, path: Path, base_url: str) -> None:
        self.path, self.manifest = path, Manifest(base_url)
        self._lock = RLock()
        self._taken: dict[str, set[str]] = {"runs": set(), "items": set(), "files": set()}

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(locked(self.path))
            self._settle()
            self._held = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def _settle(self) -> None:
        """Read what is known, and cut off what a killed process wrote beyond it."""
        if not (self.path / MANIFEST).exists():
            strangers = [
                entry.name for entry in self.path.iterdir() if not entry.name.startswith((".", MANIFEST))
            ]
            if strangers:
                raise RunError(f"{self.path}: not empty and not pulled; it holds {strangers[0]!r}")
            self.save()
            return
        known = Manifest.read(self.path)
        if known.base_url != self.manifest.base_url:
            raise RunError(f"{self.path}: holds a pull from {known.base_url}, not {self.manifest.base_url}")
        self.manifest = known
        for listing in known.listings():
            self._cut(listing)
        for path in known.paths():
            folder, *name = Path(path).parts
            if name:
                self._taken[folder].add(name[0].removesuffix(".jsonl").casefold())

    def _cut(self, listing: Listing) -> None:
        path = self.path / listing.path
        size = path.stat().st_size if path.exists() else 0
        if size < listing.bytes or (listing.finished and not path.exists()):  # someone removed a part
            listing.count, listing.bytes, listing.sha256 = 0, 0, None
            listing.cursor, listing.finished = None, False
        if size > listing.bytes:
            os.truncate(path, listing.bytes)

    def save(self) -> None:
        """Replace the manifest."""
        with self._lock:
            self.replace(MANIFEST, self.manifest.to_text().encode())

    def replace(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        with draft.open("wb") as file:
            file.write(data)
            to_disk(file)
        draft.replace(path)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            (self.path / name).unlink()

    def append(
        self,
        listing: Listing,
        objects: Sequence[Received],
        *,
        cursor: str | None,
        finished: bool,
        over: str | None = None,
    ) -> None:
        """Append objects to a listing's file, then note how far it is valid; `over` is a run that ended."""
        path = self.path / listing.path
        path.parent.mkdir(parents=True, exist_ok=True)
        data = b"".join(each.line for each in objects)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(listing.bytes)
            file.truncate()
            file.write(data)
            to_disk(file)
        with self._lock:
            listing.count, listing.bytes = listing.count + len(objects), listing.bytes + len(data)
            listing.cursor, listing.finished = cursor, finished
            listing.sha256 = sha256_of(path) if finished else None
            listing.problem = None
            listing.unfinished.pop(over or "", None)
            self.save()

    def objects(self, listing: Listing) -> Iterator[dict[str, Any]]:
        """Read the objects of a listing back."""
        path = self.path / listing.path
        if not path.exists():
            return
        with path.open("rb") as file:
            for line in file:
                yield loads(line)

    def runs_of(self, name: str) -> Listing:
        """Give the listing of an eval's runs; a new one is in the manifest when that is saved next."""
        return self._listing(self.manifest.runs, "runs", name)

    def items_of(self, name: str, of_eval: str) -> Listing:
        """Give the listing of a run's output items, likewise."""
        listing = self._listing(self.manifest.items, "items", name)
        listing.eval = listing.eval or of_eval
        return listing

    def file_of(self, name: str) -> StoredFile:
        """Give the entry of a file, likewise; its path is that of a folder until the file is there."""
        files = self.manifest.files
        if name not in files:
            files[name] = StoredFile(f"files/{self._new_name('files', name)}")
        return files[name]

    def _listing(self, entries: dict[str, Listing], folder: str, name: str) -> Listing:
        if name not in entries:
            entries[name] = Listing(f"{folder}/{self._new_name(folder, name)}.jsonl")
        return entries[name]

    def _new_name(self, folder: str, name: str) -> str:
        made = file_name(name, self._taken[folder])
        self._taken[folder].add(made.casefold())
        return made


def to_disk(file: IO[bytes]) -> None:
    """Have what was written to a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sha256_of(path: Path) -> str:
    """Give the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
