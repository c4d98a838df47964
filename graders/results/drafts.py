"""Files that are written whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

DRAFT = ".new"
"""What the name of a draft ends in; a process that is killed leaves one behind."""


@contextmanager
def drafted(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file beside `path` that takes its place in the end, or is gone if that does not come."""
    draft = path.with_name(f".{secrets.token_hex(8)}{DRAFT}")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a text, in UTF-8, whole or not at all."""
    with drafted(path) as file:
        file.write(text.encode())
