"""The run directory on disk: created once, appended to, gone on with, never overwritten unasked."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from graders.errors import RunError
from graders.lock import LOCK, locked
from graders.results.drafts import DRAFT, write_whole
from graders.strict_json import loads

RUN, ROWS, SUMMARY, PAGE = "run.json", "results.jsonl", "summary.json", "report.html"
_COMPARED = ("grader", "metrics", "options", "judge", "embedder", "sandbox", "data", "row_mapping")


class RunDirectory:
    """A run directory that is open for writing. Use it as a context manager.

    `about` is what `run.json` says; `cautions` in it are those of the rows that are there. A line is written
    whole or, where the process dies in it, is cut off when the run goes on.
    """

    def __init__(self, path: Path, about: dict[str, Any], rows: IO[bytes], held: ExitStack) -> None:
        self.path = path
        self.about = about
        self._rows = rows
        self._held = held

    @classmethod
    def open(
        cls, path: Path, about: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False
    ) -> "RunDirectory":
        """Begin a run in `path`, or go on with the one that is there.

        Raises:
            RunError: the directory holds a run and neither `resume` nor `overwrite` is asked for; it holds
                something else; it holds a run of another grader, other options or other data; another process
                is at work in it.
        """
        if resume and overwrite:
            raise RunError("resume and overwrite exclude each other")
        with ExitStack() as held:
            try:
                path.mkdir(parents=True, exist_ok=True)
                held.enter_context(locked(path))
                before = _settle(path, about, resume=resume, overwrite=overwrite)
                running = {**about, "status": "running", "cautions": before.get("cautions", {})}
                _write_json(path / RUN, running)  # first: rows without it would be nobody's
                rows = (path / ROWS).open("r+b" if before and (path / ROWS).exists() else "w+b")
                held.callback(rows.close)
                _cut_torn_line(rows)
            except OSError as error:
                raise RunError(f"{path}: {(error.strerror or str(error)).lower()}") from None
            return cls(path, running, rows, held.pop_all())

    def __enter__(self) -> "RunDirectory":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read the rows that are already there; afterwards, rows are appended behind them.

        Raises:
            RunError: a line cannot be read.
        """
        self._rows.seek(0)
        yield from read_lines(self._rows, self.path / ROWS)

    def append(self, text: bytes) -> None:
        """Append whole lines and hand them to the operating system, so that they outlive this process."""
        self._rows.write(text)
        self._rows.flush()

    def write_about(self, **changes: Any) -> None:
        """Change what `run.json` says."""
        self.about |= changes
        _write_json(self.path / RUN, self.about)

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write `summary.json`, when the rows are safely on disk."""
        self._rows.flush()
        os.fsync(self._rows.fileno())
        _write_json(self.path / SUMMARY, summary)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(value, indent=2) + "\n")


def read_about(path: Path) -> dict[str, Any]:
    """Read `run.json`.

    Raises:
        RunError: `path` is no run directory.
    """
    try:
        about = loads((path / RUN).read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path}: not a run directory: there is no {RUN}") from None
    except NotADirectoryError:
        raise RunError(f"{path}: not a run directory, but a file") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path / RUN}: cannot be read: {error}") from None
    if not isinstance(about, dict) or not {"grader", "options"} <= about.keys():
        raise RunError(f"{path / RUN}: this is not the {RUN} of a run")
    return about


def read_lines(file: IO[bytes], path: Path) -> Iterator[dict[str, Any]]:
    """Read rows; a torn last line belongs to a process that died in it, and is passed over.

    Raises:
        RunError: a line cannot be read.
    """
    for number, line in enumerate(iter(file.readline, b""), 1):
        if not line.endswith(b"\n"):
            return
        try:
            yield loads(line)
        except ValueError as error:
            raise RunError(f"{path}: line {number} cannot be read: {error}") from None


def _settle(path: Path, about: Mapping[str, Any], *, resume: bool, overwrite: bool) -> dict[str, Any]:
    """Give what the run in `path` says that goes on, else nothing; remove it if it is to be overwritten."""
    if not (path / RUN).exists():
        names = (entry.name for entry in path.iterdir())
        strangers = [name for name in names if name != LOCK and not name.endswith(DRAFT)]
        if strangers:
            raise RunError(f"{path}: not empty and not a run directory; it holds {strangers[0]!r}")
        return {}
    if resume:
        before = read_about(path)
        _refuse_other_run(path, before, about)
        return before
    if overwrite:
        read_about(path)  # a stranger's run.json, and what lies beside it, is not ours to remove
    else:
        raise RunError(f"{path}: holds a run; --resume goes on with it, --overwrite starts anew")
    for name in (PAGE, ROWS, SUMMARY, RUN):
        with suppress(FileNotFoundError):
            (path / name).unlink()
    return {}


def _refuse_other_run(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    differences = [
        difference for key in _COMPARED for difference in _differences(key, before.get(key), now.get(key))
    ]
    if differences:
        raise RunError(f"{path}: cannot go on, this is another run: {'; '.join(differences)}")


def _differences(name: str, before: object, now: object) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping) and name != "grader.document":
        for key in dict.fromkeys([*before, *now]):
            if key != "path":  # the same data may lie elsewhere today
                yield from _differences(f"{name}.{key}", before.get(key), now.get(key))
    elif before != now and name != "grader.document":
        yield f"{name} was {json.dumps(before)} and is {json.dumps(now)}"


def _cut_torn_line(rows: IO[bytes]) -> None:
    """Cut off what a killed process left of a line, and stand behind the last whole one."""
    end = rows.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 2**16)
        rows.seek(start)
        newline = rows.read(end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    rows.seek(end)
    rows.truncate()
