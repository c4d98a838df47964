"""Files of the Files API: what they are, and what is in them.

Design: a file that cannot be had (deleted, expired, not to be downloaded) is noted and costs nothing else.
"""

from pathlib import Path, PurePosixPath

from graders.endpoints.client import NoAnswerError
from graders.errors import RunStoppedError
from graders.hosted.connection import MAX_FILE, RefusedError, TooLongError, quoted
from graders.hosted.directory import PullDirectory, sha256_of, to_disk
from graders.hosted.manifest import StoredFile
from graders.hosted.source import Source

PART = "content.part"
_SUFFIXES = (".jsonl", ".json", ".csv", ".txt")


def fetch_file(source: Source, directory: PullDirectory, name: str, entry: StoredFile) -> None:
    """Copy one file: `file.json` as it was received, and `content` with the suffix that its name has.

    Nothing else of the server's name is used.
    """
    folder = f"files/{entry.folder}"
    directory.remove(f"{folder}/{PART}")
    try:
        about = source.one(f"/files/{quoted(name)}")
        directory.replace(f"{folder}/file.json", about.line)
        suffix = PurePosixPath(str(about.value.get("filename"))).suffix.lower()
        path = f"{folder}/content{suffix if suffix in _SUFFIXES else ''}"
        _download(source, name, directory.path / path, about.value.get("bytes"))
    except RefusedError as error:
        entry.problem = f"HTTP {error.status}"
    except _UnusableError as error:
        entry.problem = str(error)
    else:
        entry.path, entry.problem, entry.finished = path, None, True
        entry.bytes = (directory.path / path).stat().st_size
        entry.sha256 = sha256_of(directory.path / path)
    directory.save()


class _UnusableError(Exception):
    """The content is not what the server says it is."""


def _download(source: Source, name: str, path: Path, size: object) -> None:
    """Stream the content to disk, whole or not at all."""
    expected = size if isinstance(size, int) and not isinstance(size, bool) else None
    if expected is not None and expected > MAX_FILE:
        raise _UnusableError(f"{expected} bytes are more than {MAX_FILE}")
    where = f"/files/{quoted(name)}/content"
    part = path.with_name(PART)
    received = expected

    def attempt() -> None:
        nonlocal received
        received = _stream(source, where, part)
        if expected is not None and received != expected:  # cut without a sign of it, or a proxy's page
            raise NoAnswerError(f"expected {expected} bytes; got {received}")

    try:
        source.turnstile.ask(where, attempt)
        part.replace(path)
    except TooLongError:
        raise _UnusableError(f"more than {MAX_FILE} bytes") from None
    except RunStoppedError:
        if received == expected:
            raise
        raise _UnusableError(f"expected {expected} bytes; got {received}") from None
    finally:
        part.unlink(missing_ok=True)


def _stream(source: Source, where: str, part: Path) -> int:
    """Write the content to a file, and give its length."""
    with part.open("wb") as file:
        for chunk in source.connection.chunks(where, limit=MAX_FILE):
            if source.turnstile.stop.is_set():
                raise NoAnswerError("stopped")
            file.write(chunk)
        to_disk(file)
        return file.tell()
