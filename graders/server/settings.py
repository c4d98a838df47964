"""How a server was started."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from graders.cache import Cache
from graders.judges.asking import Asking
from graders.sandbox.confinement import Confinement
from graders.store import receiver_of

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names under which only this machine is reached."""


@dataclass(frozen=True)
class Limits:
    """What the server takes: sizes in bytes, `quota` for all files together."""

    body: int = 64 * 2**20
    upload: int = 512 * 2**20
    quota: int = 50 * 2**30
    schema: int = 256 * 1024
    depth: int = 100
    """Deepest nesting of a JSON body."""
    read_seconds: float = 60.0
    """Longest silence of a client that is still sending a body."""
    idle_seconds: int = 30
    """Longest time between requests, for the head of one, and in which nothing of an answer is taken."""


@dataclass(frozen=True)
class Settings:
    """Where a server keeps its things, who may ask it, and who it asks itself.

    `keys` are digests of the keys that are let in (`digest_of`); without any, everybody is. `judge` and
    `embedder` are the words of the command line.
    """

    store: Path
    database: str | None = None
    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    keys: tuple[bytes, ...] = ()
    judge: str | None = None
    embedder: str | None = None
    asking: Asking = field(default_factory=Asking)
    confinement: Confinement = field(default_factory=Confinement)
    media_root: Path | None = None
    limits: Limits = field(default_factory=Limits)
    runs_at_once: int = 4
    model_base_url: str | None = None
    """The endpoint that runs of the data sources `completions` and `responses` sample from."""
    webhooks: tuple[str, ...] = field(default=(), repr=False)
    """The addresses that are told when a run has ended."""
    webhook_secret: bytes = field(default=b"", repr=False)
    """What the messages to them are signed with."""

    @property
    def hosts(self) -> frozenset[str]:
        """The names that a request may call this server by."""
        return LOOPBACK | {name.lower() for name in (self.host, *self.allowed_hosts)}

    @property
    def receivers(self) -> tuple[str, ...]:
        """The names that the receivers of webhooks go by in the store."""
        return tuple(map(receiver_of, self.webhooks))

    def cache(self) -> Cache:
        """Make the server's own cache."""
        return Cache(self.store / "cache")


def digest_of(key: str) -> bytes:
    """Give what is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def digests_of(keys: Iterable[str]) -> tuple[bytes, ...]:
    """Give what is kept of several keys; blank ones are none."""
    return tuple(dict.fromkeys(digest_of(key.strip()) for key in keys if key.strip()))
