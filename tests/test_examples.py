"""The README and the pages of docs/ are true: their commands print what they say, and their Python runs.

A page is followed from the top, in a folder that holds the files that it shows. A comment before a block says
what it is: `file: NAME`, `run` (perhaps `exit N`), `serve` for a server that the rest of the page talks to;
what is called sandboxed runs in the strongest sandbox that the machine gives. Blocks of `python` always run.
What needs a model or a receiver is `sampling` or `webhook`, and runs in tests/server.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graders.cli.commands import COMMANDS
from graders.sandbox.confinement import Confinement

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000/v1"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LONG = {"README.md", "pull.md", "report.md"}


@dataclass(frozen=True)
class Block:
    note: str
    language: str
    body: str

    @property
    def runs(self) -> bool:
        return self.language == "python" or self.note.startswith(("run", "serve"))


def blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(block["note"] or "", block["language"], block["body"]) for block in found]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def assert_shown(shown: str, printed: str) -> None:
    """Hold what a page shows against what was printed; a line `...` stands for any lines."""
    parts: list[list[str]] = [[]]
    for line in shown.splitlines():
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line.rstrip())
    actual = [line.rstrip() for line in printed.rstrip().splitlines()]
    place = 0
    for number, expected in enumerate(parts):
        starts = range(place, len(actual)) if number else [0]
        found = [start for start in starts if actual[start : start + len(expected)] == expected]
        assert found or not expected, f"{expected} is not in {actual[place:]}"
        place = found[0] + len(expected) if found else place
    assert parts[-1] == [] or place == len(actual), f"not shown: {actual[place:]}"


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder; `address` is that of the server that was started."""

    folder: Path
    level: str
    address: str = ADDRESS

    def run(self, block: Block) -> None:
        command, _, expected = block.body.removeprefix("$ ").partition("\n")
        words = shlex.split(command.replace(ADDRESS, self.address))
        environment = dict(os.environ)
        while "=" in words[0]:
            name, _, environment[name] = words.pop(0).partition("=")
        words += ["--sandbox", self.level] if "sandboxed" in block.note else []
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == int(block.note.partition("exit ")[2] or 0), done.stderr
        assert_shown(expected, done.stdout)

    def run_python(self, block: Block) -> None:
        program = block.body.replace('level="full"', f"level={self.level!r}")
        done = subprocess.run(
            [sys.executable, "-c", program.replace(ADDRESS, self.address)],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    @contextmanager
    def serving(self) -> Iterator[None]:
        command = [sys.executable, "-m", "graders", "serve", "--port", "0", "--sandbox", self.level]
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                self.address = server.stdout.readline().strip()
                yield
            finally:
                server.terminate()


def followed() -> Iterator[Any]:
    for page in PAGES:
        if any(block.runs for block in blocks(page)):
            yield pytest.param(page, id=name_of(page), marks=[pytest.mark.long] * (page.name in LONG))


@pytest.mark.parametrize("page", followed())
def test_what_a_page_shows_is_what_happens(
    page: Path, tmp_path: Path, confinement: Confinement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    reader = Reader(tmp_path, confinement.level)
    for block in blocks(page):
        if block.note.startswith("file: "):
            (tmp_path / block.note.removeprefix("file: ")).write_text(block.body, encoding="utf-8")
    with ExitStack() as servers:
        for block in blocks(page):
            if block.note == "serve":
                servers.enter_context(reader.serving())
            elif block.note.startswith("run"):
                reader.run(block)
            elif block.language == "python":
                reader.run_python(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_note_of_a_page_is_understood(page: Path) -> None:
    known = re.compile(r"file: [\w.]+|run(, sandboxed)?(, exit \d)?|serve|sandboxed|sampling|webhook|")
    assert [block.note for block in blocks(page) if not known.fullmatch(block.note)] == []


def test_every_command_has_its_place_in_the_docs() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES if page.parent.name == "how-to")
    assert [name for name in COMMANDS if f"graders {name}" not in texts] == []
