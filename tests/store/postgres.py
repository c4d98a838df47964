"""A PostgreSQL server of the tests' own: in a folder of its own, on a socket in it, without privileges."""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USERS = ("postgres", "nobody")


@dataclass
class Postgres:
    """A server, whose programs lie in a folder."""

    programs: Path
    folder: Path
    user: str | None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, program: str, *words: str) -> None:
        """Run a program of it as a user who may do nothing else."""
        who: dict[str, Any] = {} if self.user is None else {"user": self.user, "extra_groups": []}
        command = [str(self.programs / program), *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **who)
        assert done.returncode == 0, done.stdout + done.stderr

    def make(self) -> None:
        self.run("initdb", "-D", "data", "-A", "trust", "-U", "graders", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "stop", "-w", "-D", "data", "-m", mode)

    def database(self, place: Path | None = None) -> str:
        """Give the URL of a new database, whose tables lie in a folder where one is named."""
        name, words = f"graders{next(self._numbers)}", []
        if place is not None:
            if self.user is not None:
                shutil.chown(place, self.user)
            words = ["-D", f"{name}_place"]
            make = f"CREATE TABLESPACE {words[1]} LOCATION '{place}'"
            self.run("psql", "-h", str(self.folder), "-U", "graders", "-c", make, "postgres")
        self.run("createdb", "-h", str(self.folder), "-U", "graders", *words, name)
        return f"postgresql://graders@/{name}?host={self.folder}"


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="graders-postgres-"))
    user = _without_privileges() if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    server = Postgres(programs, folder, user)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(AssertionError):  # a test may have stopped it
                server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _without_privileges() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)
