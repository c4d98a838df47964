"""Evals and graded items that lie on disk: a pulled directory, or exports in the API's shapes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from graders.dataset.readers import reader_for, values
from graders.errors import DataError
from graders.hosted.manifest import EVALS, Listing, Manifest


class GradedItem(NamedTuple):
    """An output item as it lies on disk, or the failure to read it, with the eval and run it belongs to."""

    eval: str
    run: str
    raw: Any


@dataclass(frozen=True)
class Archive:
    """Evals by id, and the output items of their runs, in the order of their files.

    `problems` are sentences about what is not there.
    """

    evals: dict[str, dict[str, Any]]
    items: Callable[[], Iterator[GradedItem]]
    """Reads the items, without holding them."""
    problems: Sequence[str] = ()

    @classmethod
    def pulled(cls, folder: Path) -> "Archive":
        """Open what `graders pull` wrote.

        Raises:
            RunError: it is no pulled directory.
        """
        manifest = Manifest.read(folder)
        evals, problems = _evals(folder / EVALS) if manifest.evals.count else ({}, [])
        files: list[_File] = []
        for run, listing in sorted(manifest.items.items(), key=_by_path):
            if not listing.finished:
                problems.append(f"run {run}: {_why_not(listing)}")
            if listing.count:
                files.append(_File(folder / listing.path, listing.eval or "", run))
        return cls(evals, partial(_items, files), problems)

    @classmethod
    def exported(cls, evals: Path, items: Path) -> "Archive":
        """Open saved answers of the Evals API, each a page, a list, one object, or an object a line.

        Raises:
            DataError: a file cannot be read, or holds no evals.
        """
        found, problems = _evals(evals)
        if not found:
            raise DataError(f"{evals}: expected evals with an 'id' and 'testing_criteria'")
        only = next(iter(found)) if len(found) == 1 else ""
        return cls(found, partial(_items, [_File(items, only, "", mixed=True)]), problems)


class _File(NamedTuple):
    """A file of output items, and the eval and run of those that name none, or of all unless it is mixed."""

    path: Path
    eval: str
    run: str
    mixed: bool = False


def _items(files: Sequence[_File]) -> Iterator[GradedItem]:
    for file in files:
        for raw in _raws(file.path):
            own = raw if file.mixed and isinstance(raw, dict) else {}
            yield GradedItem(str(own.get("eval_id") or file.eval), str(own.get("run_id") or file.run), raw)


def _by_path(entry: tuple[str, Listing]) -> str:
    return entry[1].path


def _why_not(listing: Listing) -> str:
    return f"its items could not be had ({listing.problem})" if listing.problem else "some items are missing"


def _evals(path: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Read evals by id, and say of what is none that it was passed over."""
    evals, problems = {}, []
    for number, raw in enumerate(_raws(path), 1):
        name = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(name, str) and isinstance(raw.get("testing_criteria"), list):
            evals[name] = raw
        else:
            problems.append(f"{path}: entry {number} is no eval with an 'id' and 'testing_criteria'")
    return evals, problems


def _raws(path: Path) -> Iterator[Any]:
    return chain.from_iterable(values(raw) for raw, _ in reader_for(path)(path, lambda _: None))
