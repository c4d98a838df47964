"""Training and validation files: read once, line by line, each rule with the line that breaks it.

Design: what is kept of a row is its digest and its length, so that a file's size does not matter. Tokens
are not counted, since no tokeniser comes along: the statistics count characters, and say so.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from graders.dataset.readers import Lines, reader_for, values
from graders.errors import DataError, Failure
from graders.fine_tuning.conversations import characters, conversations, entries, prompt_messages
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.methods import MethodType
from graders.fine_tuning.row_rules import LONG_CHARACTERS, Fault, rule_of
from graders.fine_tuning.variables import Variables
from graders.stats import describe
from graders.strict_json import dumps

MOST_BYTES = 512 * 10**6
LEAST_ROWS = 10
_MOST_ROWS = {"training": 50_000, "validation": 1_000}
_LINE = re.compile(r"line (\d+)")
_BLOCK = 1000


class FileRow(NamedTuple):
    """A row: its number from 0, its line from 1, what it holds or why it cannot be read, its size."""

    number: int
    line: int
    value: Any
    size: int


def read_rows(path: Path) -> Iterator[FileRow]:
    """Read a JSON Lines file; blank lines are no rows.

    Raises:
        DataError: the file cannot be read.
    """
    number = 0
    for raw, size in _reader(path)(path, lambda _: None):
        sizes = map(len, raw.texts) if isinstance(raw, Lines) else [size]
        for place, (value, length) in enumerate(zip(values(raw), sizes, strict=True)):
            yield FileRow(number, _line(raw, place, number), value, length)
            number += 1


def _line(raw: Any, place: int, number: int) -> int:
    """Give the number of the line of a row: the one at a place in some lines, or the one that a failure names."""
    if isinstance(raw, Lines):
        return raw.first + place
    named = _LINE.search(raw.detail) if isinstance(raw, Failure) else None
    return int(named[1]) if named else number + 1


def _reader(path: Path) -> Any:
    try:
        return reader_for(path)
    except DataError:
        return reader_for(Path("rows.jsonl"))


def digest_of(value: object) -> bytes:
    """Digest a JSON value, whatever the order of its keys."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError):
        text = dumps(value)
    return hashlib.blake2b(text, digest_size=16).digest()


@dataclass
class FileReport:
    """What a file holds: its rows, and their lengths in characters."""

    name: str
    role: str
    rows: int = 0
    unreadable: int = 0
    size: int = 0
    messages: int = 0
    lengths: list[int] = field(default_factory=list, repr=False)
    prompts: dict[bytes, int] = field(default_factory=dict, repr=False)
    """Digest of each prompt, and the line where it first stands."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        about = describe([float(length) for length in self.lengths])
        return {
            "file": self.name,
            "role": self.role,
            "rows": self.rows,
            "unreadable": self.unreadable,
            "bytes": self.size,
            "messages": self.messages,
            "characters": {"total": sum(self.lengths), **about.to_dict()},
        }


@dataclass
class FileCheck:
    """Checks one file of a method; `variables` are the paths that a grader reads from its rows."""

    path: Path
    role: str
    method: MethodType | None
    found: Collected
    variables: Variables | None = None
    train: FileReport | None = None

    def run(self) -> FileReport:
        """Read the file, and add what is to be said of it."""
        self.name = self.path.name
        report = FileReport(self.name, self.role)
        self._check_name()
        seen: dict[bytes, int] = {}
        gaps: list[tuple[int, int]] = []
        try:
            report.size = self.path.stat().st_size
            for block in _blocks(read_rows(self.path)):
                self._check_block(block, report, seen, gaps)
        except (DataError, OSError) as error:
            message = error.strerror if isinstance(error, OSError) else str(error)
            self._say("file_unreadable", (message or str(error)).lower().removeprefix(f"{self.path}: "))
        else:
            self._check_whole(report, gaps)
        return report

    def _check_name(self) -> None:
        if self.path.suffix.lower() != ".jsonl":
            self._say("file_name", f"expected a file name that ends in .jsonl; got {self.path.suffix!r}")

    def _check_block(
        self,
        block: Sequence[FileRow],
        report: FileReport,
        seen: dict[bytes, int],
        gaps: list[tuple[int, int]],
    ) -> None:
        rule = rule_of(self.method)
        good: list[FileRow] = []
        for row in block:
            report.rows += 1
            fault = _unreadable(row.value)
            if fault is not None:
                report.unreadable += 1
                self._add(fault, row.line)
                continue
            good.append(row)
            for each in rule(row.value):
                self._add(each, row.line)
            self._measure(row, report, gaps)
            self._compare(row, report, seen)
        if self.variables is not None:
            self.variables.check(good, self.name, self.found)

    def _measure(self, row: FileRow, report: FileReport, gaps: list[tuple[int, int]]) -> None:
        length = sum(map(characters, conversations(row.value, self.method)))
        report.lengths.append(length)
        report.messages += sum(len(each) for each in conversations(row.value, self.method))
        if length > LONG_CHARACTERS:
            message = f"the messages have {length:,} characters, about {length // 4:,} tokens"
            self._add(Fault("row_long", "$.messages", message), row.line)
        if self.method == "dpo":
            better, worse = (
                entries(row.value.get(name)) for name in ("preferred_output", "non_preferred_output")
            )
            gaps.append((characters(better), characters(worse)))

    def _compare(self, row: FileRow, report: FileReport, seen: dict[bytes, int]) -> None:
        whole, prompt = digest_of(row.value), digest_of(prompt_messages(row.value, self.method))
        first = seen.setdefault(whole, row.line)
        if first != row.line:
            self._add(Fault("rows_duplicate", "$", f"the row is the same as in line {first}"), row.line)
        asked = report.prompts.setdefault(prompt, row.line)
        if self.method == "reinforcement" and asked != row.line and first == row.line:
            message = f"the prompt stands in line {asked}, too, in another row"
            self._add(Fault("rows_conflict", "$.messages", message), row.line)
        line = self.train.prompts.get(prompt) if self.train else None
        if line is not None and self.train is not None:
            message = f"the prompt stands in {self.train.name}, line {line}, too"
            self._add(Fault("rows_leak", "$", message), row.line)

    def _check_whole(self, report: FileReport, gaps: Sequence[tuple[int, int]]) -> None:
        if report.size > MOST_BYTES:
            self._say(
                "file_too_large", f"the file has {report.size:,} bytes; at most {MOST_BYTES:,} are taken"
            )
        if self.role == "training" and report.rows < LEAST_ROWS:
            message = (
                f"Training file has {report.rows} example(s), but must have at least {LEAST_ROWS} examples"
            )
            self._say("too_few_rows", message)
        if self.role == "validation" and not report.rows:
            self._say("too_few_rows", "the validation file has no examples")
        most = _MOST_ROWS[self.role]
        if self.method == "reinforcement" and report.rows > most:
            self._say(
                "too_many_rows",
                f"the {self.role} file has {report.rows:,} examples; at most {most:,} are taken",
            )
        self._check_gaps(gaps)

    def _check_gaps(self, gaps: Sequence[tuple[int, int]]) -> None:
        unequal = [(better, worse) for better, worse in gaps if better != worse]
        if len(unequal) < LEAST_ROWS:
            return
        longer = sum(better > worse for better, worse in unequal) / len(unequal)
        if not 0.25 <= longer <= 0.75:
            message = f"the preferred answer is the longer one in {longer:.0%} of {len(unequal):,} pairs"
            self._say("dpo_length", message)

    def _add(self, fault: Fault, line: int) -> None:
        self.found.add(fault.kind, Place(fault.path, fault.message, self.name, line))

    def _say(self, kind: str, message: str) -> None:
        self.found.add(kind, Place("", message, self.name))


def _blocks(rows: Iterator[FileRow]) -> Iterator[list[FileRow]]:
    block: list[FileRow] = []
    for row in rows:
        block.append(row)
        if len(block) >= _BLOCK:
            yield block
            block = []
    if block:
        yield block


def _unreadable(value: object) -> Fault | None:
    if isinstance(value, Failure):
        return Fault("row_unreadable", "$", re.sub(r"^line \d+ ", "the line ", value.detail))
    if not isinstance(value, Mapping):
        return Fault("row_unreadable", "$", f"expected an object; got {type(value).__name__}")
    return None
