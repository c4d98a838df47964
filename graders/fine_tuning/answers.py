"""Samples of a model, joined to the rows of a training file.

A line of a samples file holds `samples`, a list, or `sample`, and says whose they are: by `item` (the whole
row, or the row without its messages and tools), by `item_id` (the number of the row, from 0), or by a field
that both files have.

Design: what could belong to several rows belongs to none. Samples at a wrong row would be graded all the
same, and nobody would see it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.batch import MISSING, Item, Sample, ending_of
from graders.batch import Path as ValuePath
from graders.dataset.rows import kind as kind_of
from graders.errors import DataError, Failure
from graders.fine_tuning.digests import digest_of
from graders.fine_tuning.files import FileRow, read_rows
from graders.fine_tuning.findings import Collected

_MOST_CUT = 0.05
"""Share of samples that may be cut without harm."""
_RESERVED = ("messages", "tools", "parallel_tool_calls")


@dataclass
class Answers:
    """One entry a sample: the number of its row, the sample, its label as a number where it has one."""

    rows: list[int] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    labels: list[float | None] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    """Lines of the samples file that belong to no row."""
    ambiguous: list[int] = field(default_factory=list)
    """Lines of the samples file that could belong to several rows."""
    failed: Counter[str] = field(default_factory=Counter)
    """Why there are no samples, and of how many that holds."""
    account: Mapping[str, Any] | None = None

    def add(self, row: int, sample: Sample, label: float | None = None) -> None:
        """Add a sample."""
        self.rows.append(row)
        self.samples.append(sample)
        self.labels.append(label)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Joining:
    """How samples find their rows, and where their labels stand."""

    id_field: ValuePath | None = None
    label: ValuePath | None = None


def rows_of(path: Path) -> Iterator[FileRow]:
    """Read the rows of a file that are objects.

    Raises:
        DataError: the file cannot be read.
    """
    return (row for row in read_rows(path) if isinstance(row.value, Mapping))


def items_of(path: Path, numbers: set[int] | None = None) -> dict[int, dict[str, Any]]:
    """Read the rows with these numbers, or all."""
    return {row.number: row.value for row in rows_of(path) if numbers is None or row.number in numbers}


def read_answers(path: Path, train: Path, joining: Joining) -> Answers:
    """Read a samples file and join it to the rows of a training file.

    Raises:
        DataError: a file cannot be read, or a line of samples is none.
    """
    known = _Known.of(train, joining)
    answers = Answers()
    for line in read_rows(path):
        value = line.value
        if isinstance(value, Failure):
            raise DataError(f"{path}: {value.detail}")
        if not isinstance(value, Mapping):
            raise DataError(f"{path}: line {line.line}: expected an object; got {kind_of(value)}")
        samples = _samples(value, path, line.line)
        row = known.row_of(value, f"{path}: line {line.line}")
        if row is None:
            answers.unmatched.append(line.line)
        elif row == _SEVERAL:
            answers.ambiguous.append(line.line)
        else:
            for sample in samples:
                answers.add(row, sample, _label(joining.label, value, sample))
    return answers


_SEVERAL = -1
"""Stands where what names a row names several."""


@dataclass
class _Known:
    """What names the rows of a training file, as digests, and the numbers of its rows."""

    id_field: ValuePath | None
    numbers: set[int] = field(default_factory=set)
    rows: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def of(cls, train: Path, joining: Joining) -> "_Known":
        known = cls(joining.id_field)
        whole: dict[bytes, int] = {}
        for row in rows_of(train):
            known.numbers.add(row.number)
            if joining.id_field is None:
                whole.setdefault(digest_of(row.value), row.number)  # equal rows are one
                known._add(_without_prompt(row.value), row.number)
            elif (named := _named(joining.id_field, row.value)) is not None:
                known._add(named, row.number)
        known.rows |= whole
        return known

    def _add(self, named: object, number: int) -> None:
        if self.rows.setdefault(digest_of(named), number) != number:
            self.rows[digest_of(named)] = _SEVERAL

    def row_of(self, value: Mapping[str, Any], place: str) -> int | None:
        """Give the row that a line of samples names; None where there is none such.

        Raises:
            DataError: the line names none.
        """
        item, number = value.get("item"), value.get("item_id")
        if self.id_field is not None:
            found = [_named(self.id_field, each) for each in (value, item) if isinstance(each, Mapping)]
            named = next((each for each in found if each is not None), None)
            return None if named is None else self.rows.get(digest_of(named))
        if number is not None:
            return number if type(number) is int and number in self.numbers else None
        if isinstance(item, Mapping):
            return self.rows.get(digest_of(item))
        raise DataError(f"{place}: expected item, item_id or --id-field to say whose samples they are")


def _without_prompt(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _RESERVED}


def _named(path: ValuePath, value: Mapping[str, Any]) -> Any:
    found = path.resolve(value)
    return None if found is MISSING else found


def _samples(value: Mapping[str, Any], path: Path, line: int) -> Sequence[Sample]:
    given = value.get("samples", [value["sample"]] if "sample" in value else None)
    if not isinstance(given, list) or not all(isinstance(each, str | Mapping) for each in given):
        raise DataError(f"{path}: line {line}: expected samples, a list of texts or sample objects")
    return given


def _label(path: ValuePath | None, value: Mapping[str, Any], sample: Sample) -> float | None:
    if path is None:
        return None
    found = path.resolve({"item": value.get("item"), "sample": sample, **value})
    return float(found) if isinstance(found, bool | int | float) else None


def add_sample_findings(found: Collected, answers: Answers, numbers: Sequence[int], joining: Joining) -> None:
    """Say which samples and rows found nothing, and what there is to say of the others."""
    for kind, lines, owner in (
        ("samples_unmatched", answers.unmatched, "belong to no row"),
        ("samples_ambiguous", answers.ambiguous, "could belong to several rows"),
    ):
        if lines:
            counted = f"{len(lines):,} line{'' if len(lines) == 1 else 's'}"
            message = f"the samples of {counted} {owner}: line {_listed(lines)}"
            found.say(kind, message, None if len(answers) else "error")
    if not (len(answers) or answers.unmatched or answers.ambiguous or answers.failed):
        found.say("samples_absent", "there are no samples in what was named", "warning")
    without = sorted(set(numbers) - set(answers.rows)) if len(answers) else []
    if without:
        message = f"{len(without):,} of {len(numbers):,} rows have no sample: row {_listed(without)}"
        found.say("rows_unsampled", message)
    for reason, count in answers.failed.items():
        found.say("sampling_failed", f"{count:,} samples: {reason}")
    if joining.label is not None and len(answers) and not any(each is not None for each in answers.labels):
        found.say("labels_absent", f"no sample has a number, true or false at {joining.label.text}")
    for kind, ending, words in (
        ("samples_truncated", "length", "end at their token limit"),
        ("samples_filtered", "content_filter", "were cut by a content filter"),
    ):
        cut = sum(ending_of(sample) == ending for sample in answers.samples)
        if cut:
            message = f"{cut:,} of {len(answers):,} samples {words}"
            found.say(kind, message, None if cut > len(answers) * _MOST_CUT else "note")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")


def text_of(sample: Sample) -> str:
    """Give the text of a sample."""
    if isinstance(sample, str) or sample is None:
        return sample or ""
    text = sample.get("output_text")
    if isinstance(text, str):
        return text
    choices = sample.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    message = first.get("message") if isinstance(first, Mapping) else None
    content = message.get("content") if isinstance(message, Mapping) else None
    return content if isinstance(content, str) else ""


def prompt_of(item: Item) -> str:
    """Give the text of the last message of the user."""
    messages = item.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == "user":
            content = message.get("content")
            blocks = content if isinstance(content, list) else [{"text": content}]
            texts = [each.get("text") for each in blocks if isinstance(each, Mapping)]
            return "".join(text for text in texts if isinstance(text, str))
    return ""
