"""The Python that runs sources, and what of the file system it needs.

Design: of a prefix only the libraries, the interpreter and `pyvenv.cfg` are shown: a virtual environment may
have been made in the middle of a project, and a base interpreter in a home folder.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ASK = (
    "import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix,"
    " sys.base_exec_prefix, list(sys.version_info[:2]), sys.path]))"
)
_OLDEST = (3, 10)
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_CORPORA = ("/usr/share/nltk_data", "/usr/local/share/nltk_data", "/usr/lib/nltk_data")


@dataclass(frozen=True)
class Interpreter:
    """An interpreter, its prefixes and the links that lead to its binary, the first being `executable`."""

    executable: str
    prefixes: tuple[str, ...]
    folders: tuple[str, ...]

    def paths(self) -> list[str]:
        """Give the existing files and folders that the interpreter and its packages live in."""
        wanted = [*_SYSTEM, *_CORPORA]
        for prefix in self.prefixes:
            wanted += [f"{prefix}/{part}" for part in ("lib", "lib64", "pyvenv.cfg")]
            wanted += [f"{prefix}/{part}" for part in ("nltk_data", "share/nltk_data")]
        wanted += [*self.folders, os.path.realpath(self.executable)]
        return [path for path in dict.fromkeys(wanted) if os.path.exists(path)]

    def links(self) -> list[tuple[str, str]]:
        """Give the symbolic links, with their targets, from `executable` to the binary."""
        links: list[tuple[str, str]] = []
        path = self.executable
        while os.path.islink(path) and len(links) < 40:
            target = os.readlink(path)
            links.append((path, target))
            path = os.path.normpath(os.path.join(os.path.dirname(path), target))
        return links


def find(python: str | os.PathLike[str] | None) -> Interpreter:
    """Describe an interpreter; None stands for the one that runs this.

    Raises:
        OSError: it cannot be run, or is too old.
    """
    if python is None:
        prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
        return _interpreter(sys.executable, prefixes, sys.path)
    command = [os.fspath(python), "-s", "-c", _ASK]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd="/")
        executable, *prefixes_, version, path = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise OSError(f"the interpreter {os.fspath(python)!r} cannot be run: {error}") from None
    if tuple(version) < _OLDEST:
        raise OSError(f"the interpreter {os.fspath(python)!r} is older than Python 3.10")
    return _interpreter(executable, tuple(prefixes_), path)


def _interpreter(executable: str, prefixes: tuple[str, ...], path: list[str]) -> Interpreter:
    if not executable:
        raise OSError("this interpreter does not know where it is; name one")
    folders = [entry for entry in path if Path(entry).name in ("site-packages", "dist-packages")]
    return Interpreter(executable, tuple(dict.fromkeys(prefixes)), tuple(folders))
