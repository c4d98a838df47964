"""Training and validation files: read once, line by line, each rule with the line that breaks it.

Design: what is kept of a row is its digest and its length, so that a file's size does not matter. Tokens
are not counted, since no tokeniser comes along: the statistics count characters, and say so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from graders.dataset.readers import Lines, reader_for, values
from graders.dataset.rows import kind
from graders.errors import DataError, Failure
from graders.fine_tuning.conversations import characters, conversations, prompt_messages
from graders.fine_tuning.digests import digest_of
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.methods import MethodType
from graders.fine_tuning.row_rules import LONG_CHARACTERS, Fault, rule_of
from graders.fine_tuning.variables import Variables
from graders.stats import describe

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
    """Give the number of the line of a row: at a place in some lines, or as a failure names it."""
    if isinstance(raw, Lines):
        return raw.first + place
    named = _LINE.search(raw.detail) if isinstance(raw, Failure) else None
    return int(named[1]) if named else number + 1


def _reader(path: Path) -> Any:
    try:
        return reader_for(path)
    except DataError:
        return reader_for(Path("rows.jsonl"))


class Asked(NamedTuple):
    """The line where a prompt first stands, and the digest of what is graded there."""

    line: int
    graded: bytes


@dataclass
class FileReport:
    """What a file holds: its rows, and their lengths in characters."""

    name: str
    role: str
    rows: int = 0
    unreadable: int = 0
    size: int = 0
    messages: int = 0
    numbers: list[int] = field(default_factory=list, repr=False)
    """The numbers of the rows that can be read, from 0."""
    lengths: list[int] = field(default_factory=list, repr=False)
    """The characters of each of these."""
    preferred_longer: float | None = None
    """Of dpo pairs that differ in length, the share in which the preferred answer is the longer one."""
    prompts: dict[bytes, "Asked"] = field(default_factory=dict, repr=False)
    """Digest of each prompt, and where it first stands."""

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
            "preferred_longer": self.preferred_longer,
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
    _seen: dict[bytes, int] = field(default_factory=dict)
    """Digest of each row, and the line where it first stands."""
    _gaps: list[tuple[int, int]] = field(default_factory=list)
    """The lengths of the preferred and of the other answer of each dpo pair."""

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def run(self) -> FileReport:
        """Read the file, and add what is to be said of it."""
        report = FileReport(self.name, self.role)
        self._check_name()
        try:
            report.size = self.path.stat().st_size
            for block in _blocks(read_rows(self.path)):
                self._check_block(block, report)
        except (DataError, OSError) as error:
            message = error.strerror if isinstance(error, OSError) else str(error)
            self._say("file_unreadable", (message or str(error)).lower().removeprefix(f"{self.path}: "))
        else:
            self._check_whole(report)
        return report

    def _check_name(self) -> None:
        if self.path.suffix.lower() != ".jsonl":
            self._say("file_name", f"expected a file name that ends in .jsonl; got {self.path.suffix!r}")

    def _check_block(self, block: Sequence[FileRow], report: FileReport) -> None:
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
            self._measure(row, report)
            self._compare(row, report)
        if self.variables is not None:
            self.variables.check(good, self.name, self.found)

    def _measure(self, row: FileRow, report: FileReport) -> None:
        talks = conversations(row.value, self.method)
        length = sum(map(characters, talks))
        report.numbers.append(row.number)
        report.lengths.append(length)
        report.messages += sum(map(len, talks))
        if length > LONG_CHARACTERS:
            message = f"the messages have {length:,} characters, about {length // 4:,} tokens"
            self._add(Fault("row_long", "$" if self.method == "dpo" else "$.messages", message), row.line)
        if self.method == "dpo":
            _, better, worse = map(characters, talks)
            self._gaps.append((better, worse))

    def _compare(self, row: FileRow, report: FileReport) -> None:
        first = self._seen.setdefault(digest_of(row.value), row.line)
        asked = prompt_messages(row.value, self.method)
        if first != row.line:
            self._add(Fault("rows_duplicate", "$", f"the row is the same as in line {first}"), row.line)
        if not asked:
            return  # a fault already, and not the same prompt as that of another such row
        prompt, graded = digest_of(asked), self._graded(row.value)
        before = report.prompts.setdefault(prompt, Asked(row.line, graded))
        if self.method == "reinforcement" and before.line != row.line == first:
            if before.graded == graded:
                message = f"the prompt and all that the grader reads are the same as in line {before.line}"
                self._add(Fault("rows_duplicate", "$", message), row.line)
            else:
                message = f"the prompt stands in line {before.line}, too, in another row"
                self._add(Fault("rows_conflict", "$.messages", message), row.line)
        known = self.train.prompts.get(prompt) if self.train else None
        if known is not None and self.train is not None:
            message = f"the prompt stands in {self.train.name}, line {known.line}, too"
            self._add(Fault("rows_leak", "$", message), row.line)

    def _graded(self, row: Mapping[str, Any]) -> bytes:
        """Digest what the grader reads of a row; the whole row, where nobody knows."""
        if self.method != "reinforcement":
            return b""
        return digest_of(row if self.variables is None else self.variables.read_of(row))

    def _check_whole(self, report: FileReport) -> None:
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
        self._check_gaps(report)

    def _check_gaps(self, report: FileReport) -> None:
        unequal = [(better, worse) for better, worse in self._gaps if better != worse]
        if not unequal:
            return
        longer = report.preferred_longer = sum(better > worse for better, worse in unequal) / len(unequal)
        if len(unequal) >= LEAST_ROWS and not 0.25 <= longer <= 0.75:
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
        return Fault("row_unreadable", "$", f"expected an object; got {kind(value)}")
    return None
