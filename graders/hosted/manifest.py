"""What is known of a pulled directory: a listing for each file of objects, and the files of the Files API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from graders.errors import RunError
from graders.strict_json import loads

MANIFEST, FORMAT = "manifest.json", 1
EVALS = "evals.jsonl"


@dataclass
class Listing:
    """What the manifest knows of one file of objects, one a line.

    `bytes` of it are valid and hold `count` objects; `cursor` is the id behind which the server's list goes
    on. `problem` says why the server did not give it. Of runs, `since` is the least creation time that is
    wanted (None: all) and `unfinished` the runs that were not over yet; of items, `eval` is their eval.
    """

    path: str
    count: int = 0
    bytes: int = 0
    sha256: str | None = None
    cursor: str | None = None
    finished: bool = False
    problem: str | None = None
    eval: str | None = None
    since: float | None = None
    unfinished: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return Path(self.path).stem


@dataclass
class StoredFile:
    """What the manifest knows of one file of the Files API: where it lies, or why it could not be had."""

    path: str
    bytes: int = 0
    sha256: str | None = None
    finished: bool = False
    problem: str | None = None

    @property
    def folder(self) -> str:
        """The name of its folder below `files`."""
        return Path(self.path).parts[1]


@dataclass
class Manifest:
    """Everything that is known of a pulled directory: listings by eval or run id, files by file id."""

    base_url: str
    evals: Listing = field(default_factory=lambda: Listing(EVALS))
    runs: dict[str, Listing] = field(default_factory=dict)
    items: dict[str, Listing] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)

    def listings(self) -> Iterator[Listing]:
        """Give every listing."""
        yield self.evals
        yield from self.runs.values()
        yield from self.items.values()

    def paths(self) -> Iterator[str]:
        """Give the path of every file, relative to the directory."""
        for listing in self.listings():
            yield listing.path
        for file in self.files.values():
            yield file.path

    def to_text(self) -> str:
        """Give the JSON text, an entry a line, in an order that does not depend on who came first."""
        head = {"format": FORMAT, "base_url": self.base_url, "evals": vars(self.evals)}
        parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        maps: dict[str, Mapping[str, object]] = {"runs": self.runs, "items": self.items, "files": self.files}
        for name, entries in maps.items():
            lines = [f"{json.dumps(key)}: {json.dumps(vars(entries[key]))}" for key in sorted(entries)]
            parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
        return "{\n" + ",\n".join(parts) + "\n}\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a pulled directory.

        Raises:
            RunError: there is none, or it is not what `graders pull` writes.
        """
        path = folder / MANIFEST
        try:
            value = loads(path.read_bytes())
            if value["format"] != FORMAT:
                raise RunError(f"{path}: expected format {FORMAT}; got {value['format']!r}")
            made = cls(value["base_url"], Listing(**value["evals"]))
            made.runs = {key: Listing(**entry) for key, entry in value["runs"].items()}
            made.items = {key: Listing(**entry) for key, entry in value["items"].items()}
            made.files = {key: StoredFile(**entry) for key, entry in value["files"].items()}
        except FileNotFoundError:
            raise RunError(f"{folder}: not a pulled directory: there is no {MANIFEST}") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunError(f"{path}: cannot be read: {error}") from None
        _check_paths(folder, made)
        return made


def _check_paths(folder: Path, manifest: Manifest) -> None:
    """Refuse a manifest that leads out of its directory; it may be somebody else's."""
    for path in manifest.paths():
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise RunError(f"{folder / MANIFEST}: {path!r} lies outside the directory")
