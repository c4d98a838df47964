"""Samples of a model, joined to the rows of a training file.

A line of a samples file holds `samples`, a list, or `sample`, and says whose they are: by `item` (the whole
row, or the row without its messages and tools), by `item_id` (the number of the row, from 0), or by a field
that both files have.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.batch import MISSING, Item, Sample
from graders.batch import Path as ValuePath
from graders.errors import DataError, Failure
from graders.fine_tuning.files import FileRow, digest_of, read_rows

_RESERVED = ("messages", "tools", "parallel_tool_calls")


@dataclass
class Answers:
    """One entry a sample: the number of its row, the sample, its label as a number where it has one."""

    rows: list[int] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    labels: list[float | None] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    """Lines of the samples file that belong to no row."""
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
    known = _known(train, joining)
    answers = Answers()
    for line in read_rows(path):
        value = line.value
        if isinstance(value, Failure):
            raise DataError(f"{path}: {value.detail}")
        if not isinstance(value, Mapping):
            raise DataError(f"{path}: line {line.line}: expected an object; got {type(value).__name__}")
        samples = _samples(value, path, line.line)
        row = _row_of(value, known, joining, path, line.line)
        if row is None:
            answers.unmatched.append(line.line)
            continue
        for sample in samples:
            answers.add(row, sample, _label(joining.label, value, sample))
    return answers


def _known(train: Path, joining: Joining) -> dict[bytes, int]:
    """Digest what names each row; the first of equal ones counts."""
    known: dict[bytes, int] = {}
    for row in rows_of(train):
        if joining.id_field is not None:
            named = joining.id_field.resolve(row.value)
            if named is not MISSING:
                known.setdefault(digest_of(named), row.number)
            continue
        bare = {key: value for key, value in row.value.items() if key not in _RESERVED}
        for value in (row.value, bare):
            known.setdefault(digest_of(value), row.number)
        known.setdefault(_numbered(row.number), row.number)
    return known


def _numbered(number: object) -> bytes:
    return digest_of({"item_id": number})


def _row_of(
    value: Mapping[str, Any], known: Mapping[bytes, int], joining: Joining, path: Path, line: int
) -> int | None:
    if joining.id_field is not None:
        named = joining.id_field.resolve(value)
        if named is MISSING and isinstance(value.get("item"), Mapping):
            named = joining.id_field.resolve(value["item"])
        return None if named is MISSING else known.get(digest_of(named))
    if "item_id" in value:
        return known.get(_numbered(value["item_id"]))
    if isinstance(value.get("item"), Mapping):
        return known.get(digest_of(value["item"]))
    raise DataError(
        f"{path}: line {line}: expected item, item_id or --id-field to say whose samples they are"
    )


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
