"""Who has shown a key once: sessions, which a cookie names.

Design: the cookie holds a random name and nothing of the key. The store keeps the digest of that name and, in
it, a code that only the key's digest gives; so a session ends with its key, at its log-out, or after some
hours, in every process that answers requests, and what lies in the store opens nothing.
"""

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LASTS = 12 * 3600
"""Seconds after which the key is asked for again."""
_MOST = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_of(host: str) -> str:
    """Name the cookie of a server, by its port: cookies do not tell servers of one machine apart."""
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        port = None
    return "graders_session" if port is None else f"graders_session_{port}"


@dataclass(frozen=True)
class Sessions:
    """The sessions of a store; `keys` are the digests of the keys that are let in."""

    folder: Path
    keys: Sequence[bytes]
    clock: Callable[[], float] = time.time
    most: int = _MOST

    def begin(self, digest: bytes) -> str | None:
        """Begin a session for who has shown the key of a digest; None where it is none of ours."""
        known = [key for key in self.keys if hmac.compare_digest(key, digest)]
        if not known:
            return None
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        name = secrets.token_urlsafe(32)
        number = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(f"{self.clock() + LASTS:.0f} {_code(name, known[0])}")
        return name

    def lasts(self, name: str | None) -> bool:
        """Say whether there is such a session, and its key is still let in."""
        if name is None or not _NAME.fullmatch(name):
            return False
        try:
            end, code = self._path(name).read_text("ascii").split(" ")
            alive = self.clock() < float(end)
        except (OSError, ValueError):
            return False
        return alive and any([hmac.compare_digest(_code(name, key), code) for key in self.keys])  # noqa: C419

    def end(self, name: str | None) -> None:
        """End a session."""
        if name is not None and _NAME.fullmatch(name):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / hashlib.sha256(name.encode()).hexdigest()

    def _sweep(self) -> None:
        """Remove what has ended, and the oldest where there are very many."""
        known = sorted(self.folder.iterdir(), key=_age)
        for place, path in enumerate(known):
            if place < len(known) - self.most or _age(path) < self.clock() - LASTS:
                with suppress(OSError):
                    path.unlink()


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has removed it
        return 0.0


def _code(name: str, key: bytes) -> str:
    return hmac.new(key, name.encode(), "sha256").hexdigest()
