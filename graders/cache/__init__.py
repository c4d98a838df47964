"""What was paid for or took long, kept for the next time: replies of judges, embeddings, samples.

Design: one SQLite file from keys to values. A cache may be lost, a run may not: while rows are scored
nothing here raises. Where the file cannot be opened, is damaged, or the disk is full, the cache says so once
and from then on knows nothing; where the file cannot be written, it is still read. What is served was stored
whole: a value that does not fit its checksum is none.
"""

import hashlib
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, get_args

from graders.cache.place import FILE, usual_folder
from graders.errors import CacheError

if TYPE_CHECKING:
    from graders.cache.database import Database, Usage

__all__ = ["NAMESPACES", "Cache", "Namespace", "key_of"]

Namespace = Literal["judge", "embedding", "sample"]
NAMESPACES: tuple[Namespace, ...] = get_args(Namespace)
Found = TypeVar("Found")


def key_of(*parts: str | bytes) -> bytes:
    """Join parts to one key in which nothing of them is lost: other parts give another key."""
    encoded = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)


class Cache:
    """Keeps values by namespace and key, for several threads and processes at once.

    `folder` holds the file; None stands for the user's own folder. With `refresh` it knows only what it kept
    itself, in place of what others kept before. `on_problem` hears once that nothing new
    is kept, or why the cache is of no use any more; by default that is a `RuntimeWarning`. It can be pickled:
    each process opens the file for itself.

        >>> cache = Cache.forgetful()
        >>> cache.put_many("sample", {b"key": b"value"})
        >>> cache.get_many("sample", [b"key", b"other"])
        {b'key': b'value'}
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        refresh: bool = False,
        on_problem: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = None if folder is None else Path(folder)
        self._on_problem = on_problem
        self._forgetful = False
        self._refresh = refresh
        self._start()

    @classmethod
    def forgetful(cls, *, on_problem: Callable[[str], None] | None = None) -> Self:
        """Make a cache without a file of its own, whose values go with it."""
        cache = cls(on_problem=on_problem)
        cache._forgetful = True
        return cache

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._database: Database | None = None
        self._off = self._told = False
        self._fresh: set[bytes] = set()

    def __getstate__(self) -> tuple[object, ...]:
        return self._folder, self._on_problem, self._forgetful, self._refresh

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._folder, self._on_problem, self._forgetful, self._refresh = state
        self._start()

    @property
    def path(self) -> Path | None:
        """The file; None of a forgetful cache.

        Raises:
            CacheError: nobody named a folder, and the user has none.
        """
        return None if self._forgetful else (self._folder or usual_folder()) / FILE

    def get_many(self, namespace: Namespace, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Give the values of the keys that are known; never raises."""
        if self._refresh:
            keys = [key for key in keys if _digest(namespace, key) in self._fresh]
        return self._tolerant(lambda database: database.get_many(namespace, keys), {})

    def put_many(self, namespace: Namespace, values: Mapping[bytes, bytes]) -> None:
        """Keep values, all or none of them, in place of earlier ones; never raises."""
        if self._refresh:
            self._fresh.update(_digest(namespace, key) for key in values)
        kept = self._tolerant(lambda database: database.put_many(namespace, values), True)
        if not kept and not self._told:
            self._tell(f"the cache {self.path} cannot be written; what is new is not kept")

    def info(self) -> "dict[Namespace, Usage]":
        """Give how much each namespace holds; to look makes no file.

        Raises:
            CacheError: the file cannot be read.
        """
        from graders.cache.database import Usage

        empty = dict.fromkeys(NAMESPACES, Usage())
        if not self._exists():
            return empty
        with self._lock_of_this_process():
            held = self._open().usage()
        return {name: held.get(name, Usage()) for name in NAMESPACES}

    def clear(self, namespace: Namespace | None = None) -> int:
        """Forget one namespace or everything; give how many entries that were.

        To forget everything also removes a damaged file, as 0 entries.

        Raises:
            CacheError: the file is none of ours, or cannot be changed.
        """
        if not self._exists():
            return 0
        with self._lock_of_this_process():
            try:
                return self._open().clear(namespace)
            except CacheError as error:
                if namespace is not None or not error.damaged or self.path is None:
                    raise
                self._close()
                _remove(self.path)
                self._off = False
        return 0

    def close(self) -> None:
        """Close the file; what is used afterwards opens it again."""
        with self._lock_of_this_process():
            self._close()

    def _tolerant(self, use: "Callable[[Database], Found]", otherwise: Found) -> Found:
        """Use the database; what fails, fails for the last time, and from then on `otherwise` is found."""
        with self._lock_of_this_process():
            try:
                return otherwise if self._off else use(self._open())
            except CacheError as error:
                self._off = True
                problem = f"{error}; going on without the cache"
        self._tell(problem)
        return otherwise

    def _tell(self, problem: str) -> None:
        self._told = True
        if self._on_problem is not None:
            self._on_problem(problem)
        else:
            with suppress(RuntimeWarning):  # where warnings are errors, a run must not end by this one
                warnings.warn(problem, RuntimeWarning, stacklevel=4)

    def _lock_of_this_process(self) -> threading.Lock:
        """Give the lock; a forked process leaves its parent's lock and connection alone."""
        if self._process != os.getpid():
            self._of_parent = self._database
            self._start()
        return self._lock

    def _open(self) -> "Database":
        from graders.cache.database import Database

        if self._database is None:
            self._database = Database(self.path)
        return self._database

    def _exists(self) -> bool:
        return self.path is None or os.path.exists(self.path)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None


def _digest(namespace: Namespace, key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=16, person=namespace.encode()).digest()


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        try:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise CacheError(f"{path}{ending}: {(error.strerror or str(error)).lower()}") from None
